use super::{
    drop_zone::DropZone,
    row::BookRow,
    shelf::{Moment, Shelf},
    upload_rows::UploadRows,
};
use crate::{api::AddHandbook, components::ui::Problem, desk::Desk};
use folio_types::Book;
use leptos::prelude::*;

/// The library: books, what is on its way into it, and how to add more.
#[component]
pub fn ShelfView(books: Vec<Book>) -> impl IntoView {
    let shelf = Shelf::new(books);
    let uploads = Desk::here().uploads;
    #[cfg(feature = "hydrate")]
    super::watch::watch(shelf, uploads);
    view! {
        <DropZone uploads>
            <h1>"Library"</h1>
            <p>"PDF, EPUB, Word (.docx), HTML, Markdown and plain text. You can also drop files anywhere on this page."</p>
            <div class="row">
                <label class="button primary file needs-script">
                    "Add books"
                    <input
                        type="file"
                        class="visually-hidden"
                        multiple
                        accept=".pdf,.epub,.docx,.html,.htm,.md,.markdown,.txt"
                        on:change=move |event| uploads.add_chosen(&event)
                    />
                </label>
                <p class="notice without-script">"Adding books needs JavaScript."</p>
                <Handbook shelf />
            </div>
            <UploadRows uploads />
            {move || shelf.is_empty().then(|| view! { <p class="hint empty">"No books yet."</p> })}
            <ul class="books" aria-label="Books" role="list">
                <For each=move || shelf.entries() key=|entry| entry.id let:entry>
                    <li><BookRow book=entry.book shelf /></li>
                </For>
            </ul>
        </DropZone>
    }
}

/// Something to ask about in the first minute.
#[component]
fn Handbook(shelf: Shelf) -> impl IntoView {
    let add = ServerAction::<AddHandbook>::new();
    let problem = Signal::derive(move || add.value().get().and_then(Result::err).map(|error| error.message));
    Effect::new(move || {
        if let Some(Ok(book)) = add.value().get() {
            shelf.learn(book, Moment::START);
        }
    });
    view! {
        <ActionForm action=add>
            <button type="submit" class:quiet=move || !shelf.is_empty() disabled=add.pending()>"Add the Folio handbook"</button>
        </ActionForm>
        <Problem message=problem />
    }
}
