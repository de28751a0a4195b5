//! What the assistant replied, as a card: what it understood, what would happen, what can be done next.
//!
//! It is made on the server alone, works without JavaScript, and adds nothing to what a browser loads for the chat.

use folio_core::operations::{Card, Choice, Confirmation, IntentView, Preview, ReplyState, Said};
use folio_types::{Call, CallState, ConversationId, Link, MessageId, Millis};
use leptos::prelude::*;

/// Where a card stands, and its forms lead back to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// The page for commands.
    #[default]
    Commands,
    Chat,
}

impl Place {
    /// The place that a form's field `back` names.
    pub fn of_field(back: &str) -> Self {
        if back == "chat" { Self::Chat } else { Self::Commands }
    }

    /// That field.
    pub fn field(self) -> Option<impl IntoView> {
        (self == Self::Chat).then(|| view! { <input type="hidden" name="back" value="chat" /> })
    }
}

/// A card of a conversation, whole.
pub fn html(said: Said, waits: Option<Confirmation>) -> String {
    Owner::new().with(|| card(said, waits, Place::Chat, String::new()).to_html())
}

/// What a model asked for while it wrote an answer, each with its arguments and what came of it.
pub fn calls(calls: &[Call]) -> String {
    let entry = |call: &Call| {
        let (does, arguments, result) = (call.name.replace('_', " "), call.arguments.clone(), call.result.clone());
        view! {
            <li>
                <details>
                    <summary><span class="name">{does}</span> ", " {state_of(call.state)}</summary>
                    <p class="hint">"With"</p>
                    <pre>{arguments}</pre>
                    <p class="hint">"What came of it"</p>
                    <pre>{result}</pre>
                </details>
            </li>
        }
    };
    let entries = || calls.iter().map(entry).collect_view();
    Owner::new().with(|| view! { <ul class="calls" aria-label="What the model asked for">{entries()}</ul> }.to_html())
}

fn state_of(state: CallState) -> &'static str {
    match state {
        CallState::Done => "done",
        CallState::Failed => "failed",
        CallState::Denied => "not allowed",
        CallState::Unclear => "not clear",
        CallState::Waiting => "waits for you",
        CallState::Cancelled => "cancelled",
    }
}

/// Where the card of a reply is on the page of its conversation.
pub fn address(conversation: ConversationId, reply: MessageId) -> String {
    format!("/c/{conversation}#m-{reply}")
}

/// A reply with its forms. `waits` is there while an answer is waited for, `phrase` what was typed to confirm it.
pub fn card(said: Said, waits: Option<Confirmation>, place: Place, phrase: String) -> impl IntoView {
    let Said { id, state, text, model, intent, card, task, conversation, .. } = said;
    let (heading, class) = headed(state);
    let Card { rows, links, undo, choices, preview, right, question, .. } = card;
    let over = (state == Some(ReplyState::NeedsConfirmation) && waits.is_none())
        .then(|| view! { <p class="hint">"This waits no longer: it was answered, or its time is over."</p> });
    // in a model's answer the words stand above the card, in the text of the answer
    let text = match (&preview, model, place) {
        (_, None, _) => Some(text),
        (Some(preview), Some(_), Place::Commands) => Some(format!("{}? {}", preview.summary, preview.note)),
        (None, Some(_), _) | (_, _, Place::Chat) => None,
    };
    let role = (place == Place::Commands).then_some("status");
    view! {
        <section id=format!("m-{id}") class=format!("card {class}") role="group" aria-labelledby=format!("reply-{id}") tabindex="-1">
            <h2 id=format!("reply-{id}")>{heading}</h2>
            {text.map(|text| view! { <p id=format!("says-{id}") role=role>{text}</p> })}
            {intent.map(understood)}
            {right.map(|right| view! { <p class="notice failed">"Missing: " {right}</p> })}
            {waits.map(|one| asked(id, one, preview, place, phrase))}
            {over}
            {(!rows.is_empty()).then(|| view! { <ul class="rows">{rows.into_iter().map(|row| view! { <li>{row}</li> }).collect_view()}</ul> })}
            {task.map(|id| view! { <p><a class="button" href=format!("/tasks/{id}") rel="external">"Watch the task"</a></p> })}
            {linked(links)}
            {(!choices.is_empty()).then(|| offered(choices, conversation, place))}
            {question.map(|question| instead(question, conversation, place))}
            {undo.map(|command| view! { <div class="row">{command_form(command, "Undo".into(), Some(conversation), place)}</div> })}
        </section>
    }
}

/// A button that gives a command.
pub fn command_form(
    command: String,
    label: String,
    conversation: Option<ConversationId>,
    place: Place,
) -> impl IntoView {
    view! {
        <form method="post" action="/act">
            <input type="hidden" name="message" value=command />
            {conversation.map(|id| view! { <input type="hidden" name="conversation" value=id.to_string() /> })}
            {place.field()}
            <button type="submit">{label}</button>
        </form>
    }
}

