use crate::live::Live;
use folio_types::{MessageId, MessageStatus};
use leptos::prelude::*;

/// The form that all buttons of [`Revisions`] belong to, wherever they stand.
pub const FORM: &str = "revise";

/// How an answer ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum State {
    Complete,
    BrokeOff,
    /// It broke off before its first word.
    Empty,
}

impl State {
    pub fn of(live: Live) -> Self {
        match live.status.get_untracked() {
            MessageStatus::Complete => Self::Complete,
            _ if live.blocks.with_untracked(Vec::is_empty) => Self::Empty,
            _ => Self::BrokeOff,
        }
    }
}

/// What can be done with a message: another version shown or made, an answer gone on with, a conversation forked.
#[component]
pub fn Revisions(
    message: MessageId,
    /// All versions of the message, or none where it is the only one.
    variants: Vec<MessageId>,
    model: Option<String>,
    /// Of an answer.
    state: Option<State>,
) -> impl IntoView {
    let go_on = match state {
        Some(State::BrokeOff) => Some("Continue"),
        // it is begun again as it is
        Some(State::Empty) => Some("Try again"),
        Some(State::Complete) | None => None,
    };
    let again = matches!(state, Some(State::Complete | State::BrokeOff));
    view! {
        <div class="revisions">
            {shown(message, &variants)}
            {go_on.map(|label| button("continue", message, label))}
            {again.then(|| button("again", message, "Answer again"))}
            {state.map(|_| button("fork", message, "Fork"))}
            {model.map(|model| view! { <span class="hint">{model}</span> })}
        </div>
    }
}

/// `2 of 3`, with the ways to the ones beside it.
fn shown(message: MessageId, variants: &[MessageId]) -> Option<AnyView> {
    let at = variants.iter().position(|variant| *variant == message)?;
    let to = |other: Option<&MessageId>, label, arrow: &'static str| match other {
        Some(other) => view! {
            <button class="quiet" form=FORM name="how" value=format!("show {other}") aria-label=label>{arrow}</button>
        }
        .into_any(),
        None => view! { <button class="quiet" type="button" aria-label=label disabled>{arrow}</button> }.into_any(),
    };
    let before = at.checked_sub(1).and_then(|before| variants.get(before));
    let place = format!("{} of {}", at + 1, variants.len());
    let next = to(variants.get(at + 1), "Next version", "›");
    Some(view! { {to(before, "Previous version", "‹")} <span class="place">{place}</span> {next} }.into_any())
}

fn button(how: &'static str, message: MessageId, label: &'static str) -> impl IntoView {
    view! { <button class="quiet" form=FORM name="how" value=format!("{how} {message}")>{label}</button> }
}
