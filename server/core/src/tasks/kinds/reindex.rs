//! Reading books again: pages, passages and vectors are made anew from the stored file.

use super::Named;
use crate::error::Error;
use crate::library::Reading;
use crate::tasks::job::{Done, Halt, Job};
use folio_types::{BookId, BookStatus};

pub async fn run(job: &Job, books: &[Named<BookId>]) -> Result<Done, Halt> {
    let (mut ready, mut failed) = (0, 0);
    for book in books {
        // the right may have gone since it was asked for
        job.core.library().may_change(&job.who, book.id).await?;
        match job.unless_stopped(job.core.library().read(job, book.id)).await? {
            Reading::Elsewhere => job.log(format!("“{}” is being read already.", book.name)).await?,
            Reading::Settled(book) if book.status == BookStatus::Ready => {
                ready += 1;
                job.log(format!("“{}” is ready: {} pages.", book.title, book.page_count)).await?;
            }
            Reading::Settled(book) => {
                failed += 1;
                job.log(format!("“{}” failed: {}", book.title, book.error.unwrap_or_default())).await?;
            }
        }
    }
    let text = match (ready, failed) {
        (0, 0) => "It is being read already.".to_owned(),
        (1, 0) => "The book was read again and is ready.".to_owned(),
        (_, 0) => format!("{ready} books were read again and are ready."),
        _ => {
            let all = books.len();
            return Err(Error::Conflict(format!("{failed} of {all} books could not be read; the log says why.")).into());
        }
    };
    Ok(Done::saying(text).link("Library", "/library"))
}
