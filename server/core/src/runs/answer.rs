//! One answer: search, say what was found, let the model write, attribute each sentence.

use super::markers::MarkerFilter;
use super::prompt::{self, Material};
use super::writer::{Change, Ending};
use super::{Halt, RunHandle, Runs};
use crate::Core;
use crate::accounts::Principal;
use crate::error::{Error, Result};
use crate::library::Hit;
use crate::llm::{Chosen, Embedder, Reading, Request, Turn};
use folio_grounding::{Candidate, attribute, slice};
use folio_types::{Citation, MessageId, MessageStatus, Passage, Scope, Span};
use futures::StreamExt;
use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Instant;
use tokio::runtime::Handle;

const MAX_NEW_TOKENS: u32 = 1024;
/// A small model that has read a few sentences has nothing to say beyond one or two.
const MAX_NEW_TOKENS_SMALL: u32 = 96;
/// Greedy: an answer from sources should be the most likely one, and the same each time.
const TEMPERATURE_GROUNDED: f32 = 0.0;
const TEMPERATURE_PLAIN: f32 = 0.6;

/// Everything a run needs to know before it begins.
pub struct Plan {
    pub who: Principal,
    pub question: MessageId,
    pub answer: MessageId,
    /// The conversation so far, oldest first; the last turn is the question.
    pub history: Vec<Turn>,
    pub scope: Scope,
    pub model: Chosen,
}

/// Writes the answer and says how it ended. Every way out is an ending; none leaves the message streaming.
pub(super) async fn write(core: &Core, runs: &Runs, plan: &Plan, handle: &RunHandle) -> Ending {
    let mut draft = Draft { runs, plan, handle, text: String::new(), pieces: 0, started: Instant::now() };
    let written = tokio::select! {
        written = draft.write(core) => written,
        () = handle.cancel.cancelled() => Ok(Vec::new()),
    };
    let (status, error, citations) = match (handle.why(), written) {
        (Some(Halt::Asked), _) => (MessageStatus::Interrupted, None, Vec::new()),
        (Some(Halt::Shutdown), _) => {
            let words = "Folio was stopped while this was being written. Ask again to get a whole answer.";
            (MessageStatus::Interrupted, Some((words.to_owned(), 503)), Vec::new())
        }
        (None, Ok(citations)) => (MessageStatus::Complete, None, citations),
        (None, Err(fault)) => (MessageStatus::Failed, Some(explained(&fault)), Vec::new()),
    };
    Ending {
        status,
        error,
        citations,
        token_count: Some(draft.pieces),
        inference_time_ms: u32::try_from(draft.started.elapsed().as_millis()).ok(),
    }
}

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
    runs: &'a Runs,
    plan: &'a Plan,
    handle: &'a RunHandle,
    text: String,
    pieces: u32,
    started: Instant,
}

impl Draft<'_> {
    async fn write(&mut self, core: &Core) -> Result<Vec<Citation>> {
        let question = self.plan.history.last().map(|turn| turn.content.clone()).unwrap_or_default();
        if self.plan.scope == Scope::Nothing {
            let turns = prompt::plain(self.plan.history.clone(), core.settings().max_tokens);
            self.generate(turns, TEMPERATURE_PLAIN, false).await?;
            return Ok(Vec::new());
        }
        let library = core.library();
        let books = library.ready(&self.plan.who, &self.plan.scope).await?;
        if books.is_empty() {
            self.say(NO_BOOK).await;
            return Ok(Vec::new());
        }
        let hits = library.search(&question, &books).await?;
        if hits.is_empty() {
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
        let reading = self.plan.model.offer.reading;
        let turns = prompt::grounded(self.plan.history.clone(), &material, reading, core.settings().max_tokens);
        self.generate(turns, TEMPERATURE_GROUNDED, true).await?;
        cite(core, &self.text, &hits).await
    }

    async fn generate(&mut self, turns: Vec<Turn>, temperature: f32, grounded: bool) -> Result<()> {
        let Chosen { provider, offer } = &self.plan.model;
        let small = grounded && offer.reading == Reading::OnePassage;
        let max_tokens = if small { MAX_NEW_TOKENS_SMALL } else { MAX_NEW_TOKENS };
        let request = Request { model: offer.tag.clone(), turns, max_tokens, temperature };
        let mut pieces = provider.generate(request).await?;
        let mut markers = MarkerFilter::default();
        while let Some(piece) = pieces.next().await {
            self.pieces += 1;
            let piece = piece?;
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

    async fn say(&mut self, text: &str) {
        if !text.is_empty() {
            self.text.push_str(text);
            self.send(Change::Text(text.to_owned())).await;
        }
    }

    async fn send(&self, change: Change) {
        self.runs.text().send(self.plan.answer, &self.handle.cancel, change).await;
    }
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
