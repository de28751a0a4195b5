//! Deleting several things, one after the other.

use super::Named;
use crate::error::Error;
use crate::tally::{Fate, Tally};
use crate::tasks::job::{Done, Halt, Job};
use folio_types::{BookId, ConversationId};

pub async fn books(job: &Job, books: &[Named<BookId>]) -> Result<Done, Halt> {
    job.begin(books.len(), "books").await?;
    let mut tally = Tally::default();
    for (number, book) in books.iter().enumerate() {
        count(job, &mut tally, &book.name, job.core.library().delete(&job.who, book.id).await).await?;
        job.step(number + 1).await?;
    }
    Ok(told(&tally, "book", "books").link("Library", "/library"))
}

pub async fn conversations(job: &Job, conversations: &[Named<ConversationId>]) -> Result<Done, Halt> {
    job.begin(conversations.len(), "conversations").await?;
    let mut tally = Tally::default();
    for (number, conversation) in conversations.iter().enumerate() {
        count(job, &mut tally, &conversation.name, job.core.chats().delete(&job.who, conversation.id).await).await?;
        job.step(number + 1).await?;
    }
    Ok(told(&tally, "conversation", "conversations"))
}

async fn count(job: &Job, tally: &mut Tally, name: &str, outcome: Result<(), Error>) -> Result<(), Halt> {
    match tally.count(outcome) {
        Fate::Deleted => job.log(format!("Deleted “{name}”.")).await,
        // deleted before, perhaps by this very task before a crash
        Fate::Gone => job.log(format!("“{name}” is gone already.")).await,
        Fate::Kept(fault @ (Error::Denied(_) | Error::Conflict(_))) => job.log(format!("Kept “{name}”: {fault}")).await,
        Fate::Kept(fault) => Err(fault.into()),
    }
}

fn told(tally: &Tally, one: &str, many: &str) -> Done {
    Done::saying(tally.words(one, many, "the log says why."))
}
