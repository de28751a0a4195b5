//! Changes that other processes make to books. Each tells its own watchers, so the others look.

use super::Library;
use crate::db::on_db;
use crate::error::Result;
use folio_types::BookId;
use std::collections::HashMap;
use uuid::Uuid;

/// Another number after any change, whatever the clocks of the processes say.
const MARK: &str = "SELECT COUNT(*), CAST(COALESCE(SUM(updated_at), 0) AS BIGINT) FROM books";
const ALL: &str = "SELECT id, updated_at FROM books";

/// The books as this process saw them last.
#[derive(Default)]
pub struct Seen {
    mark: Option<(i64, i64)>,
    books: HashMap<BookId, i64>,
}

impl Library<'_> {
    /// Tells watchers here to look again, and forgets the vectors of what was changed.
    pub(crate) async fn look_for_changes(&self, seen: &mut Seen) -> Result<()> {
        let mark: (i64, i64) = on_db!(read self.0.db(), pool => sqlx::query_as(MARK).fetch_one(pool).await?);
        if seen.mark == Some(mark) {
            return Ok(());
        }
        let rows: Vec<(Uuid, i64)> = on_db!(read self.0.db(), pool => sqlx::query_as(ALL).fetch_all(pool).await?);
        let books: HashMap<BookId, i64> = rows.into_iter().map(|(id, at)| (BookId(id), at)).collect();
        let known = std::mem::replace(&mut seen.books, books);
        let is_first = seen.mark.replace(mark).is_none();
        for (book, _) in known.iter().filter(|(book, at)| seen.books.get(book) != Some(at)) {
            self.0.vectors().forget(*book).await;
        }
        if !is_first {
            self.0.shelf().missed();
        }
        Ok(())
    }
}
