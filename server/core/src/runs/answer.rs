//! One answer: search, say what was found, let the model write, attribute each sentence.

use super::attached::Attached;
use super::citing::cite;
use super::history::{self, Budget, Window};
use super::markers::MarkerFilter;
use super::prompt::{self, Material};
use super::store::Ending;
use super::writer::Change;
use super::{Halt, RunHandle, Runs, Seq};
use crate::Core;
use crate::accounts::Principal;
use crate::chats::Sampling;
use crate::error::{Error, Result};
use crate::library::Hit;
use crate::llm::{CHARACTERS_PER_TOKEN, Chosen, Provider, Reading, Request, Ticket, Turn};
use crate::metrics;
use backon::{ExponentialBuilder, Retryable};
use folio_grounding::slice;
use folio_types::{Citation, Frame, Message, MessageId, MessageStatus, Passage, Scope, Span};
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use std::time::{Duration, Instant};
use tracing::{Instrument, info_span};

const MAX_NEW_TOKENS: u32 = 1024;
/// A small model that has read a few sentences has nothing to say beyond one or two.
const MAX_NEW_TOKENS_SMALL: u32 = 96;
/// Greedy: an answer from sources should be the most likely one, and the same each time.
const TEMPERATURE_GROUNDED: f32 = 0.0;
const TEMPERATURE_PLAIN: f32 = 0.6;
/// Quotes of documents that a small model reads.
const SMALL_QUOTES: usize = 2;
/// Tokens of a whole conversation that models read without losing its beginning.
const WHOLE_HISTORY: usize = 8_000;
/// How often a model is asked again before its first piece, and how long after.
const RETRIES: usize = 2;
const FIRST_PAUSE: Duration = Duration::from_millis(300);

/// Everything a run needs to know before it begins.
pub struct Plan {
    pub who: Principal,
    pub question: MessageId,
    pub answer: MessageId,
    /// The conversation so far, oldest first; the last message is the question.
    pub line: Vec<Message>,
    pub ask: Ask,
    pub model: Chosen,
    /// What is there already of an answer that is gone on with, and the number of its last event.
    pub so_far: String,
    pub after: Seq,
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
    let text = plan.so_far.clone();
    let mut draft = Draft { core, runs, plan, handle, text, pieces: 0, started: Instant::now() };
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
    metrics::run_ended(status, draft.pieces);
    Ending {
        status,
        error,
        citations,
        token_count: Some(draft.pieces),
        inference_time_ms: u32::try_from(draft.started.elapsed().as_millis()).ok(),
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

struct Draft<'a> {
    core: &'a Core,
    runs: &'a Runs,
    plan: &'a Plan,
    handle: &'a RunHandle,
    text: String,
    pieces: u32,
    started: Instant,
}

impl Draft<'_> {
    async fn write(&mut self) -> Result<Vec<Citation>> {
        let plan = self.plan;
        let question = plan.line.last().map(|message| message.content.clone()).unwrap_or_default();
        let scope = &plan.ask.scope;
        let attached = Attached::to(self.core, &plan.line, plan.model.offer.takes_images).await?;
        // whoever sends a file wants an answer even where no book has one
        let may_go_without = *scope == Scope::BooksOrModel || attached.says_something();
        if *scope == Scope::Nothing {
            return self.without_books(&question, &attached).await;
        }
        let library = self.core.library();
        let books = library.ready(&plan.who, scope).await?;
        if books.is_empty() {
            if may_go_without {
                return self.without_books(&question, &attached).await;
            }
            self.say(NO_BOOK).await;
            return Ok(Vec::new());
        }
        let hits = library.search(&question, &books).await?;
        if hits.is_empty() {
            if may_go_without {
                return self.without_books(&question, &attached).await;
            }
            self.say(&nothing_found(&books.iter().map(|book| book.title.as_str()).collect::<Vec<_>>())).await;
            return Ok(Vec::new());
        }
        self.from_books(&question, &hits, &attached).await
    }

    async fn from_books(&mut self, question: &str, hits: &[Hit], attached: &Attached) -> Result<Vec<Citation>> {
        let plan = self.plan;
        let sources: Vec<Passage> = hits.iter().map(|hit| hit.quote(question)).collect();
        self.send(Change::Sources(sources.clone())).await;
        let material: Vec<Material<'_>> = hits
            .iter()
            .zip(&sources)
            .map(|(hit, source)| Material {
                title: &hit.book_title,
                page: hit.page,
                text: &hit.text,
                quote: &source.quote,
            })
            .collect();
        let passages = prompt::listed(&material).chars().count() / CHARACTERS_PER_TOKEN;
        let history = self.history(passages + attached.tokens()).await?;
        let instructions = self.core.topics().instructions(&plan.who, &plan.ask.scope).await?;
        let turns = match plan.model.offer.reading {
            Reading::OnePassage => {
                let sent = self.quotes(question, attached).await;
                let best = sent.iter().take(1).map(Material::sent).chain(material).collect::<Vec<_>>();
                prompt::grounded(history, &best, Reading::OnePassage, &instructions)
            }
            Reading::Many => {
                let turns = prompt::grounded(history, &material, Reading::Many, &instructions);
                prompt::with_attachments(turns, attached)
            }
        };
        self.generate(turns, TEMPERATURE_GROUNDED, true).await?;
        cite(self.core, &self.text, hits, attached).await
    }

