//! `/act`: a line for commands, and the card of what became of the last one.

use super::{AppState, Page, Who, moment, see_other};
use app::card::{self, Place, card, command_form};
use axum::extract::{Form, Query, State};
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Json, Router};
use folio_core::operations::{Confirmation, Consent, Described, Said, Turn};
use folio_core::{Error, Principal, Result};
use folio_types::{ConfirmationId, ConversationId, MessageId, Speaker};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

const RECENT: u32 = 12;

/// Counts down what waits for an answer.
const SCRIPT: &str = "/cards.js";

pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/act", get(page).post(say))
        .route("/act/answer", post(answer))
        .route("/act/operations", get(operations))
}

#[derive(Deserialize)]
struct Shown {
    turn: Option<String>,
}

/// The command line's fields.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Line {
    message: String,
    conversation: String,
    back: String,
}

/// An answer to "Are you sure?", and the reply that asks it.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Given {
    id: String,
    answer: String,
    phrase: String,
    turn: String,
    back: String,
}

/// A command that the chat's composer offers.
#[derive(Serialize)]
struct Offered {
    summary: &'static str,
    command: &'static str,
    /// What the caller must be, and whether they are.
    right: &'static str,
    allowed: bool,
}

/// What a person filled in and is given back where it was refused, and the place that the form was on.
#[derive(Default)]
struct Filled {
    message: String,
    conversation: Option<ConversationId>,
    turn: Option<MessageId>,
    phrase: String,
    place: Place,
}

/// What the page shows.
struct Desk {
    turn: Option<(Said, Option<Confirmation>)>,
    /// The reply's conversation was among what was deleted.
    gone: bool,
    open: Vec<Confirmation>,
    recent: Vec<Said>,
    known: Vec<Described>,
    filled: Filled,
    problem: Option<String>,
}

async fn page(State(state): State<AppState>, Who(who): Who, Query(shown): Query<Shown>) -> Response {
    let turn = shown.turn.and_then(|turn| turn.parse().ok());
    match desk(&state, &who, Filled { turn, ..Filled::default() }).await {
        Ok(desk) => show(&state, &who, desk),
        Err(fault) => Page::at("/act", "Commands").fail(&state.leptos, &who, &fault),
    }
}

async fn say(State(state): State<AppState>, Who(who): Who, Form(said): Form<Line>) -> Response {
    let filled = Filled {
        message: said.message,
        conversation: said.conversation.parse().ok(),
        place: Place::of_field(&said.back),
        ..Filled::default()
    };
    let outcome = state.core.operations().say(&who, filled.conversation, &filled.message).await;
    finish(&state, &who, outcome, filled).await
}

async fn answer(State(state): State<AppState>, Who(who): Who, Form(given): Form<Given>) -> Response {
    let outcome = answered(&state, &who, &given).await;
    let place = Place::of_field(&given.back);
    let filled = Filled { turn: given.turn.parse().ok(), phrase: given.phrase, place, ..Filled::default() };
    finish(&state, &who, outcome, filled).await
}

async fn answered(state: &AppState, who: &Principal, given: &Given) -> Result<Turn> {
    let id: ConfirmationId = given.id.parse().map_err(|_| Error::NotFound("Confirmation"))?;
    let operations = state.core.operations();
    match given.answer.as_str() {
        "confirm" => operations.confirm(who, id, Consent::Typed(given.phrase.clone())).await,
        _ => operations.decline(who, id).await,
    }
}

async fn operations(State(state): State<AppState>, Who(who): Who) -> Json<Vec<Offered>> {
    let offered = |one: Described| {
        let Described { summary, template: command, right, allowed, .. } = one;
        Offered { summary, command, right: right.as_str(), allowed }
    };
    Json(state.core.operations().list(&who).into_iter().map(offered).collect())
}

/// Goes to the reply, so that reloading the page sends nothing twice; a refusal is shown at once.
async fn finish(state: &AppState, who: &Principal, outcome: Result<Turn>, filled: Filled) -> Response {
    let fault = match outcome {
        Ok(turn) => return see_other(&address(state, who, &turn, filled.place).await),
        Err(fault) => fault,
    };
    match desk(state, who, filled).await {
        Ok(desk) => {
            let mut response = show(state, who, Desk { problem: Some(fault.to_string()), ..desk });
            *response.status_mut() = app::status_of(&fault);
            response
        }
        Err(_) => Page::at("/act", "Commands").fail(&state.leptos, who, &fault),
    }
}

/// Where the reply is shown: in its chat, if it came from there and is not gone with it.
pub(super) async fn address(state: &AppState, who: &Principal, turn: &Turn, place: Place) -> String {
    let in_chat = place == Place::Chat && state.core.operations().said(who, turn.id).await.is_ok();
    if in_chat { card::address(turn.conversation, turn.id) } else { format!("/act?turn={}", turn.id) }
}

