//! `camelCase` on the wire.

use folio_types::{Book, BookId, BookStatus, Format, Progress};
use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Book)]
pub struct BookDto {
    id: BookId,
    title: String,
    author: Option<String>,
    file_name: String,
    format: Format,
    status: BookStatus,
    progress: Progress,
    page_count: u32,
    error: Option<String>,
    shared: bool,
    topic_ids: Vec<String>,
    created_at: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Books)]
pub struct Items {
    pub items: Vec<BookDto>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Page)]
pub struct PageDto {
    pub number: u32,
    pub label: Option<String>,
    pub text: String,
}

impl From<Book> for BookDto {
    fn from(book: Book) -> Self {
        Self {
            id: book.id,
            title: book.title,
            author: book.author,
            file_name: book.file_name,
            format: book.format,
            status: book.status,
            progress: book.progress,
            page_count: book.page_count,
            error: book.error,
            shared: book.shared,
            topic_ids: Vec::new(),
            created_at: rfc3339(book.created_at),
        }
    }
}

fn rfc3339(at: folio_types::Millis) -> String {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(at) * 1_000_000)
        .ok()
        .and_then(|at| at.format(&Rfc3339).ok())
        .unwrap_or_default()
}
