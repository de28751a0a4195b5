//! `camelCase` on the wire.

use crate::http::contracts::timestamp::Timestamp;
use folio_core::library::BookChange;
use folio_types::{Book, BookId, BookStatus, Format, Progress, TopicId};
use serde::{Deserialize, Serialize};
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
    topic_ids: Vec<TopicId>,
    created_at: Timestamp,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Books)]
pub struct Items {
    pub items: Vec<BookDto>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = BookPage)]
pub struct Shelf {
    pub items: Vec<BookDto>,
    pub total: u64,
    pub page: u32,
    pub page_size: u32,
    pub has_next: bool,
}

/// What is absent stays.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BookChangeBody {
    #[schema(example = "Principles of Neurosurgery")]
    title: Option<String>,
    author: Option<String>,
    /// For librarians and administrators.
    shared: Option<bool>,
    /// The topics that it belongs to.
    topic_ids: Option<Vec<TopicId>>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Page)]
pub struct PageDto {
    pub number: u32,
    pub label: Option<String>,
    pub text: String,
}

impl BookDto {
    /// `topic_ids` are the topics that the caller sees it in.
    pub fn of(book: Book, topic_ids: Vec<TopicId>) -> Self {
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
            topic_ids,
            created_at: Timestamp(book.created_at),
        }
    }
}

impl From<BookChangeBody> for BookChange {
    fn from(body: BookChangeBody) -> Self {
        let BookChangeBody { title, author, shared, topic_ids } = body;
        Self { title, author, shared, topics: topic_ids }
    }
}
