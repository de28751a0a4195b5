//! Reading a book that was added: its pages, its passages and their vectors.

use super::Named;
use crate::error::Error;
use crate::library::Reading;
use crate::tasks::job::{Done, Halt, Job};
use folio_types::{BookId, BookStatus};

pub async fn run(job: &Job, book: &Named<BookId>) -> Result<Done, Halt> {
    match job.unless_stopped(job.core.library().read(job, book.id)).await? {
        Reading::Elsewhere => Ok(Done::saying("Another task reads it.")),
        Reading::Settled(book) if book.status == BookStatus::Ready => {
            let text = format!("“{}” is ready: {} pages.", book.title, book.page_count);
            Ok(Done::saying(text).link("Open it", format!("/books/{}", book.id)))
        }
        Reading::Settled(book) => Err(Error::Conflict(book.error.unwrap_or_default()).into()),
    }
}
