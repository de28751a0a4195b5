//! Rows as the databases give them.

use crate::error::{Error, Result};
use folio_types::{Book, BookId, Progress, Unit, UserId};
use uuid::Uuid;

#[derive(sqlx::FromRow)]
pub struct BookRow {
    id: Uuid,
    owner_id: Uuid,
    title: String,
    author: Option<String>,
    file_name: String,
    format: String,
    status: String,
    unit: String,
    done: i64,
    total: i64,
    page_count: i64,
    error: Option<String>,
    shared: bool,
    created_at: i64,
}

#[derive(sqlx::FromRow)]
pub struct PageRow {
    pub label: Option<String>,
    pub text: String,
}

impl TryFrom<BookRow> for Book {
    type Error = Error;

    fn try_from(row: BookRow) -> Result<Self> {
        let unit = if row.unit == "passages" { Unit::Passages } else { Unit::Pages };
        Ok(Self {
            id: BookId(row.id),
            owner_id: UserId(row.owner_id),
            title: row.title,
            author: row.author,
            file_name: row.file_name,
            format: row.format.parse().map_err(|fault: String| Error::internal(fault))?,
            status: row.status.parse().map_err(|fault: String| Error::internal(fault))?,
            progress: Progress { done: count(row.done), total: count(row.total), unit },
            page_count: count(row.page_count),
            error: row.error,
            shared: row.shared,
            created_at: row.created_at,
        })
    }
}

/// Counts are never negative and fit; a damaged row must not crash the program.
pub fn count(number: i64) -> u32 {
    u32::try_from(number).unwrap_or_default()
}