async fn desk(state: &AppState, who: &Principal, filled: Filled) -> Result<Desk> {
    let operations = state.core.operations();
    let open = operations.open_confirmations(who).await?;
    let mut gone = false;
    let turn = match filled.turn {
        Some(id) => match operations.card_of(who, id).await {
            Ok(turn) => Some(turn),
            Err(Error::NotFound(_)) => {
                gone = true;
                None
            }
            Err(fault) => return Err(fault),
        },
        None => None,
    };
    let recent = operations.history(who, 1, RECENT).await?.items;
    Ok(Desk { turn, gone, open, recent, known: operations.list(who), filled, problem: None })
}

fn show(state: &AppState, who: &Principal, desk: Desk) -> Response {
    let Desk { turn, gone, open, recent, known, filled, problem } = desk;
    let Filled { message, conversation, phrase, place, .. } = filled;
    let shown = turn.as_ref().map(|(said, _)| said.id);
    let conversation = turn.as_ref().map(|(said, _)| said.conversation).or(conversation);
    let asked_here = turn.as_ref().and_then(|(said, _)| said.confirmation);
    let others: Vec<Confirmation> = open.into_iter().filter(|one| Some(one.id) != asked_here).collect();
    let content = view! {
        {problem.map(|problem| view! { <p class="problem" role="alert">{problem}</p> })}
        <form method="post" action="/act" class="command" autocomplete="off">
            {conversation.map(|id| view! { <input type="hidden" name="conversation" value=id.to_string() /> })}
            {place.field()}
            <p class="field">
                <label for="message">"What should be done?"</label>
                <input id="message" name="message" value=message maxlength="4000" required aria-describedby="message-hint" />
                <small id="message-hint">"For example: list books, or: rename conversation \"Bees\" to \"Wasps\". Nothing dangerous is done without asking you first."</small>
            </p>
            <button type="submit" class="primary">"Do it"</button>
        </form>
        {turn.map(|(said, waiting)| card(said, waiting, place, phrase))}
        {gone.then(|| view! { <p class="notice" role="status">"The conversation of this reply is gone. " <a href="/activity">"Activity"</a> " says what was done."</p> })}
        {waiting_for(others)}
        {said_before(recent, shown)}
        {everything(known)}
    };
    Page { script: Some(SCRIPT), ..Page::at("/act", "Commands") }.show(&state.leptos, who, content)
}

fn waiting_for(open: Vec<Confirmation>) -> impl IntoView {
    (!open.is_empty()).then(|| {
        let entry = |one: Confirmation| {
            let id = one.id.to_string();
            view! {
                <li>
                    <p>{one.plan.preview.summary} ", until " {moment(one.expires_at)}</p>
                    <form method="post" action="/act/answer" class="row">
                        <input type="hidden" name="id" value=id />
                        <button type="submit" name="answer" value="cancel">"Cancel"</button>
                    </form>
                </li>
            }
        };
        view! {
            <section aria-labelledby="waiting">
                <h2 id="waiting">"Waiting for your answer"</h2>
                <ul class="rows">{open.into_iter().map(entry).collect_view()}</ul>
            </section>
        }
    })
}

fn said_before(recent: Vec<Said>, shown: Option<MessageId>) -> impl IntoView {
    let replies: Vec<Said> =
        recent.into_iter().filter(|said| said.speaker == Speaker::Assistant && Some(said.id) != shown).collect();
    (!replies.is_empty()).then(|| {
        let entry = |said: Said| view! { <li><a href=format!("/act?turn={}", said.id)>{short(&said.text)}</a> ", " {moment(said.created_at)}</li> };
        view! {
            <section aria-labelledby="before">
                <h2 id="before">"Before"</h2>
                <ul class="rows">{replies.into_iter().map(entry).collect_view()}</ul>
            </section>
        }
    })
}

fn everything(known: Vec<Described>) -> impl IntoView {
    let entry = |one: Described| {
        let needs = (!one.allowed).then(|| format!(" Needs the right “{}”.", one.right.as_str()));
        let action =
            one.allowed.then(|| command_form(one.example.to_owned(), one.example.to_owned(), None, Place::Commands));
        view! { <li><span>{one.summary} "." {needs}</span> {action}</li> }
    };
    view! {
        <details class="known">
            <summary>"Everything that can be done"</summary>
            <ul class="rows">{known.into_iter().map(entry).collect_view()}</ul>
        </details>
    }
}

fn short(text: &str) -> String {
    const SHOWN: usize = 100;
    if text.chars().count() <= SHOWN {
        text.to_owned()
    } else {
        format!("{}…", text.chars().take(SHOWN).collect::<String>())
    }
}
