//! Reading books in the background: pages, then passages, then their vectors.
//!
//! Every step is stored before it is announced, so progress is what a restart would find. A book that was
//! being read when the program stopped is read again; one that was being indexed goes on where it was.

use super::Library;
use super::files::original;
use super::rows::BookRow;
use crate::Core;
use crate::clock::now;
use crate::db::on_db;
use crate::error::{Error, Result};
use crate::llm::Embedder;
use crate::metrics;
use folio_extract::{ExtractError, Extracted};
use folio_grounding::chunk_page;
use folio_types::{Book, BookId, BookStatus, Unit};
use std::time::{Duration, Instant};
use tracing::{Instrument, info_span};
use uuid::Uuid;

/// Pages stored in one transaction.
const PAGES_AT_ONCE: usize = 16;
/// Passages embedded in one call.
const PASSAGES_AT_ONCE: i64 = 32;
/// Wait after a fault of ours (a full disk, a database that is away) before trying again.
const BREATH: Duration = Duration::from_secs(5);

// PROCESSING first; what another process reads is not ours
const NEXT: &str = "UPDATE books SET node_id = $1 WHERE id = (SELECT id FROM books
        WHERE status IN ('PROCESSING', 'PENDING') AND (node_id IS NULL OR node_id = $1)
        ORDER BY status DESC, id LIMIT 1)
    AND (node_id IS NULL OR node_id = $1) RETURNING *";
const RELEASE: &str = "UPDATE books SET node_id = NULL
    WHERE status IN ('PROCESSING', 'PENDING') AND (node_id = $1 OR $1 IS NULL)";
const BEGIN: &str = "UPDATE books SET status = 'PROCESSING', unit = 'pages', done = 0, total = 0, page_count = 0,
    error = NULL, updated_at = $2 WHERE id = $1 AND status IN ('PENDING', 'PROCESSING') RETURNING *";
const CLEAR_CHUNKS: &str = "DELETE FROM chunks WHERE book_id = $1";
const CLEAR_PAGES: &str = "DELETE FROM pages WHERE book_id = $1";
const OPENED: &str = "UPDATE books SET total = $2, author = COALESCE($3, author), title = COALESCE($4, title),
    updated_at = $5 WHERE id = $1 AND status = 'PROCESSING' RETURNING *";
const PAGE: &str = "INSERT INTO pages (book_id, number, label, text) VALUES ($1, $2, $3, $4)";
const CHUNK: &str = "INSERT INTO chunks (book_id, page, start_at, end_at, text) VALUES ($1, $2, $3, $4, $5)";
const READ: &str = "UPDATE books SET done = $2, page_count = $2, updated_at = $3
    WHERE id = $1 AND status = 'PROCESSING' RETURNING *";
const BEGIN_INDEX: &str = "UPDATE books SET unit = 'passages', updated_at = $2,
    total = (SELECT COUNT(*) FROM chunks WHERE book_id = $1),
    done = (SELECT COUNT(*) FROM chunks WHERE book_id = $1 AND embedding IS NOT NULL)
    WHERE id = $1 AND status = 'PROCESSING' RETURNING *";
const UNINDEXED: &str =
    "SELECT id, text FROM chunks WHERE book_id = $1 AND id > $2 AND embedding IS NULL ORDER BY id LIMIT $3";
const EMBED: &str = "UPDATE chunks SET embedding = $2 WHERE id = $1";
const INDEXED: &str =
    "UPDATE books SET done = done + $2, updated_at = $3 WHERE id = $1 AND status = 'PROCESSING' RETURNING *";
const READY: &str =
    "UPDATE books SET status = 'READY', unit = 'pages', done = page_count, total = page_count, updated_at = $2
    WHERE id = $1 AND status = 'PROCESSING' RETURNING *";
const FAILED: &str = "UPDATE books SET status = 'FAILED', error = $2, updated_at = $3
    WHERE id = $1 AND status = 'PROCESSING' RETURNING *";

/// Why work on a book ended early.
enum Halt {
    /// The book cannot be read; the words are for its owner.
    Unreadable(ExtractError),
    /// It was deleted meanwhile.
    Gone,
    /// Our own fault: try again later.
    Fault(Error),
}

