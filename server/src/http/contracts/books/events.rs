//! What happens on the shelf, as it happens.

use super::routes::shown;
use crate::http::access::Who;
use crate::http::extract::Query;
use crate::http::sse::{self, Pulse, ServerSentEvent};
use axum::extract::State;
use axum::response::Response;
use axum::response::sse::Event;
use folio_core::library::BookEvent;
use folio_core::{Core, Principal};
use folio_types::{Book, BookId};
use futures::{Stream, StreamExt, stream};
use serde::Serialize;

/// Watch books change
///
/// Every change of a book that the caller may read; a watcher that missed some gets the whole list.
#[utoipa::path(
    get, path = "/api/v1/books/events",
    params(Pulse),
    responses((
        status = 200, content_type = "text/event-stream", body = ServerSentEvent,
        description = "Each event's data is a Book, or `{\"deleted\": id}`.",
    )),
)]
pub async fn events(State(core): State<Core>, Who(who): Who, Query(pulse): Query<Pulse>) -> Response {
    let told = changes(&core, &who).then(move |change| {
        let (core, who) = (core.clone(), who.clone());
        async move {
            let books = match change {
                Change::Deleted(id) => return vec![deleted(id)],
                Change::Books(books) => shown(&core, &who, books).await,
            };
            books.unwrap_or_default().iter().map(said).collect()
        }
    });
    sse::stream(told.flat_map(stream::iter), &pulse)
}

/// The same in the words of pages.
pub async fn page_events(State(core): State<Core>, Who(who): Who, Query(pulse): Query<Pulse>) -> Response {
    let told = changes(&core, &who).map(|change| match change {
        Change::Deleted(id) => vec![deleted(id)],
        Change::Books(books) => books.iter().map(said).collect(),
    });
    sse::stream(told.flat_map(stream::iter), &pulse)
}

enum Change {
    Books(Vec<Book>),
    Deleted(BookId),
}

fn changes(core: &Core, who: &Principal) -> impl Stream<Item = Change> + Send + use<> {
    let (events, core, who) = (core.library().events(who), core.clone(), who.clone());
    events.then(move |event| {
        let (core, who) = (core.clone(), who.clone());
        async move {
            match event {
                BookEvent::Changed(book) => Change::Books(vec![*book]),
                BookEvent::Deleted(id) => Change::Deleted(id),
                BookEvent::Missed => Change::Books(core.library().list(&who).await.unwrap_or_default()),
            }
        }
    })
}

fn deleted(id: BookId) -> Event {
    said(&serde_json::json!({ "deleted": id }))
}

fn said(what: &impl Serialize) -> Event {
    Event::default().data(serde_json::to_string(what).unwrap_or_default())
}
