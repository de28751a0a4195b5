//! `/api/v1/books`: upload, list, read, watch, retry, delete.

use super::dto::{BookDto, Items, PageDto};
use super::upload::{LARGEST, upload};
use crate::http::AppState;
use crate::http::access::Who;
use crate::http::errors::ApiError;
use crate::http::sse::{self, Pulse};
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::sse::Event;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router, body::Body};
use folio_core::library::BookEvent;
use folio_core::{Core, Error};
use folio_types::BookId;
use futures::{Stream, StreamExt};
use tokio_util::io::ReaderStream;

pub fn routes() -> Router<AppState> {
    let body_limit = usize::try_from(LARGEST).unwrap_or(usize::MAX).saturating_mul(2);
    Router::new()
        .route("/api/v1/books", post(upload).layer(DefaultBodyLimit::max(body_limit)).get(list))
        .route("/api/v1/books/events", get(events))
        .route("/api/v1/books/{id}", get(one).delete(remove))
        .route("/api/v1/books/{id}/file", get(file))
        .route("/api/v1/books/{id}/retry", post(retry))
        .route("/api/v1/books/{id}/pages/{number}", get(page))
        .route("/api/v1/books/{id}/pages/{number}/image", get(picture))
}

async fn list(State(core): State<Core>, Who(who): Who) -> Result<Json<Items>, ApiError> {
    let books = core.library().list(&who).await?;
    Ok(Json(Items { items: books.into_iter().map(Into::into).collect() }))
}

async fn one(State(core): State<Core>, Who(who): Who, Path(id): Path<String>) -> Result<Json<BookDto>, ApiError> {
    Ok(Json(core.library().book(&who, book_id(&id)?).await?.into()))
}

async fn remove(State(core): State<Core>, Who(who): Who, Path(id): Path<String>) -> Result<StatusCode, ApiError> {
    core.library().delete(&who, book_id(&id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn retry(State(core): State<Core>, Who(who): Who, Path(id): Path<String>) -> Result<Json<BookDto>, ApiError> {
    Ok(Json(core.library().retry(&who, book_id(&id)?).await?.into()))
}

async fn page(
    State(core): State<Core>,
    Who(who): Who,
    Path((id, number)): Path<(String, String)>,
) -> Result<Json<PageDto>, ApiError> {
    let page = core.library().page(&who, book_id(&id)?, page_number(&number)?).await?;
    Ok(Json(PageDto { number: page.number, label: page.label, text: page.text }))
}

async fn picture(
    State(core): State<Core>,
    Who(who): Who,
    Path((id, number)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let path = core.library().picture(&who, book_id(&id)?, page_number(&number)?).await?;
    let mut response = Body::from(tokio::fs::read(path).await.map_err(Error::from)?).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("image/png"));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=86400"));
    Ok(response)
}

/// The file as it came, to be saved and never to be shown: whatever is in it cannot act in Folio's name.
async fn file(State(core): State<Core>, Who(who): Who, Path(id): Path<String>) -> Result<Response, ApiError> {
    let (book, path) = core.library().file(&who, book_id(&id)?).await?;
    let file = tokio::fs::File::open(path).await.map_err(|_| Error::NotFound("File"))?;
    let length = file.metadata().await.map_err(Error::from)?.len();
    let mut response = Body::from_stream(ReaderStream::new(file)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'"));
    let name: String =
        book.file_name.chars().map(|c| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' }).collect();
    if let Ok(disposition) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    Ok(response)
}

/// Every change of a book that the caller may read; a watcher that missed some gets the whole list.
async fn events(State(core): State<Core>, Who(who): Who, Query(pulse): Query<Pulse>) -> Response {
    let changes = core.library().events(&who);
    let told = changes.then(move |change| {
        let (core, who) = (core.clone(), who.clone());
        async move {
            match change {
                BookEvent::Changed(book) => vec![said(&*book)],
                BookEvent::Deleted(id) => vec![said(&serde_json::json!({ "deleted": id }))],
                BookEvent::Missed => core.library().list(&who).await.unwrap_or_default().iter().map(said).collect(),
            }
        }
    });
    sse::stream(flat(told), &pulse)
}

fn flat(events: impl Stream<Item = Vec<Event>> + Send + 'static) -> impl Stream<Item = Event> + Send + 'static {
    events.flat_map(futures::stream::iter)
}

fn said(what: &impl serde::Serialize) -> Event {
    Event::default().data(serde_json::to_string(what).unwrap_or_default())
}

/// A malformed id is absent like any other.
fn book_id(text: &str) -> Result<BookId, Error> {
    text.parse().map_err(|_| Error::NotFound("Book"))
}

fn page_number(text: &str) -> Result<u32, Error> {
    text.parse().map_err(|_| Error::NotFound("Page"))
}