/// Reads whatever is waiting, one book after the other, until the program stops.
pub async fn ingest_forever(core: Core) {
    let stopping = core.shelf().stopping().clone();
    stopping.run_until_cancelled_owned(serve(&core)).await;
}

async fn serve(core: &Core) {
    loop {
        match next(core).await {
            Ok(Some(book)) => {
                if let Err(fault) = ingest(core, &book).await {
                    tracing::error!(book = %book.id, fault = fault.diagnosis(), "a book could not be worked on");
                    tokio::time::sleep(BREATH).await;
                }
            }
            Ok(None) => {
                if !core.shelf().woken().await {
                    return;
                }
            }
            Err(fault) => {
                tracing::error!(fault = fault.diagnosis(), "waiting books cannot be listed");
                tokio::time::sleep(BREATH).await;
            }
        }
    }
}

impl Library<'_> {
    /// Gives back the books that a process was reading when it went; of all processes, where none is named.
    pub(crate) async fn release(&self, node: Option<Uuid>) -> Result<()> {
        on_db!(write self.0.db(), pool => sqlx::query(RELEASE).bind(node).execute(pool).await.map(drop))?;
        self.0.shelf().wake();
        Ok(())
    }
}

async fn next(core: &Core) -> Result<Option<Book>> {
    let node = core.runs().node();
    let row: Option<BookRow> =
        on_db!(write core.db(), pool => sqlx::query_as(NEXT).bind(node).fetch_optional(pool).await)?;
    row.map(TryInto::try_into).transpose()
}

async fn ingest(core: &Core, book: &Book) -> Result<()> {
    let (work, begun) = (Work { core, book }, Instant::now());
    match work.run().instrument(info_span!("book", book = %book.id)).await {
        Ok(()) => {
            metrics::book_ended(BookStatus::Ready, begun.elapsed());
            Ok(())
        }
        Err(Halt::Gone) => Ok(()),
        Err(Halt::Fault(fault)) => Err(fault),
        Err(Halt::Unreadable(reason)) => {
            metrics::book_ended(BookStatus::Failed, begun.elapsed());
            tracing::info!(book = %book.id, %reason, "a book could not be read");
            let failed = on_db!(write core.db(), pool => sqlx::query_as::<_, BookRow>(FAILED)
                .bind(book.id.0).bind(reason.to_string()).bind(now()).fetch_optional(pool).await)?;
            match work.announce(failed) {
                Err(Halt::Fault(fault)) => Err(fault),
                _ => Ok(()),
            }
        }
    }
}

struct ReadPage {
    number: u32,
    label: Option<String>,
    text: String,
}

struct Work<'a> {
    core: &'a Core,
    book: &'a Book,
}

