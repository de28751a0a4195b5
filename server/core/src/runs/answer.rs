//! One answer: search, say what was found, let the model write, attribute each sentence.

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
use crate::llm::{CHARACTERS_PER_TOKEN, Chosen, Embedder, Provider, Reading, Request, Ticket, Turn};
use crate::metrics;
use backon::{ExponentialBuilder, Retryable};
use folio_grounding::{Candidate, attribute, slice};
use folio_types::{Citation, Frame, Message, MessageId, MessageStatus, Passage, Scope, Span};
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use std::cell::RefCell;
use std::collections::HashMap;
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tracing::{Instrument, info_span};

const MAX_NEW_TOKENS: u32 = 1024;
/// A small model that has read a few sentences has nothing to say beyond one or two.
const MAX_NEW_TOKENS_SMALL: u32 = 96;
/// Greedy: an answer from sources should be the most likely one, and the same each time.
const TEMPERATURE_GROUNDED: f32 = 0.0;
const TEMPERATURE_PLAIN: f32 = 0.6;
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
        if *scope == Scope::Nothing {
            return self.model_alone().await;
        }
        let library = self.core.library();
        let books = library.ready(&plan.who, scope).await?;
        if books.is_empty() {
            if *scope == Scope::BooksOrModel {
                return self.model_alone().await;
            }
            self.say(NO_BOOK).await;
            return Ok(Vec::new());
        }
        let hits = library.search(&question, &books).await?;
        if hits.is_empty() {
            if *scope == Scope::BooksOrModel {
                return self.model_alone().await;
            }
            self.say(&nothing_found(&books.iter().map(|book| book.title.as_str()).collect::<Vec<_>>())).await;
            return Ok(Vec::new());
        }
        let sources: Vec<Passage> = hits.iter().map(|hit| hit.quote(&question)).collect();
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
        let history = self.history(prompt::listed(&material).chars().count() / CHARACTERS_PER_TOKEN).await?;
        let instructions = self.core.topics().instructions(&plan.who, scope).await?;
        let turns = prompt::grounded(history, &material, plan.model.offer.reading, &instructions);
        self.generate(turns, TEMPERATURE_GROUNDED, true).await?;
        cite(self.core, &self.text, &hits).await
    }

    async fn model_alone(&mut self) -> Result<Vec<Citation>> {
        let history = self.history(0).await?;
        self.generate(prompt::plain(history), TEMPERATURE_PLAIN, false).await?;
        Ok(Vec::new())
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

/// Which passage supports each sentence of the answer, by Folio's own comparison.
async fn cite(core: &Core, answer: &str, hits: &[Hit]) -> Result<Vec<Citation>> {
    let candidates: Vec<Candidate> =
        hits.iter().enumerate().map(|(at, hit)| Candidate { passage_index: at, text: hit.text.clone() }).collect();
    let supports = {
        let answer = answer.to_owned();
        let similarity = Similarity::new(core.embedder().clone());
        tokio::task::spawn_blocking(move || attribute(&answer, &candidates, &|a, b| similarity.of(a, b)))
            .await
            .map_err(Error::internal)?
    };
    Ok(supports
        .into_iter()
        .map(|support| Citation {
            sentence: support.sentence,
            passage: support.found.map(|found| hits[found.passage_index].passage(found.span)),
        })
        .collect())
}

/// Cosines from the sentence model, computed when the comparison of words leaves a doubt.
struct Similarity {
    embedder: Embedder,
    runtime: Handle,
    known: RefCell<HashMap<String, Vec<f32>>>,
}

impl Similarity {
    fn new(embedder: Embedder) -> Self {
        Self { embedder, runtime: Handle::current(), known: RefCell::default() }
    }

    /// Blocks; none when the model is not there, and then words alone decide.
    fn of(&self, a: &str, b: &str) -> Option<f32> {
        let (a, b) = (self.vector(a)?, self.vector(b)?);
        Some(a.iter().zip(&b).map(|(x, y)| x * y).sum())
    }

    fn vector(&self, text: &str) -> Option<Vec<f32>> {
        if let Some(known) = self.known.borrow().get(text) {
            return Some(known.clone());
        }
        let vector = self.runtime.block_on(self.embedder.encode(vec![text.to_owned()])).ok()?.pop()?;
        self.known.borrow_mut().insert(text.to_owned(), vector.clone());
        Some(vector)
    }
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
