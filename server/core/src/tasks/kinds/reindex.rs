//! Reading books again: pages, passages and vectors are made anew from the stored file.

use super::Named;
use crate::error::Error;
use crate::tasks::job::{Done, Halt, Job};
use folio_types::{Book, BookId, BookStatus};
use std::time::Duration;

/// Another process may be the one that reads it.
const LOOK: Duration = Duration::from_millis(500);

pub async fn run(job: &Job, books: &[Named<BookId>]) -> Result<Done, Halt> {
    let (mut ready, mut failed) = (0, 0);
    for book in books {
        // a book that is being read already, perhaps because this task was begun before a crash, is only watched
        match job.core.library().reread(&job.who, book.id).await {
            Ok(()) => job.log(format!("Reading “{}”.", book.name)).await?,
            Err(Error::Conflict(_)) => job.log(format!("“{}” is being read already.", book.name)).await?,
            Err(fault) => return Err(fault.into()),
        }
        let settled = match watch(job, book.id).await {
            Err(Halt::Cancelled) => {
                // one that is settled by now stays as it is
                let _ = job.core.library().stop_reading(&job.who, book.id).await;
                return Err(Halt::Cancelled);
            }
            settled => settled?,
        };
        job.core.vectors().forget(book.id).await;
        if settled.status == BookStatus::Ready {
            ready += 1;
            job.log(format!("“{}” is ready: {} pages.", settled.title, settled.page_count)).await?;
        } else {
            failed += 1;
            job.log(format!("“{}” failed: {}", settled.title, settled.error.unwrap_or_default())).await?;
        }
    }
    match (ready, failed) {
        (_, 0) if ready == 1 => Ok(Done::saying("The book was read again and is ready.").link("Library", "/library")),
        (_, 0) => Ok(Done::saying(format!("{ready} books were read again and are ready.")).link("Library", "/library")),
        _ => Err(Error::Conflict(format!("{failed} of {} books could not be read; the log says why.", ready + failed))
            .into()),
    }
}

async fn watch(job: &Job, id: BookId) -> Result<Book, Halt> {
    let mut total = 0;
    loop {
        let book = job.core.library().book(&job.who, id).await?;
        if book.status.is_settled() {
            return Ok(book);
        }
        if book.progress.total != total {
            total = book.progress.total;
            job.begin(total as usize, book.progress.unit.as_str()).await?;
        }
        job.step(book.progress.done as usize).await?;
        tokio::time::sleep(LOOK).await;
    }
}