/// A moment for people: to the minute, UTC. The element has the exact one.
pub fn moment(at: Millis) -> impl IntoView {
    let exact = folio_core::rfc3339(at);
    let shown = format!("{} UTC", exact.get(..16).unwrap_or(&exact).replace('T', " "));
    view! { <time datetime=exact>{shown}</time> }
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
fn asked(reply: MessageId, one: Confirmation, preview: Option<Preview>, place: Place, typed: String) -> impl IntoView {
    let preview = preview.unwrap_or_else(|| one.plan.preview.clone());
    let says = format!("says-{reply}");
    let more = preview.count.saturating_sub(preview.examples.len());
    let details = (!preview.details.is_empty()).then(|| {
        view! { <ul class="rows">{preview.details.into_iter().map(|line| view! { <li>{line}</li> }).collect_view()}</ul> }
    });
    let examples = (preview.count > 1).then(|| {
        let rest = (more > 0).then(|| view! { <li>{format!("and {more} more")}</li> });
        view! { <ul class="rows">{preview.examples.into_iter().map(|name| view! { <li>{name}</li> }).collect_view()} {rest}</ul> }
    });
    view! {
        {details}
        {examples}
        <form method="post" action="/act/answer" class="answer-form">
            <input type="hidden" name="id" value=one.id.to_string() />
            <input type="hidden" name="turn" value=reply.to_string() />
            {place.field()}
            {preview.phrase.map(|phrase| phrase_field(reply, phrase, typed))}
            <p class="hint">"This can be confirmed until " {until(&one)} "."</p>
            <div class="row">
                <button type="submit" name="answer" value="cancel" aria-describedby=says.clone()>"Cancel"</button>
                <button type="submit" name="answer" value="confirm" class="danger" aria-describedby=says>"Confirm"</button>
                {time_left(&one)}
            </div>
        </form>
    }
}

fn phrase_field(reply: MessageId, phrase: String, typed: String) -> impl IntoView {
    let id = format!("phrase-{reply}");
    view! {
        <p class="field">
            <label for=id.clone()>"To confirm, type: " <strong>{phrase}</strong></label>
            <input id=id name="phrase" autocomplete="off" value=typed />
        </p>
    }
}

/// The end of the time for an answer: the hour and minute, or the day too where it is far.
fn until(one: &Confirmation) -> impl IntoView {
    const NEAR: Millis = 12 * 60 * 60 * 1_000;
    let exact = folio_core::rfc3339(one.expires_at);
    let minute = exact.get(..16).unwrap_or(&exact);
    let shown = if one.expires_at - one.created_at < NEAR { minute.get(11..).unwrap_or(minute) } else { minute };
    view! { <time datetime=exact.clone()>{format!("{} UTC", shown.replace('T', " "))}</time> }
}

/// Where `cards.js` counts down. What is left is said as a duration, so that a wrong clock of the reader's does no harm;
/// the ticking is for the eye alone, only its end is announced.
fn time_left(one: &Confirmation) -> impl IntoView {
    let left = (one.expires_at - folio_core::now()).max(0);
    view! {
        <span class="left" data-left=left.to_string()>
            <span aria-hidden="true"></span>
            <span role="status"></span>
        </span>
    }
}

fn linked(links: Vec<Link>) -> impl IntoView {
    // the app shows its own pages itself; what is not one of them is loaded
    let is_of_app = |href: &str| href == "/" || ["/c/", "/library", "/books/"].iter().any(|at| href.starts_with(at));
    (!links.is_empty()).then(|| {
        let entry = |link: Link| {
            let rel = (!is_of_app(&link.href)).then_some("external");
            view! { <li><a href=link.href rel=rel>{link.label}</a></li> }
        };
        view! { <ul class="links">{links.into_iter().map(entry).collect_view()}</ul> }
    })
}

fn offered(choices: Vec<Choice>, conversation: ConversationId, place: Place) -> impl IntoView {
    let entry = move |choice: Choice| {
        view! { <li>{command_form(choice.command, choice.label, Some(conversation), place)}</li> }
    };
    view! { <ul class="choices" aria-label="Choices">{choices.into_iter().map(entry).collect_view()}</ul> }
}

/// The books may know what is no command.
fn instead(question: String, conversation: ConversationId, place: Place) -> impl IntoView {
    let (action, label) = match place {
        Place::Commands => ("/".to_owned(), "Ask it in a chat instead"),
        Place::Chat => (format!("/c/{conversation}"), "Ask it as a question instead"),
    };
    view! {
        <form method="get" action=action>
            <input type="hidden" name="question" value=question />
            <button type="submit">{label}</button>
        </form>
    }
}
