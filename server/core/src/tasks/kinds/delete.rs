//! Deleting several things, one after the other.

use super::Named;
use crate::error::Error;
use crate::tasks::job::{Done, Halt, Job};
use folio_types::{BookId, ConversationId};

pub async fn books(job: &Job, books: &[Named<BookId>]) -> Result<Done, Halt> {
    job.begin(books.len(), "books").await?;
    let mut tally = Tally::default();
    for (number, book) in books.iter().enumerate() {
        tally.count(job, &book.name, job.core.library().delete(&job.who, book.id).await).await?;
        job.step(number + 1).await?;
    }
    Ok(tally.told("book", "books").link("Library", "/library"))
}

pub async fn conversations(job: &Job, conversations: &[Named<ConversationId>]) -> Result<Done, Halt> {
    job.begin(conversations.len(), "conversations").await?;
    let mut tally = Tally::default();
    for (number, conversation) in conversations.iter().enumerate() {
        tally.count(job, &conversation.name, job.core.chats().delete(&job.who, conversation.id).await).await?;
        job.step(number + 1).await?;
    }
    Ok(tally.told("conversation", "conversations"))
}

#[derive(Default)]
struct Tally {
    deleted: usize,
    gone: usize,
    kept: usize,
}

impl Tally {
    async fn count(&mut self, job: &Job, name: &str, outcome: Result<(), Error>) -> Result<(), Halt> {
        match outcome {
            Ok(()) => {
                self.deleted += 1;
                job.log(format!("Deleted “{name}”.")).await
            }
            // deleted before, perhaps by this very task before a crash
            Err(Error::NotFound(_)) => {
                self.gone += 1;
                job.log(format!("“{name}” is gone already.")).await
            }
            Err(fault @ (Error::Denied(_) | Error::Conflict(_))) => {
                self.kept += 1;
                job.log(format!("Kept “{name}”: {fault}")).await
            }
            Err(fault) => Err(fault.into()),
        }
    }

    fn told(&self, one: &str, many: &str) -> Done {
        let noun = if self.deleted == 1 { one } else { many };
        let mut text = format!("{} {noun} deleted.", self.deleted);
        if self.gone > 0 {
            text = format!("{text} {} had gone already.", self.gone);
        }
        if self.kept > 0 {
            text = format!("{text} {} could not be deleted; the log says why.", self.kept);
        }
        Done::saying(text)
    }
}
