use super::sources::SourcesFound;
use crate::live::Live;
use folio_types::MessageStatus;
use leptos::prelude::*;

/// An answer, from its first word to its citations.
#[component]
pub fn Answer(live: Live) -> impl IntoView {
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
        </article>
    }
}

/// What happens while nothing can be read yet.
fn wait(live: Live) -> Option<AnyView> {
    if !live.is_streaming() {
        return None;
    }
    let words = match (live.reconnecting.get(), live.blocks.with(Vec::is_empty)) {
        (true, _) => "Reconnecting…",
        (false, true) if live.sources.with(Vec::is_empty) => "Looking…",
        (false, true) => "Writing…",
        (false, false) => "",
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
