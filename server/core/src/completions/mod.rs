//! Answers that nobody keeps: a caller brings the whole conversation, gets what a model or the books say to it, and no
//! trace is left but in the report of what was used.
//!
//! They are made as answers of conversations are (`runs/`): with the same turns at a model, the same words for its
//! faults, and the same comparison of each sentence with the passages. Who goes away ends them, as nobody can come back.

mod embeddings;
mod names;
mod used;
mod writing;

pub use crate::runs::pen::Finish;
pub use embeddings::{Embeddings, MOST_TEXTS};
pub use names::Named;

use crate::Core;
use crate::accounts::Principal;
use crate::chats::Sampling;
use crate::error::{Error, Result};
use crate::limits::{Key, Limit};
use crate::llm::Turn;
use folio_types::{Citation, Speaker};
use futures::stream::BoxStream;
use names::Subject;
use writing::Job;

/// Texts that end an answer, at most, and the characters of each.
const MOST_STOPS: usize = 4;
const LONGEST_STOP: usize = 256;
/// Characters of what books are asked, as in a conversation.
const LONGEST_QUESTION: usize = 32_000;

/// What somebody wants to be answered.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    /// The tag of a model, or the name of what books are asked; see [`Completions::list`].
    pub model: String,
    /// Oldest first. Of books the last one asks.
    pub turns: Vec<Turn>,
    pub sampling: Sampling,
    /// The answer ends before any of these.
    pub stops: Vec<String>,
}

/// What happens to an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The model answers a bounded number at once: how many go first.
    Waiting(u32),
    Text(String),
    /// The last one.
    Done(Outcome),
}

/// How an answer ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    pub finish: Finish,
    /// Of an answer from books, one entry for each sentence.
    pub citations: Vec<Citation>,
    pub tokens: Tokens,
}

/// As the model counts them where its tokenizer is at hand, else about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tokens {
    pub read: usize,
    pub written: usize,
}

pub struct Completions<'a>(pub(crate) &'a Core);

impl Completions<'_> {
    /// Begins an answer. What cannot be begun at all is the outer error; dropping the stream ends the answer.
    pub async fn begin(&self, who: &Principal, wish: Wish) -> Result<BoxStream<'static, Result<Event>>> {
        let wish = wish.checked()?;
        let subject = self.subject(who, &wish.model).await?;
        self.0.limits().count(Limit::Questions, Key::User(who.id)).await?;
        let models = self.0.models();
        let job = match subject {
            Subject::Model(model) => Job { core: self.0.clone(), who: who.clone(), wish, model, books: None },
            Subject::Books(scope) => {
                let wish = wish.checked_for_books()?;
                let books = self.0.library().ready(who, &scope).await?;
                if books.is_empty() {
                    return Err(Error::NoBooks);
                }
                let model = models.choose(who, None).await?;
                Job { core: self.0.clone(), who: who.clone(), wish, model, books: Some((scope, books)) }
            }
        };
        Ok(job.start())
    }
}

impl Wish {
    fn checked(self) -> Result<Self> {
        if self.turns.iter().all(|turn| turn.content.trim().is_empty()) {
            return Err(Error::invalid("messages", "Send at least one message with some text."));
        }
        let too_long = |stop: &String| stop.chars().count() > LONGEST_STOP;
        if self.stops.len() > MOST_STOPS || self.stops.iter().any(too_long) {
            let words = format!("Give at most {MOST_STOPS} texts to stop at, of {LONGEST_STOP} characters each.");
            return Err(Error::invalid("stop", words));
        }
        Ok(Self { sampling: self.sampling.checked()?, ..self })
    }

    fn checked_for_books(self) -> Result<Self> {
        let question = self.turns.last().filter(|last| last.speaker == Speaker::User);
        let Some(question) = question.filter(|question| !question.content.trim().is_empty()) else {
            return Err(Error::invalid("messages", "Books are asked by the last message, so it must be the user's."));
        };
        let length = question.content.chars().count();
        if length > LONGEST_QUESTION {
            let words = format!("A question to books has at most 32,000 characters; this one has {length}.");
            return Err(Error::invalid("messages", words));
        }
        Ok(self)
    }
}
