//! Reading books in the background: pages, then passages, then their vectors.
//!
//! A task does it (`tasks/`), and every step is stored before it is announced, so progress is what a restart would
//! find. A book that was being read when the program stopped is read again; one that was being indexed goes on where it
//! was. The row names its task, so that no two work on one book.

use super::Library;
use super::files::original;
use super::rows::BookRow;
use crate::Core;
use crate::clock::now;
use crate::db::on_db;
use crate::error::{Error, Result};
use crate::llm::Embedder;
use crate::metrics;
use crate::tasks::{Halt, Job};
use folio_extract::{ExtractError, Extracted};
use folio_grounding::chunk_page;
use folio_types::{Book, BookId, BookStatus, Progress, TaskId, Unit};
use std::time::Instant;
use tokio::task::spawn_blocking;
use uuid::Uuid;

/// Pages stored in one transaction.
const PAGES_AT_ONCE: usize = 16;
/// Passages embedded in one call.
const PASSAGES_AT_ONCE: i64 = 32;

/// A task begins with a book, or goes on with it.
const CLAIM: &str = "UPDATE books SET task_id = $2, updated_at = $3,
    status = CASE WHEN status = 'PROCESSING' THEN 'PROCESSING' ELSE 'PENDING' END
    WHERE id = $1 AND (task_id = $2 OR status IN ('READY', 'FAILED')) RETURNING *";
/// Every book whose task is over, or gone, before the book was read.
pub(crate) const ABANDON: &str = "UPDATE books SET status = 'FAILED', updated_at = $2, error =
        COALESCE((SELECT CASE state WHEN 'cancelled' THEN $3 ELSE outcome END FROM tasks WHERE id = books.task_id), $1)
    WHERE status IN ('PENDING', 'PROCESSING')
        AND NOT EXISTS (SELECT 1 FROM tasks WHERE id = books.task_id AND state IN ('queued', 'running'))
    RETURNING *";
pub(crate) const ABANDONED: &str = "Its reading ended early. It can be read again.";
pub(crate) const CANCELLED: &str = "Its reading was cancelled. It can be read again.";

/// Ends what no task will read any more, in the transaction that ends the task; [`Library::tell`] comes after that.
macro_rules! abandon_books {
    ($tx:expr) => {
        sqlx::query_as::<_, $crate::library::BookRow>($crate::library::ABANDON)
            .bind($crate::library::ABANDONED)
            .bind($crate::clock::now())
            .bind($crate::library::CANCELLED)
            .fetch_all($tx)
            .await?
    };
}
pub(crate) use abandon_books;

const BEGIN: &str = "UPDATE books SET status = 'PROCESSING', unit = 'pages', done = 0, total = 0, page_count = 0,
    error = NULL, updated_at = $2 WHERE id = $1 AND status IN ('PENDING', 'PROCESSING') AND task_id = $3 RETURNING *";
const CLEAR_CHUNKS: &str = "DELETE FROM chunks WHERE book_id = $1";
const CLEAR_PAGES: &str = "DELETE FROM pages WHERE book_id = $1";
const OPENED: &str = "UPDATE books SET total = $2, author = COALESCE($3, author), title = COALESCE($4, title),
    updated_at = $5 WHERE id = $1 AND status = 'PROCESSING' AND task_id = $6 RETURNING *";
const PAGE: &str = "INSERT INTO pages (book_id, number, label, text) VALUES ($1, $2, $3, $4)";
const CHUNK: &str = "INSERT INTO chunks (book_id, page, start_at, end_at, text) VALUES ($1, $2, $3, $4, $5)";
const READ: &str = "UPDATE books SET done = $2, page_count = $2, updated_at = $3
    WHERE id = $1 AND status = 'PROCESSING' AND task_id = $4 RETURNING *";
const BEGIN_INDEX: &str = "UPDATE books SET unit = 'passages', updated_at = $2,
    total = (SELECT COUNT(*) FROM chunks WHERE book_id = $1),
    done = (SELECT COUNT(*) FROM chunks WHERE book_id = $1 AND embedding IS NOT NULL)
    WHERE id = $1 AND status = 'PROCESSING' AND task_id = $3 RETURNING *";
const UNINDEXED: &str =
    "SELECT id, text FROM chunks WHERE book_id = $1 AND id > $2 AND embedding IS NULL ORDER BY id LIMIT $3";
const EMBED: &str = "UPDATE chunks SET embedding = $2 WHERE id = $1";
const INDEXED: &str = "UPDATE books SET done = done + $2, updated_at = $3
    WHERE id = $1 AND status = 'PROCESSING' AND task_id = $4 RETURNING *";
const READY: &str =
    "UPDATE books SET status = 'READY', unit = 'pages', done = page_count, total = page_count, updated_at = $2
    WHERE id = $1 AND status = 'PROCESSING' AND task_id = $3 RETURNING *";
const FAILED: &str = "UPDATE books SET status = 'FAILED', error = $2, updated_at = $3
    WHERE id = $1 AND status = 'PROCESSING' AND task_id = $4 RETURNING *";

