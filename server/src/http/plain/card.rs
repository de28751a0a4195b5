//! What the assistant replied, as a card: what it understood, what would happen, what can be done next.

use super::moment;
use folio_core::operations::{Card, Choice, Confirmation, IntentView, Preview, ReplyState, Said};
use folio_types::{ConversationId, Link};
use leptos::prelude::*;

/// A reply with its forms. `confirmation` is there while an answer is waited for.
pub fn card(said: Said, confirmation: Option<Confirmation>) -> impl IntoView {
    let Said { state, text, intent, card, task, conversation, .. } = said;
    let (heading, class) = headed(state);
    let Card { rows, links, undo, choices, preview, right, question, .. } = card;
    let waits = confirmation.is_some();
    let over = (state == Some(ReplyState::NeedsConfirmation) && !waits)
        .then(|| view! { <p class="hint">"This waits no longer: it was answered, or its time is over."</p> });
    view! {
        <section class=format!("card {class}") aria-labelledby="reply">
            <h2 id="reply">{heading}</h2>
            <p role="status">{text}</p>
            {intent.map(understood)}
            {right.map(|right| view! { <p class="notice failed">"Missing: " {right}</p> })}
            {confirmation.map(|one| asked(one, preview))}
            {over}
            {(!rows.is_empty()).then(|| view! { <ul class="rows">{rows.into_iter().map(|row| view! { <li>{row}</li> }).collect_view()}</ul> })}
            {task.map(|id| view! { <p><a class="button" href=format!("/tasks/{id}")>"Watch the task"</a></p> })}
            {linked(links)}
            {(!choices.is_empty()).then(|| offered(choices, conversation))}
            {question.map(instead)}
            {undo.map(|command| view! { <div class="row">{command_form(command, "Undo".into(), Some(conversation))}</div> })}
        </section>
    }
}

/// A button that gives a command.
pub fn command_form(command: String, label: String, conversation: Option<ConversationId>) -> impl IntoView {
    view! {
        <form method="post" action="/act">
            <input type="hidden" name="message" value=command />
            {conversation.map(|id| view! { <input type="hidden" name="conversation" value=id.to_string() /> })}
            <button type="submit">{label}</button>
        </form>
    }
}

fn headed(state: Option<ReplyState>) -> (&'static str, &'static str) {
    match state {
        Some(ReplyState::Started) => ("Started", "started"),
        Some(ReplyState::Success) => ("Done", "done"),
        Some(ReplyState::Failed) => ("Not done", "failed"),
        Some(ReplyState::Denied) => ("Not allowed", "failed"),
        Some(ReplyState::NeedsConfirmation) => ("Are you sure?", "asking"),
        Some(ReplyState::NeedsClarification) => ("Please say more", "asking"),
        None => ("You said", ""),
    }
}

fn understood(intent: IntentView) -> impl IntoView {
    let sure = format!("{:.0} %", intent.confidence * 100.0);
    let risk = match intent.risk.as_str() {
        "safe" => "changes nothing",
        "guarded" => "changes something",
        _ => "asks before it is done",
    };
    view! {
        <dl class="intent">
            <div><dt>"Understood"</dt><dd>{intent.domain} ": " {intent.operation.replace('_', " ")}</dd></div>
            <div><dt>"Sure"</dt><dd>{sure}</dd></div>
            <div><dt>"Risk"</dt><dd>{intent.risk} ", " {risk}</dd></div>
        </dl>
    }
}

/// The preview, and the two answers. Cancel comes first, so that no key meant for something else confirms.
fn asked(one: Confirmation, preview: Option<Preview>) -> impl IntoView {
    let preview = preview.unwrap_or(one.plan.preview);
    let (id, phrase) = (one.id.to_string(), preview.phrase.clone());
    let more = preview.count.saturating_sub(preview.examples.len());
    let details = (!preview.details.is_empty()).then(|| {
        view! { <ul class="rows">{preview.details.into_iter().map(|line| view! { <li>{line}</li> }).collect_view()}</ul> }
    });
    let examples = (preview.count > 1).then(|| {
        let rest = (more > 0).then(|| view! { <li>{format!("and {more} more")}</li> });
        view! { <ul class="rows">{preview.examples.into_iter().map(|name| view! { <li>{name}</li> }).collect_view()} {rest}</ul> }
    });
    let left = (one.expires_at - one.created_at) / 60_000;
    view! {
        {details}
        {examples}
        <p class="hint">"This can be confirmed until " {moment(one.expires_at)} {format!(", {left} minutes after it was asked.")}</p>
        <form method="post" action="/act/answer" class="answer-form">
            <input type="hidden" name="id" value=id />
            {phrase.map(|phrase| view! {
                <p class="field">
                    <label for="phrase">"To confirm, type: " <strong>{phrase}</strong></label>
                    <input id="phrase" name="phrase" autocomplete="off" />
                </p>
            })}
            <div class="row">
                <button type="submit" name="answer" value="cancel">"Cancel"</button>
                <button type="submit" name="answer" value="confirm" class="danger">"Confirm"</button>
            </div>
        </form>
    }
}

fn linked(links: Vec<Link>) -> impl IntoView {
    (!links.is_empty()).then(|| {
        let entry = |link: Link| view! { <li><a href=link.href>{link.label}</a></li> };
        view! { <ul class="links">{links.into_iter().map(entry).collect_view()}</ul> }
    })
}

fn offered(choices: Vec<Choice>, conversation: ConversationId) -> impl IntoView {
    let entry =
        move |choice: Choice| view! { <li>{command_form(choice.command, choice.label, Some(conversation))}</li> };
    view! { <ul class="choices" aria-label="Choices">{choices.into_iter().map(entry).collect_view()}</ul> }
}

/// The books may know what is no command.
fn instead(question: String) -> impl IntoView {
    view! {
        <form method="get" action="/">
            <input type="hidden" name="question" value=question />
            <button type="submit">"Ask it in a chat instead"</button>
        </form>
    }
}
