use super::revisions::{Revisions, State};
use super::sources::SourcesFound;
use crate::live::{self, Live};
use folio_types::{Message, MessageId, MessageStatus};
use leptos::prelude::*;
use std::sync::Arc;

/// An answer, from its first word to its citations.
#[component]
pub fn Answer(live: Live, model: Option<String>, variants: Vec<MessageId>) -> impl IntoView {
    #[cfg(feature = "hydrate")]
    Effect::new(move || {
        if live.status.get_untracked() == MessageStatus::Streaming {
            live.follow();
        }
    });
    view! {
        <article
            class="answer"
            aria-label="Folio"
            aria-busy=move || live.is_streaming().then_some("true")
            data-status=move || live.status.get().as_str()
        >
            <SourcesFound message=live.id sources=live.sources open=live.status.get_untracked() == MessageStatus::Streaming />
            <div class="prose">
                <For each=move || live.blocks.get() key=|slot| slot.index let:slot>
                    <div class="block" inner_html=move || slot.html.get()></div>
                </For>
            </div>
            {move || wait(live)}
            {move || ending(live).map(|(class, words)| view! { <p class=class>{words}</p> })}
            {move || (!live.is_streaming()).then(|| view! {
                {live.card.get().map(|card| html("reply", card))}
                <Revisions message=live.id variants=variants.clone() model=model.clone() state=Some(State::of(live)) />
            })}
        </article>
    }
}

/// An answer that is complete: the same without anything that could change.
#[component]
pub fn SettledAnswer(reply: Arc<(Message, Option<String>)>) -> impl IntoView {
    let (message, card) = &*reply;
    let Message { id, ref sources, ref variants, ref model_tag, .. } = *message;
    let found = (!sources.is_empty())
        .then(|| view! { <SourcesFound message=id sources=Signal::stored(sources.clone()) open=false /> });
    // a card says all that a reply does which no model wrote, and such a reply is not written again
    let written = card.is_none() || model_tag.is_some();
    let block = written.then(|| live::settled(message)).flatten().map(|block| html("block", block.html));
    view! {
        <article class="answer" aria-label="Folio" data-status=MessageStatus::Complete.as_str()>
            {found}
            <div class="prose">{block}</div>
            {card.clone().map(|card| html("reply", card))}
            <Revisions message=id variants=variants.clone() model=model_tag.clone() state=written.then_some(State::Complete) />
        </article>
    }
}

fn html(class: &'static str, html: String) -> impl IntoView {
    view! { <div class=class inner_html=html></div> }
}

/// What happens while nothing can be read yet.
fn wait(live: Live) -> Option<AnyView> {
    if !live.is_streaming() {
        return None;
    }
    let words = match (live.reconnecting.get(), live.blocks.with(Vec::is_empty), live.ahead.get()) {
        (true, ..) => "Reconnecting…".to_owned(),
        (false, false, _) => String::new(),
        (false, true, Some(0)) => "Waiting for the model: next in line…".to_owned(),
        (false, true, Some(1)) => "Waiting for the model: one answer goes first…".to_owned(),
        (false, true, Some(ahead)) => format!("Waiting for the model: {ahead} answers go first…"),
        (false, true, None) if live.sources.with(Vec::is_empty) => "Looking…".to_owned(),
        (false, true, None) => "Writing…".to_owned(),
    };
    let without_script = view! {
        <p class="notice without-script">"The answer is being written. "<a href="" rel="external">"Load it again"</a></p>
    };
    Some(view! { <p class="wait">{words}</p> {without_script} }.into_any())
}

fn ending(live: Live) -> Option<(&'static str, String)> {
    let error = live.error.get();
    match live.status.get() {
        MessageStatus::Failed => Some(("notice failed", error.unwrap_or_else(|| "The answer failed.".into()))),
        MessageStatus::Interrupted => Some(("notice", error.unwrap_or_else(|| "Stopped.".into()))),
        MessageStatus::Streaming | MessageStatus::Complete => None,
    }
}
