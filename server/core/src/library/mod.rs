//! Books: kept, read, indexed, searched.

mod change;
mod elsewhere;
mod events;
mod files;
mod ingest;
mod rows;
mod search;
mod vectors;

pub use change::BookChange;
pub(crate) use elsewhere::Seen;
pub use events::{BookEvent, Shelf};
pub use files::{Upload, sweep_uploads};
pub(crate) use ingest::{ABANDON, ABANDONED, CANCELLED, Reading, abandon_books};
pub(crate) use rows::BookRow;
pub use search::Hit;
pub use vectors::Vectors;

use crate::Core;
use crate::accounts::Principal;
use crate::audit::Deed;
use crate::clock::now;
use crate::db::{literal, on_db};
use crate::error::{Error, Result};
use crate::tasks::{self, Named, Work, insert_task};
use folio_types::{Book, BookId, Page, Scope};
use futures::Stream;
use rows::PageRow;

/// A caller's own books and those shared with everyone; `$1` is the caller.
const LIST: &str = "SELECT * FROM books WHERE owner_id = $1 OR shared ORDER BY id DESC LIMIT 1000";
const TITLED: &str = "SELECT * FROM books WHERE (owner_id = $1 OR shared) AND LOWER(title) LIKE $2 ESCAPE '!'
    ORDER BY id DESC LIMIT 200";
const PIECE: &str = "SELECT * FROM books WHERE owner_id = $1 OR shared ORDER BY id DESC LIMIT $2 OFFSET $3";
const COUNT: &str = "SELECT COUNT(*) FROM books WHERE owner_id = $1 OR shared";
const ONE: &str = "SELECT * FROM books WHERE id = $2 AND (owner_id = $1 OR shared)";
const READY: &str = "SELECT * FROM books WHERE (owner_id = $1 OR shared) AND status = 'READY' ORDER BY id";
const READY_IN_TOPIC: &str = "SELECT b.* FROM books b JOIN topic_books tb ON tb.book_id = b.id
    JOIN topics t ON t.id = tb.topic_id
    WHERE t.id = $2 AND (t.owner_id = $1 OR t.shared) AND (b.owner_id = $1 OR b.shared) AND b.status = 'READY'
    ORDER BY b.id";
const ANY_READY: &str = "SELECT EXISTS (SELECT 1 FROM books WHERE (owner_id = $1 OR shared) AND status = 'READY')";
const PAGE: &str = "SELECT label, text FROM pages WHERE book_id = $1 AND number = $2";
const DELETE: &str = "DELETE FROM books WHERE id = $1";
const RETRY: &str =
    "UPDATE books SET status = 'PENDING', task_id = $3, error = NULL, done = 0, total = 0, unit = 'pages', updated_at = $2
    WHERE id = $1 AND status = 'FAILED'";

pub struct Library<'a>(pub(crate) &'a Core);

