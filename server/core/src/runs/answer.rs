//! One answer: search, say what was found, let the model write, attribute each sentence.

use super::attached::Attached;
use super::grounded::{Found, nothing_found};
use super::history::{self, Budget, Window};
use super::pen::{From, Paper, Pen};
use super::prompt::{self, Material};
use super::stops::Stops;
use super::store::Ending;
use super::writer::Change;
use super::{Halt, RunHandle, Runs, Seq};
use crate::Core;
use crate::accounts::Principal;
use crate::chats::Sampling;
use crate::error::{Error, Result};
use crate::llm::{Chosen, Reading, Turn};
use crate::metrics;
use crate::operations::Functions;
use folio_grounding::slice;
use folio_types::{Call, Citation, ConversationId, Message, MessageId, MessageStatus, Scope};
use std::sync::Arc;
use std::time::Instant;

/// Quotes of documents that a small model reads.
const SMALL_QUOTES: usize = 2;

/// Everything a run needs to know before it begins.
pub struct Plan {
    pub who: Principal,
    pub conversation: ConversationId,
    pub question: MessageId,
    pub answer: MessageId,
    /// The conversation so far, oldest first; the last message is the question.
    pub line: Vec<Message>,
    pub ask: Ask,
    pub model: Chosen,
    /// What is there already of an answer that is gone on with: its text, what its model asked for, and the number of
    /// its last event.
    pub so_far: String,
    pub calls: Vec<Call>,
    pub after: Seq,
}

impl Plan {
    /// Begins `answer`, or goes on with what is there of it; `line` ends with its question.
    pub fn of(who: &Principal, line: Vec<Message>, answer: &Message, ask: Ask, model: Chosen) -> Self {
        Self {
            who: who.clone(),
            conversation: answer.conversation_id,
            question: line.last().map_or(answer.id, |question| question.id),
            answer: answer.id,
            line,
            ask,
            model,
            so_far: answer.content.clone(),
            calls: answer.calls.clone(),
            after: answer.seq,
        }
    }
}

/// How an answer is to be found and worded.
pub struct Ask {
    pub scope: Scope,
    pub sampling: Sampling,
    /// Whether the model reads the whole conversation, as far as it can, instead of its newest part.
    pub whole_history: bool,
}

/// Writes the answer and says how it ended. Every way out is an ending; none leaves the message streaming.
pub(super) async fn write(core: &Core, runs: &Runs, plan: &Plan, handle: &RunHandle) -> Ending {
    let started = Instant::now();
    let pen = Pen {
        who: plan.who.id,
        model: &plan.model,
        sampling: plan.ask.sampling,
        functions: Arc::default(),
        stops: Stops::default(),
        paper: Stored { runs, handle, answer: plan.answer },
        text: plan.so_far.clone(),
        pieces: 0,
    };
    let mut draft = Draft { core, plan, pen, calls: plan.calls.clone() };
    let written = tokio::select! {
        written = draft.write() => Some(written),
        () = handle.cancel.cancelled() => None,
    };
    let (status, error, citations) = match (handle.why(), written) {
        (Some(Halt::Asked), _) => (MessageStatus::Interrupted, None, Vec::new()),
        (Some(Halt::Shutdown), _) => (MessageStatus::Interrupted, Some((SHUT_DOWN.to_owned(), 503)), Vec::new()),
        (None, Some(Ok(citations))) => (MessageStatus::Complete, None, citations),
        (None, Some(Err(fault))) => (MessageStatus::Failed, Some(explained(&fault)), Vec::new()),
        (Some(Halt::Replaced), _) | (None, None) => {
            (MessageStatus::Interrupted, Some((NOT_STORED.to_owned(), 503)), Vec::new())
        }
    };
    metrics::run_ended(status);
    Ending {
        status,
        error,
        citations,
        token_count: Some(draft.pen.pieces),
        inference_time_ms: u32::try_from(started.elapsed().as_millis()).ok(),
    }
}

const SHUT_DOWN: &str = "Folio was stopped while this was being written. You can continue it.";
const NOT_STORED: &str = "The rest of this answer could not be stored. You can continue it.";

fn explained(fault: &Error) -> (String, u16) {
    tracing::warn!(fault = fault.diagnosis(), "an answer failed");
    let code = match fault {
        Error::Unavailable(_) | Error::NoBooks => 503,
        Error::Internal(_) => 500,
        _ => 502,
    };
    (fault.to_string(), code)
}

/// The message of an answer.
pub(super) struct Stored<'a> {
    runs: &'a Runs,
    handle: &'a RunHandle,
    answer: MessageId,
}

impl Paper for Stored<'_> {
    async fn take(&self, change: Change) {
        self.runs.writer.send(self.answer, self.handle.term, change).await;
    }
}

pub(super) struct Draft<'a> {
    pub core: &'a Core,
    pub plan: &'a Plan,
    pub pen: Pen<'a, Stored<'a>>,
    /// What the model asked for.
    pub calls: Vec<Call>,
}

/// What an answer can be made of.
struct Ground {
    attached: Attached,
    functions: Arc<Functions>,
    /// What the books say.
    found: Option<Found>,
}

