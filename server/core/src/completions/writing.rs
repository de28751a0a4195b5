//! The writing itself: a task that ends with its reader.

use super::used::Use;
use super::{Event, Finish, Outcome, Tokens, Wish};
use crate::Core;
use crate::accounts::Principal;
use crate::error::{Error, Result};
use crate::llm::{Chosen, Turn};
use crate::runs::attached::Attached;
use crate::runs::grounded::{Found, nothing_found};
use crate::runs::history::{self, Budget};
use crate::runs::pen::{From, Paper, Pen};
use crate::runs::stops::Stops;
use crate::runs::writer::Change;
use folio_types::{Book, Citation, Frame, Scope, Speaker};
use futures::StreamExt;
use futures::stream::BoxStream;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

/// Events that may wait for the reader.
const AHEAD: usize = 64;
const SHUT_DOWN: &str = "Folio was stopped while this was being written.";

/// Everything that an answer needs to know before it begins.
pub(super) struct Job {
    pub core: Core,
    pub who: Principal,
    pub wish: Wish,
    pub model: Chosen,
    /// What is asked, and the books that there are of it; none for the model alone.
    pub books: Option<(Scope, Vec<Book>)>,
}

/// How somebody reads along.
struct Read(mpsc::Sender<Result<Event>>);

impl Paper for Read {
    async fn take(&self, change: Change) {
        let event = match change {
            Change::Text(text) => Event::Text(text),
            Change::Said(Frame::Waiting { waiting }) => Event::Waiting(waiting),
            _ => return,
        };
        // whoever has gone is noticed where the answer is written
        let _ = self.0.send(Ok(event)).await;
    }
}

/// What a model was given, and what came of it.
struct Written {
    read: usize,
    finish: Finish,
    citations: Vec<Citation>,
}

impl Job {
    /// The answer as it is written. It ends when the stream is dropped.
    pub fn start(self) -> BoxStream<'static, Result<Event>> {
        let (events, heard) = mpsc::channel(AHEAD);
        tokio::spawn(self.write(events));
        ReceiverStream::new(heard).boxed()
    }

    async fn write(self, events: mpsc::Sender<Result<Event>>) {
        let stopping = self.core.shelf().stopping().clone();
        let mut pen = Pen {
            who: self.who.id,
            model: &self.model,
            sampling: self.wish.sampling,
            functions: Arc::default(),
            stops: Stops::at(self.wish.stops.clone()),
            paper: Read(events.clone()),
            text: String::new(),
            pieces: 0,
        };
        let written = tokio::select! {
            written = self.written(&mut pen) => written,
            () = events.closed() => Err(Error::Unavailable("Nobody reads this any more.".into())),
            () = stopping.cancelled() => Err(Error::Unavailable(SHUT_DOWN.into())),
        };
        if let Err(fault) = &written {
            tracing::info!(user_id = %self.who.id, fault = fault.diagnosis(), "an answer that is not kept ended early");
        }
        let tokens = self.count(&pen.text).await;
        let done = written.map(|Written { read, finish, citations }| {
            Event::Done(Outcome { finish, citations, tokens: Tokens { read, written: tokens } })
        });
        // it fails when nobody reads any more
        let _ = events.send(done).await;
    }

    /// The tokens of what was written, remembered for the report.
    async fn count(&self, text: &str) -> usize {
        if text.is_empty() {
            return 0;
        }
        let Chosen { provider, offer } = &self.model;
        let tokens = provider.count_tokens(&offer.name, &[text]).await.first().copied().unwrap_or_default();
        Use { user: self.who.id, model: &offer.tag, tokens }.remember(&self.core).await;
        tokens
    }

    async fn written(&self, pen: &mut Pen<'_, Read>) -> Result<Written> {
        let Some((scope, books)) = &self.books else {
            let turns = self.wish.turns.clone();
            return self.generated(pen, turns, From::Itself).await;
        };
        let question = self.wish.turns.last().map(|turn| turn.content.as_str()).unwrap_or_default();
        let Some(found) = Found::in_books(&self.core, question, books).await? else {
            pen.say(&nothing_found(books)).await;
            return Ok(Written { read: 0, finish: Finish::Said, citations: Vec::new() });
        };
        let turns = self.prompt(&found, scope).await?;
        let mut written = self.generated(pen, turns, From::Books).await?;
        written.citations = found.cite(&self.core, &pen.text, &Attached::default()).await?;
        Ok(written)
    }

    async fn generated(&self, pen: &mut Pen<'_, Read>, turns: Vec<Turn>, from: From) -> Result<Written> {
        let read = history::tokens(&turns, &self.model).await;
        let finish = pen.generate(turns, from).await?;
        if finish == Finish::Said && !pen.stops.is_over() {
            pen.written()?;
        }
        Ok(Written { read, finish, citations: Vec::new() })
    }

    /// The passages and as much of the conversation as fits beside them. What the caller's system messages say joins
    /// the instructions, where the topic's stand too.
    async fn prompt(&self, found: &Found, scope: &Scope) -> Result<Vec<Turn>> {
        let (system, said): (Vec<Turn>, Vec<Turn>) =
            self.wish.turns.iter().cloned().partition(|turn| turn.speaker == Speaker::System);
        let topics = self.core.topics().instructions(&self.who, scope).await?;
        let given = system.into_iter().map(|turn| turn.content);
        let instructions: Vec<String> = [topics].into_iter().chain(given).filter(|text| !text.is_empty()).collect();
        let instructions = instructions.join("\n\n");
        let spent = found.tokens() + instructions.chars().count() / crate::llm::CHARACTERS_PER_TOKEN;
        let tokens = self.core.settings().max_tokens.max(history::WHOLE).saturating_sub(spent);
        let history = history::fitting(said, &self.model, Budget { messages: usize::MAX, tokens }).await;
        Ok(found.prompt(history, self.model.offer.reading, &instructions, None))
    }
}