impl Work<'_> {
    async fn run(&self) -> Result<(), Halt> {
        let was_read = self.book.status == BookStatus::Processing && self.book.progress.unit == Unit::Passages;
        if !was_read {
            self.begin().await?;
            self.read().await?;
        }
        self.index().await?;
        let ready = on_db!(write self.core.db(), pool => sqlx::query_as::<_, BookRow>(READY)
            .bind(self.id()).bind(now()).fetch_optional(pool).await)?;
        self.announce(ready)
    }

    async fn begin(&self) -> Result<(), Halt> {
        let begun = on_db!(write self.core.db(), pool => {
            let mut tx = pool.begin().await?;
            sqlx::query(CLEAR_CHUNKS).bind(self.id()).execute(&mut *tx).await?;
            sqlx::query(CLEAR_PAGES).bind(self.id()).execute(&mut *tx).await?;
            let begun = sqlx::query_as::<_, BookRow>(BEGIN).bind(self.id()).bind(now())
                .fetch_optional(&mut *tx).await?;
            tx.commit().await?;
            begun
        });
        self.announce(begun)
    }

    async fn read(&self) -> Result<(), Halt> {
        let file = original(&self.core.settings().data_dir, self.book.id, self.book.format);
        let mut pages = self.core.extractor().read(&file, self.book.format).await.map_err(Halt::Unreadable)?;
        let mut waiting: Vec<ReadPage> = Vec::new();
        while let Some(extracted) = pages.next().await {
            match extracted.map_err(Halt::Unreadable)? {
                Extracted::Opened { pages, title, author } => self.opened(pages, title, author).await?,
                Extracted::Page { number, label, text } => waiting.push(ReadPage { number, label, text }),
            }
            if waiting.len() == PAGES_AT_ONCE {
                self.store(std::mem::take(&mut waiting)).await?;
            }
        }
        if waiting.is_empty() { Ok(()) } else { self.store(waiting).await }
    }

    async fn opened(&self, pages: Option<u32>, title: Option<String>, author: Option<String>) -> Result<(), Halt> {
        // a title that a person chose is kept; one made of the file's name gives way to the book's own
        let title = title.filter(|title| is_better(title, self.book));
        let opened = on_db!(write self.core.db(), pool => sqlx::query_as::<_, BookRow>(OPENED)
            .bind(self.id()).bind(i64::from(pages.unwrap_or(0))).bind(author).bind(title).bind(now())
            .fetch_optional(pool).await)?;
        self.announce(opened)
    }

    async fn store(&self, pages: Vec<ReadPage>) -> Result<(), Halt> {
        let last = pages.last().map(|page| page.number).unwrap_or_default();
        let read = on_db!(write self.core.db(), pool => {
            let mut tx = pool.begin().await?;
            for ReadPage { number, label, text } in &pages {
                let number = i64::from(*number);
                sqlx::query(PAGE).bind(self.id()).bind(number).bind(label).bind(text).execute(&mut *tx).await?;
                for chunk in chunk_page(text) {
                    sqlx::query(CHUNK).bind(self.id()).bind(number).bind(i64::from(chunk.span.start))
                        .bind(i64::from(chunk.span.end)).bind(&chunk.text).execute(&mut *tx).await?;
                }
            }
            let read = sqlx::query_as::<_, BookRow>(READ).bind(self.id()).bind(i64::from(last)).bind(now())
                .fetch_optional(&mut *tx).await?;
            tx.commit().await?;
            read
        });
        metrics::pages_read(pages.len());
        self.announce(read)
    }

    /// Embeds what is not embedded yet, as many batches at a time as there are processors.
    async fn index(&self) -> Result<(), Halt> {
        let begun = on_db!(write self.core.db(), pool => sqlx::query_as::<_, BookRow>(BEGIN_INDEX)
            .bind(self.id()).bind(now()).fetch_optional(pool).await)?;
        self.announce(begun)?;
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

    async fn embed(&self, passages: Vec<(i64, String)>) -> Result<(), Halt> {
        let size = passages.len().div_ceil(Embedder::parallelism());
        let calls = passages
            .chunks(size)
            .map(|lane| self.core.embedder().encode(lane.iter().map(|(_, text)| text.clone()).collect()));
        let vectors = futures::future::try_join_all(calls).await.map_err(Halt::Fault)?.concat();
        let count = i64::try_from(vectors.len()).unwrap_or_default();
        let indexed = on_db!(write self.core.db(), pool => {
            let mut tx = pool.begin().await?;
            for ((id, _), vector) in passages.iter().zip(&vectors) {
                sqlx::query(EMBED).bind(id).bind(super::vectors::to_bytes(vector)).execute(&mut *tx).await?;
            }
            let indexed = sqlx::query_as::<_, BookRow>(INDEXED).bind(self.id()).bind(count).bind(now())
                .fetch_optional(&mut *tx).await?;
            tx.commit().await?;
            indexed
        });
        self.announce(indexed)
    }

    /// Tells watchers of the stored state; a row that is not there any more ends the work.
    fn announce(&self, row: Option<BookRow>) -> Result<(), Halt> {
        let book: Book = row.ok_or(Halt::Gone)?.try_into().map_err(Halt::Fault)?;
        self.core.shelf().changed(&book);
        Ok(())
    }

    fn id(&self) -> Uuid {
        let BookId(id) = self.book.id;
        id
    }
}

fn is_better(title: &str, book: &Book) -> bool {
    let letters = title.chars().filter(|c| c.is_alphanumeric()).count();
    let from_file_name = book.title == super::files::title_of(&book.file_name);
    from_file_name && letters >= 3 && title.chars().count() <= 200 && !title.to_lowercase().contains("untitled")
}

impl From<sqlx::Error> for Halt {
    fn from(fault: sqlx::Error) -> Self {
        // a book that is deleted while its pages are stored breaks their foreign key
        match fault {
            sqlx::Error::Database(ref database) if database.is_foreign_key_violation() => Self::Gone,
            other => Self::Fault(other.into()),
        }
    }
}
