use crate::cite::{self, CiteRef};
use folio_types::{MessageId, Passage};
use leptos::prelude::*;

/// What the search found for a question, shown before the answer has a word.
#[component]
pub fn SourcesFound(message: MessageId, #[prop(into)] sources: Signal<Vec<Passage>>, open: bool) -> impl IntoView {
    let found = Memo::new(move |_| sources.with(|sources| !sources.is_empty()));
    move || {
        found.get().then(|| {
            view! {
                <section class="sources" aria-label="Sources found">
                    <details open=open>
                        <summary>{move || format!("Sources found ({})", sources.with(Vec::len))}</summary>
                        <ul>{move || sources.get().into_iter().enumerate().map(|(n, passage)| source(message, n, passage)).collect_view()}</ul>
                    </details>
                </section>
            }
        })
    }
}

fn source(message: MessageId, index: usize, passage: Passage) -> impl IntoView {
    let name = format!("{}, {}", passage.book_title, cite::place(&passage, "p."));
    view! {
        <li>
            <a href=CiteRef::source(message, index).href() data-noscroll>{name}</a>
            <q>{passage.quote}</q>
        </li>
    }
}
