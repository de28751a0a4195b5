use crate::desk::{Choice, Desk, Sources};
use folio_types::Book;
use leptos::prelude::*;

/// Where answers may come from.
#[component]
pub fn ScopeFields(books: Vec<Book>) -> impl IntoView {
    if books.is_empty() {
        return view! {
            <input type="hidden" name="scope" value=Sources::Nothing.as_str() />
            <p class="hint">
                "No book is ready yet, so answers come from the model alone. " <a href="/library">"Go to the library"</a>
            </p>
        }
        .into_any();
    }
    let choice = Desk::here().choice;
    let known: Vec<_> = books.iter().map(|book| book.id).collect();
    choice.books.update_untracked(|chosen| chosen.retain(|id| known.contains(id)));
    view! {
        <details class="scope">
            <summary>{move || summary(choice)}</summary>
            <fieldset>
                <legend class="visually-hidden">"Sources"</legend>
                {radio(choice, Sources::All, "All books")}
                {radio(choice, Sources::Chosen, "Chosen books")}
                <ul>{books.into_iter().map(|book| checkbox(choice, book)).collect_view()}</ul>
                {radio(choice, Sources::Nothing, "No books (plain chat)")}
            </fieldset>
        </details>
    }
    .into_any()
}

fn summary(choice: Choice) -> String {
    match (choice.scope.get(), choice.books.with(Vec::len)) {
        (Sources::All, _) => "Sources: All books".into(),
        (Sources::Chosen, 1) => "Sources: 1 book".into(),
        (Sources::Chosen, count) => format!("Sources: {count} books"),
        (Sources::Nothing, _) => "Sources: none (plain chat)".into(),
    }
}

fn radio(choice: Choice, sources: Sources, label: &'static str) -> impl IntoView {
    view! {
        <label>
            <input
                type="radio"
                name="scope"
                value=sources.as_str()
                checked=choice.scope.get_untracked() == sources
                prop:checked=move || choice.scope.get() == sources
                on:change=move |_| choice.scope.set(sources)
            />
            {label}
        </label>
    }
}

/// Choosing a book means asking chosen books.
fn checkbox(choice: Choice, book: Book) -> impl IntoView {
    let id = book.id;
    let choose = move |event| {
        choice.books.update(|chosen| {
            chosen.retain(|other| *other != id);
            if event_target_checked(&event) {
                chosen.push(id);
            }
        });
        choice.scope.set(Sources::Chosen);
    };
    view! {
        <li>
            <label>
                <input
                    type="checkbox"
                    name="books[]"
                    value=id.to_string()
                    checked=choice.books.with_untracked(|chosen| chosen.contains(&id))
                    on:change=choose
                />
                {book.title}
            </label>
        </li>
    }
}