impl Draft<'_> {
    /// Whatever comes before and after the model's writing is boxed, so that a run that only waits for its model does not take
    /// the room for all this.
    async fn write(&mut self) -> Result<Vec<Citation>> {
        let question = self.plan.line.last().map(|message| message.content.as_str()).unwrap_or_default();
        let Some(ground) = Box::pin(self.ground(question)).await? else { return Ok(Vec::new()) };
        let Ground { attached, functions, found } = ground;
        match found {
            Some(found) => Box::pin(self.with_books(question, &found, &attached, &functions)).await,
            None => self.without_books(question, &attached, &functions).await,
        }
    }

    /// What the answer can be made of; where that is nothing, it says so and is done.
    async fn ground(&mut self, question: &str) -> Result<Option<Ground>> {
        let (core, plan) = (self.core, self.plan);
        let scope = &plan.ask.scope;
        let attached = Attached::to(core, &plan.line, plan.model.offer.takes.images).await?;
        let functions = self.functions().await?;
        if *scope == Scope::Nothing {
            return Ok(Some(Ground { attached, functions, found: None }));
        }
        let books = core.library().ready(&plan.who, scope).await?;
        let found = if books.is_empty() { None } else { Found::in_books(core, question, &books).await? };
        // whoever sends a file wants an answer even where no book has one
        let may_go_without = *scope == Scope::BooksOrModel || attached.says_something();
        if found.is_none() && !may_go_without {
            let why = if books.is_empty() { NO_BOOK.to_owned() } else { nothing_found(&books) };
            self.pen.say(&why).await;
            return Ok(None);
        }
        Ok(Some(Ground { attached, functions, found }))
    }

    async fn with_books(
        &mut self,
        question: &str,
        found: &Found,
        attached: &Attached,
        functions: &Arc<Functions>,
    ) -> Result<Vec<Citation>> {
        let plan = self.plan;
        self.pen.paper.take(Change::Sources(found.sources.clone())).await;
        let history = self.history(found.tokens() + attached.tokens() + functions.tokens()).await?;
        let instructions = self.core.topics().instructions(&plan.who, &plan.ask.scope).await?;
        let turns = match plan.model.offer.reading {
            Reading::OnePassage => {
                let sent = self.quotes(question, attached).await;
                found.prompt(history, Reading::OnePassage, &instructions, sent.first())
            }
            Reading::Many => {
                prompt::with_attachments(found.prompt(history, Reading::Many, &instructions, None), attached)
            }
        };
        self.converse(turns, From::Books, functions).await?;
        self.pen.written()?;
        let mut citations = found.cite(self.core, &self.pen.text, attached).await?;
        citations.retain(|citation| !self.is_folios_own(citation.sentence));
        Ok(citations)
    }

    /// The model alone, or from what was sent along.
    async fn without_books(
        &mut self,
        question: &str,
        attached: &Attached,
        functions: &Arc<Functions>,
    ) -> Result<Vec<Citation>> {
        let (turns, from) = Box::pin(self.turns(question, attached, functions)).await?;
        self.converse(turns, from, functions).await?;
        self.pen.written()?;
        Ok(Vec::new())
    }

    /// What the model reads where there is no book.
    async fn turns(&self, question: &str, attached: &Attached, functions: &Functions) -> Result<(Vec<Turn>, From)> {
        let small = self.plan.model.offer.reading == Reading::OnePassage;
        if small && !attached.documents.is_empty() {
            let sent = self.quotes(question, attached).await;
            let material: Vec<Material<'_>> = sent.iter().map(Material::sent).collect();
            return Ok((prompt::grounded(self.history(0).await?, &material, Reading::OnePassage, ""), From::Books));
        }
        let history = self.history(attached.tokens() + functions.tokens()).await?;
        Ok((prompt::with_attachments(prompt::plain(history), attached), From::Itself))
    }

    /// What documents say about the question, best first: for a model that can read no more of them.
    async fn quotes(&self, question: &str, attached: &Attached) -> Vec<(String, String)> {
        let quote = |(name, text): (&str, String)| {
            let quote = slice(&text, folio_grounding::best_quote(question, &text)).to_owned();
            (name.to_owned(), quote)
        };
        attached.nearest(self.core, question).await.into_iter().take(SMALL_QUOTES).map(quote).collect()
    }

    /// What the model reads of the conversation, beside `spent` tokens of something else.
    async fn history(&self, spent: usize) -> Result<Vec<Turn>> {
        let settings = self.core.settings();
        let (messages, tokens) = if self.plan.ask.whole_history {
            (usize::MAX, settings.max_tokens.max(history::WHOLE))
        } else {
            (settings.max_history, settings.max_tokens)
        };
        let budget = Budget { messages, tokens: tokens.saturating_sub(spent) };
        let Window { turns, from } = history::window(self.core, &self.plan.line, &self.plan.model, budget).await?;
        if let Some(from) = from {
            self.pen.paper.take(Change::Window(from)).await;
        }
        Ok(turns)
    }
}

const NO_BOOK: &str = "No book is ready to answer from yet. Add one in the Library and wait until it is ready, \
    or choose “No books (plain chat)” under Sources and ask again.";