impl Library<'_> {
    /// The books that the caller may read, newest first.
    pub async fn list(&self, who: &Principal) -> Result<Vec<Book>> {
        let rows: Vec<BookRow> =
            on_db!(read self.0.db(), pool => sqlx::query_as(LIST).bind(who.id.0).fetch_all(pool).await)?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    /// The newest of those whose title has these words in it.
    pub(crate) async fn titled(&self, who: &Principal, words: &str) -> Result<Vec<Book>> {
        let like = format!("%{}%", literal(&words.to_lowercase()));
        let rows: Vec<BookRow> =
            on_db!(read self.0.db(), pool => sqlx::query_as(TITLED).bind(who.id.0).bind(&like).fetch_all(pool).await)?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    /// A piece of [`Library::list`].
    pub async fn piece(&self, who: &Principal, limit: u32, offset: u64) -> Result<Vec<Book>> {
        let offset = i64::try_from(offset).unwrap_or(i64::MAX);
        let rows: Vec<BookRow> = on_db!(read self.0.db(), pool => sqlx::query_as(PIECE)
            .bind(who.id.0).bind(i64::from(limit)).bind(offset).fetch_all(pool).await)?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    /// How many books the caller may read.
    pub async fn count(&self, who: &Principal) -> Result<u64> {
        let count: i64 =
            on_db!(read self.0.db(), pool => sqlx::query_scalar(COUNT).bind(who.id.0).fetch_one(pool).await)?;
        Ok(count.unsigned_abs())
    }

    pub async fn book(&self, who: &Principal, id: BookId) -> Result<Book> {
        let row: Option<BookRow> = on_db!(read self.0.db(), pool =>
            sqlx::query_as(ONE).bind(who.id.0).bind(id.0).fetch_optional(pool).await)?;
        row.ok_or(Error::NotFound("Book"))?.try_into()
    }

    /// The books within `scope` that can be asked now.
    pub async fn ready(&self, who: &Principal, scope: &Scope) -> Result<Vec<Book>> {
        let rows: Vec<BookRow> = match scope {
            Scope::Topic(topic) => on_db!(read self.0.db(), pool =>
                sqlx::query_as(READY_IN_TOPIC).bind(who.id.0).bind(topic.as_str()).fetch_all(pool).await)?,
            _ => on_db!(read self.0.db(), pool => sqlx::query_as(READY).bind(who.id.0).fetch_all(pool).await)?,
        };
        let books: Vec<Book> = rows.into_iter().map(TryInto::try_into).collect::<Result<_>>()?;
        Ok(match scope {
            Scope::AllBooks | Scope::BooksOrModel | Scope::Topic(_) => books,
            Scope::Books(chosen) => books.into_iter().filter(|book| chosen.contains(&book.id)).collect(),
            Scope::Nothing => Vec::new(),
        })
    }

    /// Whether the caller may read any book that can be asked now.
    pub async fn any_ready(&self, who: &Principal) -> Result<bool> {
        Ok(on_db!(read self.0.db(), pool => sqlx::query_scalar(ANY_READY).bind(who.id.0).fetch_one(pool).await)?)
    }

    /// A page by its number, counted from 1.
    pub async fn page(&self, who: &Principal, id: BookId, number: u32) -> Result<Page> {
        let book = self.book(who, id).await?;
        let row: Option<PageRow> = on_db!(read self.0.db(), pool =>
            sqlx::query_as(PAGE).bind(id.0).bind(i64::from(number)).fetch_optional(pool).await)?;
        let row = row.ok_or(Error::NotFound("Page"))?;
        Ok(Page {
            book_id: id,
            book_title: book.title,
            format: book.format,
            page_count: book.page_count,
            number,
            label: row.label,
            text: row.text,
        })
    }

    /// Tries again to read a book that failed.
    pub async fn retry(&self, who: &Principal, id: BookId) -> Result<Book> {
        let book = self.changeable(who, id).await?;
        let task = reading(who, id, &book.title)?;
        let changed = on_db!(change self.0.db(), tx => {
            let changed = sqlx::query(RETRY).bind(id.0).bind(now()).bind(task.id.0).execute(&mut *tx).await?
                .rows_affected();
            if changed == 1 {
                insert_task!(task, &mut *tx);
            }
            tx.commit().await?;
            changed
        });
        if changed == 0 {
            return Err(Error::Conflict(format!("“{}” has not failed, so there is nothing to retry.", book.title)));
        }
        self.record_of_other(who, "library.retry", &book).await?;
        let book = self.book(who, id).await?;
        self.0.shelf().changed(&book);
        self.0.queue().wake();
        Ok(book)
    }

    /// Refuses whoever may read a book and not change it.
    pub(crate) async fn may_change(&self, who: &Principal, id: BookId) -> Result<()> {
        self.changeable(who, id).await.map(drop)
    }

    /// Deletes a book, its pages and its file. Answers that cite it keep their quotes.
    pub async fn delete(&self, who: &Principal, id: BookId) -> Result<()> {
        let book = self.remove(who, id).await?;
        self.record_of_other(who, "library.delete", &book).await
    }

    /// As [`Library::delete`], where the operation that does it is recorded. Says what it was.
    pub(crate) async fn remove(&self, who: &Principal, id: BookId) -> Result<Book> {
        let book = self.changeable(who, id).await?;
        on_db!(write self.0.db(), pool => sqlx::query(DELETE).bind(id.0).execute(pool).await.map(drop))?;
        self.0.shelf().deleted(&book);
        self.0.vectors().forget(id).await;
        files::remove(&self.0.settings().data_dir, id).await;
        Ok(book)
    }

    /// Every change of a book that the caller may read, as it happens.
    pub fn events(&self, who: &Principal) -> impl Stream<Item = BookEvent> + Send + use<> {
        self.0.shelf().events(who.clone())
    }

    /// What somebody does to the book of another one is known afterwards.
    async fn record_of_other(&self, who: &Principal, action: &'static str, book: &Book) -> Result<()> {
        if book.owner_id == who.id {
            return Ok(());
        }
        self.0.audit().record(who, Deed::ran(action, &*book.title).about(book.owner_id)).await
    }

    /// The book, if the caller may also change it.
    async fn changeable(&self, who: &Principal, id: BookId) -> Result<Book> {
        let book = self.book(who, id).await?;
        if book.owner_id == who.id || who.may_manage_shared_books() {
            Ok(book)
        } else {
            Err(Error::Denied("Only its owner or a librarian may change this book.".into()))
        }
    }
}

/// The task that reads a book.
fn reading(who: &Principal, id: BookId, title: &str) -> Result<tasks::New> {
    let work = Work::Read { book: Named { id, name: title.to_owned() } };
    tasks::New::of(who, &work, "library.read", &format!("“{title}” ({id})"))
}