/// Why work on a book ended early.
enum Stop {
    /// The book cannot be read; the words are for its owner.
    Unreadable(ExtractError),
    Task(Halt),
}

/// How far a task came with a book.
pub(crate) enum Reading {
    /// Ready or failed.
    Settled(Book),
    /// Another task reads it.
    Elsewhere,
}

impl Library<'_> {
    /// Reads a book from its stored file, for a task. A book that cannot be read is settled, too: it says why.
    pub(crate) async fn read(&self, job: &Job, id: BookId) -> Result<Reading, Halt> {
        let claimed: Option<BookRow> = on_db!(write self.0.db(), pool => sqlx::query_as(CLAIM)
            .bind(id.0).bind(job.id.0).bind(now()).fetch_optional(pool).await?);
        let Some(row) = claimed else {
            self.book(&job.who, id).await?;
            return Ok(Reading::Elsewhere);
        };
        let book: Book = row.try_into()?;
        let (work, begun) = (Work { core: self.0, job, book: &book }, Instant::now());
        let settled = match work.run().await {
            Ok(ready) => ready,
            Err(Stop::Task(halt)) => return Err(halt),
            Err(Stop::Unreadable(reason)) => {
                tracing::info!(book = %book.id, %reason, "a book could not be read");
                work.fail(&reason).await?
            }
        };
        metrics::book_ended(settled.status, begun.elapsed());
        Ok(Reading::Settled(settled))
    }

    /// Ends what no task will read any more. Its row says why.
    pub(crate) async fn abandon(&self) -> Result<()> {
        let abandoned = on_db!(write self.0.db(), pool => abandon_books!(pool));
        self.tell(abandoned)
    }

    /// Tells watchers of books that were abandoned.
    pub(crate) fn tell(&self, abandoned: Vec<BookRow>) -> Result<()> {
        for row in abandoned {
            self.0.shelf().changed(&row.try_into()?);
        }
        Ok(())
    }
}

struct ReadPage {
    number: u32,
    label: Option<String>,
    text: String,
}

struct Work<'a> {
    core: &'a Core,
    job: &'a Job,
    book: &'a Book,
}