    /// The model alone, or from what was sent along.
    async fn without_books(&mut self, question: &str, attached: &Attached) -> Result<Vec<Citation>> {
        let small = self.plan.model.offer.reading == Reading::OnePassage;
        if small && !attached.documents.is_empty() {
            let sent = self.quotes(question, attached).await;
            let material: Vec<Material<'_>> = sent.iter().map(Material::sent).collect();
            let history = self.history(0).await?;
            let turns = prompt::grounded(history, &material, Reading::OnePassage, "");
            self.generate(turns, TEMPERATURE_GROUNDED, true).await?;
            return Ok(Vec::new());
        }
        let history = self.history(attached.tokens()).await?;
        let turns = prompt::with_attachments(prompt::plain(history), attached);
        self.generate(turns, TEMPERATURE_PLAIN, false).await?;
        Ok(Vec::new())
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
            (usize::MAX, settings.max_tokens.max(WHOLE_HISTORY))
        } else {
            (settings.max_history, settings.max_tokens)
        };
        let budget = Budget { messages, tokens: tokens.saturating_sub(spent) };
        let Window { turns, from } = history::window(self.core, &self.plan.line, &self.plan.model, budget).await?;
        if let Some(from) = from {
            self.send(Change::Window(from)).await;
        }
        Ok(turns)
    }

    async fn generate(&mut self, turns: Vec<Turn>, temperature: f32, grounded: bool) -> Result<()> {
        let Chosen { provider, offer } = &self.plan.model;
        let small = grounded && offer.reading == Reading::OnePassage;
        let sampling = self.plan.ask.sampling;
        let max_tokens = sampling.max_tokens.unwrap_or(if small { MAX_NEW_TOKENS_SMALL } else { MAX_NEW_TOKENS });
        let temperature = sampling.temperature.unwrap_or(temperature);
        let turns = prompt::going_on(turns, &self.plan.so_far);
        let _turn = self.turn().await;
        let request = Request { model: offer.name.clone(), turns, max_tokens, temperature, top_k: sampling.top_k };
        let mut pieces = begin(&**provider, &request).await?;
        let mut markers = MarkerFilter::default();
        while let Some(piece) = pieces.next().await {
            let piece = piece?;
            if self.pieces == 0 {
                metrics::first_token(self.started.elapsed());
            }
            self.pieces += 1;
            self.say(&if grounded { markers.pass(&piece) } else { piece }).await;
        }
        self.say(&markers.finish()).await;
        if self.text.trim().is_empty() {
            return Err(Error::Upstream(
                "The model ended without writing anything. Try again, or choose another model.".into(),
            ));
        }
        Ok(())
    }

    /// Waits for a turn at a model that serves a bounded number at once, and says how many go first.
    async fn turn(&self) -> Option<Ticket> {
        let mut ticket = self.plan.model.provider.queue()?.enter(self.plan.who.id);
        let mut place = ticket.place();
        while let Some(waiting) = place {
            self.send(Change::Said(Frame::Waiting { waiting })).await;
            place = ticket.moved().await;
        }
        Some(ticket)
    }

    async fn say(&mut self, text: &str) {
        // no database stores it as text, and no reader misses it
        let text = text.replace('\0', "");
        if !text.is_empty() {
            self.text.push_str(&text);
            self.send(Change::Text(text)).await;
        }
    }

    async fn send(&self, change: Change) {
        self.runs.writer.send(self.plan.answer, &self.handle.cancel, change).await;
    }
}

/// Begins to generate, again after a short while where the model server is away or overloaded: as long as there is no
/// first piece, nobody can tell the difference.
async fn begin(provider: &dyn Provider, request: &Request) -> Result<BoxStream<'static, Result<String>>> {
    let attempt = || {
        async {
            let mut pieces = provider.generate(request.clone()).await?;
            let first = match pieces.next().await {
                Some(Err(fault)) => return Err(fault),
                first => first,
            };
            Ok(stream::iter(first).chain(pieces).boxed())
        }
        .instrument(info_span!("first piece", model = request.model))
    };
    attempt
        .retry(ExponentialBuilder::default().with_min_delay(FIRST_PAUSE).with_max_times(RETRIES).with_jitter())
        .when(|fault| matches!(fault, Error::Unavailable(_) | Error::Overloaded(_)))
        .notify(|fault, pause| tracing::info!(%fault, ?pause, "a model is asked again"))
        .await
}

const NO_BOOK: &str = "No book is ready to answer from yet. Add one in the Library and wait until it is ready, \
    or choose “No books (plain chat)” under Sources and ask again.";

fn nothing_found(titles: &[&str]) -> String {
    let searched = match titles {
        [only] => format!("“{only}”"),
        several => format!("{} books", several.len()),
    };
    format!("I could not find relevant information about this in the uploaded books. I searched {searched}.")
}

impl Hit {
    /// The place on the page of `span`, which counts within this passage.
    pub fn passage(&self, span: Span) -> Passage {
        Passage {
            book_id: self.book_id,
            book_title: self.book_title.clone(),
            page: self.page,
            label: self.label.clone(),
            span: Span { start: self.span.start + span.start, end: self.span.start + span.end },
            quote: slice(&self.text, span).to_owned(),
        }
    }

    /// The part of this passage that says most about the question.
    pub fn quote(&self, question: &str) -> Passage {
        self.passage(folio_grounding::best_quote(question, &self.text))
    }
}
