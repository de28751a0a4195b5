//! What is counted and timed, by the names under which Prometheus finds it.
//!
//! Nothing is kept until the program installs a recorder; until then each of these calls costs next to nothing.

use crate::Core;
use crate::db::on_db;
use crate::error::Result;
use crate::limits::Limit;
use folio_types::{BookStatus, MessageStatus};
use metrics::{Gauge, Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use std::time::Duration;

const RUNS: &str = "folio_runs_total";
const RUNS_ACTIVE: &str = "folio_runs_active";
const TOKENS: &str = "folio_tokens_total";
const FIRST_TOKEN: &str = "folio_first_token_seconds";
const BOOKS: &str = "folio_books_total";
const PAGES: &str = "folio_book_pages_total";
const BOOK_SECONDS: &str = "folio_book_seconds";
const BOOKS_WAITING: &str = "folio_books_waiting";
const QUEUE: &str = "folio_model_queue_waiting";
const TASKS: &str = "folio_tasks_waiting";
const CONNECTIONS: &str = "folio_database_connections";
const REFUSED: &str = "folio_limited_total";

const WAITING: &str = "SELECT (SELECT COUNT(*) FROM books WHERE status IN ('PENDING', 'PROCESSING')),
    (SELECT COUNT(*) FROM tasks WHERE state IN ('queued', 'running'))";

/// Says what each of them means; once, after a recorder is installed.
pub fn describe() {
    describe_counter!(RUNS, "Answers that ended, by how they ended.");
    describe_gauge!(RUNS_ACTIVE, "Answers that this process is writing.");
    describe_counter!(TOKENS, "Pieces of text that models wrote.");
    describe_histogram!(FIRST_TOKEN, Unit::Seconds, "From when a model was asked to the first piece that it wrote.");
    describe_counter!(BOOKS, "Books whose reading ended, by how it ended.");
    describe_counter!(PAGES, "Pages of books that were read.");
    describe_histogram!(BOOK_SECONDS, Unit::Seconds, "From the beginning of a book's reading to its end.");
    describe_gauge!(BOOKS_WAITING, "Books that wait to be read or are being read.");
    describe_gauge!(QUEUE, "Answers that wait for a turn at a model of this process.");
    describe_gauge!(TASKS, "Tasks that wait or run.");
    describe_gauge!(CONNECTIONS, "Connections to the database, by state.");
    describe_counter!(REFUSED, "What was refused because it came too often, by limit.");
}

pub(crate) fn run_ended(status: MessageStatus) {
    counter!(RUNS, "status" => status.as_str()).increment(1);
}

pub(crate) fn token() {
    counter!(TOKENS).increment(1);
}

pub(crate) fn first_token(after: Duration) {
    histogram!(FIRST_TOKEN).record(after);
}

pub(crate) fn book_ended(status: BookStatus, after: Duration) {
    counter!(BOOKS, "status" => status.as_str()).increment(1);
    histogram!(BOOK_SECONDS).record(after);
}

pub(crate) fn pages_read(pages: usize) {
    counter!(PAGES).increment(pages as u64);
}

pub(crate) fn refused(limit: Limit) {
    counter!(REFUSED, "limit" => limit.as_str()).increment(1);
}

impl Core {
    /// Takes the measure of what is only known by looking; for each look at the metrics.
    pub async fn measure(&self) -> Result<()> {
        set(gauge!(RUNS_ACTIVE), self.runs().active());
        set(gauge!(QUEUE), self.catalog().waiting());
        let (open, idle) = self.db().connections();
        set(gauge!(CONNECTIONS, "state" => "busy"), open - idle);
        set(gauge!(CONNECTIONS, "state" => "idle"), idle);
        let (books, tasks): (i64, i64) = on_db!(read self.db(), pool => sqlx::query_as(WAITING).fetch_one(pool).await?);
        set(gauge!(BOOKS_WAITING), usize::try_from(books).unwrap_or_default());
        set(gauge!(TASKS), usize::try_from(tasks).unwrap_or_default());
        Ok(())
    }
}

#[expect(clippy::cast_precision_loss, reason = "gauges are floating-point numbers")]
fn set(gauge: Gauge, value: usize) {
    gauge.set(value as f64);
}