impl Work<'_> {
    async fn run(&self) -> Result<Book, Stop> {
        let was_read = self.book.status == BookStatus::Processing && self.book.progress.unit == Unit::Passages;
        if !was_read {
            self.core.vectors().forget(self.book.id).await;
            self.begin().await?;
            self.read().await?;
        }
        self.index().await?;
        let ready = on_db!(write self.core.db(), pool => sqlx::query_as::<_, BookRow>(READY)
            .bind(self.id()).bind(now()).bind(self.task()).fetch_optional(pool).await)?;
        let ready = self.announce(ready).await?;
        self.core.vectors().forget(self.book.id).await;
        Ok(ready)
    }

    async fn fail(&self, reason: &ExtractError) -> Result<Book, Halt> {
        let failed = on_db!(write self.core.db(), pool => sqlx::query_as::<_, BookRow>(FAILED)
            .bind(self.id()).bind(reason.to_string()).bind(now()).bind(self.task()).fetch_optional(pool).await?);
        self.announce(failed).await
    }

    async fn begin(&self) -> Result<(), Stop> {
        let begun = on_db!(change self.core.db(), tx => {
            sqlx::query(CLEAR_CHUNKS).bind(self.id()).execute(&mut *tx).await?;
            sqlx::query(CLEAR_PAGES).bind(self.id()).execute(&mut *tx).await?;
            let begun = sqlx::query_as::<_, BookRow>(BEGIN).bind(self.id()).bind(now()).bind(self.task())
                .fetch_optional(&mut *tx).await?;
            tx.commit().await?;
            begun
        });
        self.announce(begun).await?;
        self.job.log(format!("Reading “{}”.", self.book.title)).await?;
        Ok(())
    }

    async fn read(&self) -> Result<(), Stop> {
        let file = original(&self.core.settings().data_dir, self.book.id, self.book.format);
        let mut pages = self.core.extractor().read(&file, self.book.format).await.map_err(Stop::Unreadable)?;
        let mut waiting: Vec<ReadPage> = Vec::new();
        while let Some(extracted) = pages.next().await {
            match extracted.map_err(Stop::Unreadable)? {
                Extracted::Opened { pages, title, author } => self.opened(pages, title, author).await?,
                Extracted::Page { number, label, text } => waiting.push(ReadPage { number, label, text }),
            }
            if waiting.len() == PAGES_AT_ONCE {
                self.store(std::mem::take(&mut waiting)).await?;
            }
        }
        if waiting.is_empty() { Ok(()) } else { self.store(waiting).await }
    }

    async fn opened(&self, pages: Option<u32>, title: Option<String>, author: Option<String>) -> Result<(), Stop> {
        // a title that a person chose is kept; one made of the file's name gives way to the book's own
        let title = title.filter(|title| is_better(title, self.book));
        let opened = on_db!(write self.core.db(), pool => sqlx::query_as::<_, BookRow>(OPENED)
            .bind(self.id()).bind(i64::from(pages.unwrap_or(0))).bind(author).bind(title).bind(now())
            .bind(self.task()).fetch_optional(pool).await)?;
        self.announce(opened).await?;
        Ok(())
    }

    async fn store(&self, pages: Vec<ReadPage>) -> Result<(), Stop> {
        let last = pages.last().map(|page| page.number).unwrap_or_default();
        let cut = |page: ReadPage| (chunk_page(&page.text), page);
        // neither a request nor a writer should wait for it
        let cutting = spawn_blocking(move || pages.into_iter().map(cut).collect::<Vec<_>>());
        let pages = cutting.await.map_err(|fault| Halt::from(Error::internal(fault)))?;
        let read = on_db!(change self.core.db(), tx => {
            for (chunks, ReadPage { number, label, text }) in &pages {
                let number = i64::from(*number);
                sqlx::query(PAGE).bind(self.id()).bind(number).bind(label).bind(text).execute(&mut *tx).await?;
                for chunk in chunks {
                    sqlx::query(CHUNK).bind(self.id()).bind(number).bind(i64::from(chunk.span.start))
                        .bind(i64::from(chunk.span.end)).bind(&chunk.text).execute(&mut *tx).await?;
                }
            }
            let read = sqlx::query_as::<_, BookRow>(READ).bind(self.id()).bind(i64::from(last)).bind(now())
                .bind(self.task()).fetch_optional(&mut *tx).await?;
            tx.commit().await?;
            read
        });
        metrics::pages_read(pages.len());
        self.announce(read).await?;
        Ok(())
    }

    /// Embeds what is not embedded yet, as many batches at a time as there are processors.
    async fn index(&self) -> Result<(), Stop> {
        let begun = on_db!(write self.core.db(), pool => sqlx::query_as::<_, BookRow>(BEGIN_INDEX)
            .bind(self.id()).bind(now()).bind(self.task()).fetch_optional(pool).await)?;
        let Progress { total, .. } = self.announce(begun).await?.progress;
        self.job.log(format!("Its pages are read. Indexing {total} passages.")).await?;
        let lanes = i64::try_from(Embedder::parallelism()).unwrap_or(1);
        let mut after = 0_i64;
        loop {
            let passages: Vec<(i64, String)> = on_db!(read self.core.db(), pool => sqlx::query_as(UNINDEXED)
                .bind(self.id()).bind(after).bind(PASSAGES_AT_ONCE * lanes).fetch_all(pool).await)?;
            let Some((last, _)) = passages.last() else { return Ok(()) };
            after = *last;
            self.embed(passages).await?;
        }
    }

    async fn embed(&self, passages: Vec<(i64, String)>) -> Result<(), Stop> {
        let size = passages.len().div_ceil(Embedder::parallelism());
        let calls = passages
            .chunks(size)
            .map(|lane| self.core.embedder().encode(lane.iter().map(|(_, text)| text.clone()).collect()));
        let vectors = futures::future::try_join_all(calls).await?.concat();
        let count = i64::try_from(vectors.len()).unwrap_or_default();
        let indexed = on_db!(change self.core.db(), tx => {
            for ((id, _), vector) in passages.iter().zip(&vectors) {
                sqlx::query(EMBED).bind(id).bind(super::vectors::to_bytes(vector)).execute(&mut *tx).await?;
            }
            let indexed = sqlx::query_as::<_, BookRow>(INDEXED).bind(self.id()).bind(count).bind(now())
                .bind(self.task()).fetch_optional(&mut *tx).await?;
            tx.commit().await?;
            indexed
        });
        self.announce(indexed).await?;
        Ok(())
    }

    /// Tells watchers, and the task, of the stored state; a row that is not there any more ends the work.
    async fn announce(&self, row: Option<BookRow>) -> Result<Book, Halt> {
        let book: Book = row.ok_or_else(gone)?.try_into()?;
        self.core.shelf().changed(&book);
        if !book.status.is_settled() {
            let Progress { done, total, unit } = book.progress;
            self.job.reach(done, total, unit.as_str()).await?;
        }
        Ok(book)
    }

    fn id(&self) -> Uuid {
        let BookId(id) = self.book.id;
        id
    }

    fn task(&self) -> Uuid {
        let TaskId(id) = self.job.id;
        id
    }
}

fn gone() -> Error {
    Error::Conflict("The book was deleted meanwhile.".into())
}

fn is_better(title: &str, book: &Book) -> bool {
    let letters = title.chars().filter(|c| c.is_alphanumeric()).count();
    let from_file_name = book.title == super::files::title_of(&book.file_name);
    from_file_name && letters >= 3 && title.chars().count() <= 200 && !title.to_lowercase().contains("untitled")
}

impl From<sqlx::Error> for Stop {
    fn from(fault: sqlx::Error) -> Self {
        // a book that is deleted while its pages are stored breaks their foreign key
        let is_gone = matches!(&fault, sqlx::Error::Database(database) if database.is_foreign_key_violation());
        Self::Task(if is_gone { gone().into() } else { fault.into() })
    }
}

impl From<Halt> for Stop {
    fn from(halt: Halt) -> Self {
        Self::Task(halt)
    }
}

impl From<Error> for Stop {
    fn from(fault: Error) -> Self {
        Self::Task(fault.into())
    }
}
