use super::shelf::Shelf;
use crate::{
    api::{self, RetryBook},
    components::ui::{Confirm, Problem},
    desk::Desk,
};
use folio_types::{Book, BookId, BookStatus, Unit};
use leptos::{ev, prelude::*, server_fn::ServerFn, task::spawn_local};

/// A book of the library: its name, how far it is, and what can be done with it.
#[component]
pub fn BookRow(book: ArcRwSignal<Book>, shelf: Shelf) -> impl IntoView {
    let book = RwSignal::from(book);
    let id = book.with_untracked(|book| book.id);
    let problem = RwSignal::new(None::<String>);
    let status = Memo::new(move |_| book.with(|book| book.status));
    let words = Memo::new(move |_| book.with(status_in_words));
    let title = Memo::new(move |_| book.with(|book| book.title.clone()));
    let author =
        move || book.with(|book| book.author.clone()).map(|author| view! { <span class="author">{author}</span> });
    tell_when_settled(book, status);

    let on_delete = Callback::new(move |()| {
        spawn_local(async move {
            match api::delete_book(id).await {
                Ok(()) => shelf.remove(id),
                Err(error) => problem.set(Some(error.message)),
            }
        });
    });
    view! {
        <div class="book" data-status=move || status.get().as_str()>
            <div class="book-name">
                {move || match status.get() {
                    BookStatus::Ready => view! { <a class="title" href=format!("/books/{id}/pages/1")>{title.get()}</a> }.into_any(),
                    _ => view! { <span class="title">{title.get()}</span> }.into_any(),
                }}
                {author}
                <span class="status">{words}</span>
                {move || (!status.get().is_settled()).then(|| view! { <BookProgress book title /> })}
            </div>
            <div class="row">
                {move || (status.get() == BookStatus::Failed).then(|| view! { <Retry id shelf problem /> })}
                <Confirm
                    label="Delete"
                    heading="Delete this book?"
                    warning=Signal::derive(move || format!("“{}” will be gone for good. Answers that cite it keep their quotes.", title.get()))
                    on_confirm=on_delete
                />
            </div>
            <Problem message=problem />
        </div>
    }
}

#[component]
fn BookProgress(book: RwSignal<Book>, title: Memo<String>) -> impl IntoView {
    let label = move || format!("Progress of {}", title.get());
    // a bar without a value says that something goes on, not how far it is
    let value = move || book.with(|book| (book.progress.total > 0).then_some(book.progress.done));
    let max = move || book.with(|book| book.progress.total.max(1));
    view! { <progress aria-label=label value=value max=max></progress> }
}

#[component]
fn Retry(id: BookId, shelf: Shelf, problem: RwSignal<Option<String>>) -> impl IntoView {
    let retry = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let asked = shelf.now();
        spawn_local(async move {
            match api::retry_book(id).await {
                Ok(again) => shelf.learn(again, asked),
                Err(error) => problem.set(Some(error.message)),
            }
        });
    };
    view! {
        <form method="post" action=RetryBook::PATH on:submit=retry>
            <input type="hidden" name="id" value=id.to_string() />
            <button type="submit">"Retry"</button>
        </form>
    }
}

fn status_in_words(book: &Book) -> String {
    let (done, total) = (book.progress.done, book.progress.total);
    match (book.status, book.progress.unit, total) {
        (BookStatus::Pending, ..) => "Waiting".into(),
        (BookStatus::Processing, Unit::Pages, 0) => "Reading".into(),
        (BookStatus::Processing, Unit::Pages, _) => format!("Reading: {done} of {total} pages"),
        (BookStatus::Processing, Unit::Passages, 0) => "Indexing".into(),
        (BookStatus::Processing, Unit::Passages, _) => {
            format!("Indexing: {done} of {total} passages")
        }
        (BookStatus::Ready, ..) if book.page_count == 1 => "Ready, 1 page".into(),
        (BookStatus::Ready, ..) => format!("Ready, {} pages", book.page_count),
        (BookStatus::Failed, ..) => {
            format!("Failed: {}", book.error.as_deref().unwrap_or("the file could not be read."))
        }
    }
}

/// Progress is not read out, its end is.
fn tell_when_settled(book: RwSignal<Book>, status: Memo<BookStatus>) {
    let desk = Desk::here();
    Effect::new(move |before: Option<BookStatus>| {
        let now = status.get();
        if now.is_settled() && before.is_some_and(|before| !before.is_settled()) {
            desk.announce(book.with_untracked(|book| format!("{}: {}", book.title, status_in_words(book))));
        }
        now
    });
}
