//! `/api/v1/books`: upload, list, read, watch, retry, delete.

use super::dto::{BookChangeBody, BookDto, PageDto, Shelf};
use super::events;
use super::upload::{self, LARGEST};
use crate::http::AppState;
use crate::http::access::Who;
use crate::http::contracts::paging::Paging;
use crate::http::errors::{ApiError, Problem};
use crate::http::extract::{Json, Named, Path, Query};
use crate::http::leaving;
use crate::http::openapi::{Accepts, face};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use folio_core::{Core, Error, Principal};
use folio_types::{Book, BookId};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt};
use utoipa_axum::routes;

/// The number of a page, counted from 1.
pub struct PageNumber(u32);

impl Named for PageNumber {
    const NOUN: &'static str = "Page";

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok().map(Self)
    }
}

pub fn routes() -> OpenApiRouter<AppState> {
    let body_limit = usize::try_from(LARGEST).unwrap_or(usize::MAX).saturating_mul(2);
    let routes = OpenApiRouter::new()
        .routes(routes!(upload::upload).layer(DefaultBodyLimit::max(body_limit)))
        .routes(routes!(list))
        .routes(routes!(events::events))
        // pages watch the same in their own words
        .route("/ui/books/events", get(events::page_events))
        .routes(routes!(one, change, remove))
        .routes(routes!(file))
        .routes(routes!(retry))
        .routes(routes!(page))
        .routes(routes!(picture));
    face("books", "Files that can be asked about.", Accepts::PeopleAndBasic, routes)
}

/// List the books that the caller may read, newest first
#[utoipa::path(get, path = "/api/v1/books", params(Paging), responses((status = 200, body = Shelf)))]
async fn list(State(core): State<Core>, Who(who): Who, Query(paging): Query<Paging>) -> Result<Json<Shelf>, ApiError> {
    let paging = paging.checked()?;
    let library = core.library();
    let (books, total) = tokio::try_join!(library.piece(&who, paging.size, paging.offset()), library.count(&who))?;
    let items = shown(&core, &who, books).await?;
    Ok(Json(Shelf { items, total, page: paging.page, page_size: paging.size, has_next: paging.has_next(total) }))
}

/// Show a book
#[utoipa::path(get, path = "/api/v1/books/{id}", params(("id" = BookId, Path)), responses((status = 200, body = BookDto)))]
async fn one(State(core): State<Core>, Who(who): Who, Path(id): Path<BookId>) -> Result<Json<BookDto>, ApiError> {
    let book = core.library().book(&who, id).await?;
    alone(&core, &who, book).await
}

/// Change a book's title, author, topics, or whether it is shared
#[utoipa::path(
    patch, path = "/api/v1/books/{id}",
    params(("id" = BookId, Path)),
    request_body = BookChangeBody,
    responses((status = 200, body = BookDto)),
)]
async fn change(
    State(core): State<Core>,
    Who(who): Who,
    Path(id): Path<BookId>,
    Json(body): Json<BookChangeBody>,
) -> Result<Json<BookDto>, ApiError> {
    let book = core.library().change(&who, id, body.into()).await?;
    alone(&core, &who, book).await
}

/// Delete a book with its pages and its file
#[utoipa::path(
    delete, path = "/api/v1/books/{id}",
    params(("id" = BookId, Path)),
    responses((status = 204, description = "It is gone. Answers that cite it keep their quotes.")),
)]
async fn remove(State(core): State<Core>, Who(who): Who, Path(id): Path<BookId>) -> Result<StatusCode, ApiError> {
    core.library().delete(&who, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Try again to read a book that failed
#[utoipa::path(
    post, path = "/api/v1/books/{id}/retry",
    params(("id" = BookId, Path)),
    responses((status = 200, body = BookDto), (status = 409, body = Problem, description = "It has not failed.")),
)]
async fn retry(State(core): State<Core>, Who(who): Who, Path(id): Path<BookId>) -> Result<Json<BookDto>, ApiError> {
    let book = core.library().retry(&who, id).await?;
    alone(&core, &who, book).await
}

/// Read a page
#[utoipa::path(get, path = "/api/v1/books/{id}/pages/{number}", params(("id" = BookId, Path), ("number" = u32, Path, description = "Counted from 1.")), responses((status = 200, body = PageDto)))]
async fn page(
    State(core): State<Core>,
    Who(who): Who,
    Path((id, PageNumber(number))): Path<(BookId, PageNumber)>,
) -> Result<Json<PageDto>, ApiError> {
    let page = core.library().page(&who, id, number).await?;
    Ok(Json(PageDto { number: page.number, label: page.label, text: page.text }))
}

/// See a page of a PDF
#[utoipa::path(get, path = "/api/v1/books/{id}/pages/{number}/image", params(("id" = BookId, Path), ("number" = u32, Path, description = "Counted from 1.")), responses((status = 200, content_type = "image/png", body = Vec<u8>)))]
async fn picture(
    State(core): State<Core>,
    Who(who): Who,
    Path((id, PageNumber(number))): Path<(BookId, PageNumber)>,
) -> Result<Response, ApiError> {
    let path = core.library().picture(&who, id, number).await?;
    Ok(leaving::picture(&path, |_| "image/png").await?)
}

/// Get the file as it was uploaded
#[utoipa::path(get, path = "/api/v1/books/{id}/file", params(("id" = BookId, Path)), responses(
    (status = 200, content_type = "application/octet-stream", body = Vec<u8>)
))]
async fn file(State(core): State<Core>, Who(who): Who, Path(id): Path<BookId>) -> Result<Response, ApiError> {
    let (book, path) = core.library().file(&who, id).await?;
    Ok(leaving::download(&path, &book.file_name).await?)
}

/// Books with the topics that the caller sees them in.
pub async fn shown(core: &Core, who: &Principal, books: Vec<Book>) -> Result<Vec<BookDto>, Error> {
    let mut topics = core.topics().by_book(who).await?;
    let of = |book: Book| {
        let topics = topics.remove(&book.id).unwrap_or_default();
        BookDto::of(book, topics)
    };
    Ok(books.into_iter().map(of).collect())
}

async fn alone(core: &Core, who: &Principal, book: Book) -> Result<Json<BookDto>, ApiError> {
    let shown = shown(core, who, vec![book]).await?.pop();
    Ok(Json(shown.ok_or(Error::NotFound("Book"))?))
}
