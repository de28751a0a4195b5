//! One model's writing: its turn, its pieces, what is taken out of them, and where they go.

use super::markers::MarkerFilter;
use super::stops::Stops;
use super::writer::Change;
use crate::chats::Sampling;
use crate::error::{Error, Result};
use crate::llm::{Chosen, Function, Piece, Provider, Reading, Request, Ticket, Turn, Want};
use crate::metrics;
use backon::{ExponentialBuilder, Retryable};
use folio_types::{Frame, UserId};
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tracing::{Instrument, info_span};

const MAX_NEW_TOKENS: u32 = 1024;
/// A small model that has read a few sentences has nothing to say beyond one or two.
const MAX_NEW_TOKENS_SMALL: u32 = 96;
/// Greedy: an answer from sources should be the most likely one, and the same each time.
const TEMPERATURE_GROUNDED: f32 = 0.0;
const TEMPERATURE_PLAIN: f32 = 0.6;
/// How often a model is asked again before its first piece, and how long after.
const RETRIES: usize = 2;
const FIRST_PAUSE: Duration = Duration::from_millis(300);

/// What is written on, as somebody reads along.
pub trait Paper {
    fn take(&self, change: Change) -> impl Future<Output = ()> + Send;
}

pub struct Pen<'a, P> {
    pub who: UserId,
    pub model: &'a Chosen,
    pub sampling: Sampling,
    /// What the model may ask for.
    pub functions: Arc<[Function]>,
    pub stops: Stops,
    pub paper: P,
    /// All that was written.
    pub text: String,
    pub pieces: u32,
}

/// Whether a model reads passages, whose wording it should keep to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    Books,
    Itself,
}

/// Why a model wrote no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finish {
    /// It had said all, or what it was told to stop at.
    Said,
    /// The answer is as long as it may be.
    Cut,
    /// It waits for what it asked for.
    Wants(Vec<Want>),
}

impl<P: Paper + Sync> Pen<'_, P> {
    /// Writes the answer to `turns`.
    pub async fn generate(&mut self, turns: Vec<Turn>, from: From) -> Result<Finish> {
        let Chosen { provider, .. } = self.model;
        let _turn = self.turn().await;
        let asked = Instant::now();
        let mut pieces = begin(&**provider, &self.request(turns, from)).await?;
        let mut markers = MarkerFilter::default();
        while let Some(piece) = pieces.next().await {
            let Piece { text, is_cut, wants } = piece?;
            if !text.is_empty() {
                if self.pieces == 0 {
                    metrics::first_token(asked.elapsed());
                }
                metrics::token();
                self.pieces += 1;
            }
            let text = if from == From::Books { markers.pass(&text) } else { text };
            let shown = self.stops.pass(&text);
            self.say(&shown).await;
            if self.stops.is_over() {
                return Ok(Finish::Said);
            }
            if is_cut || !wants.is_empty() {
                self.end(markers).await;
                return Ok(if is_cut { Finish::Cut } else { Finish::Wants(wants) });
            }
        }
        self.end(markers).await;
        Ok(Finish::Said)
    }

    /// Fails where nothing was written.
    pub fn written(&self) -> Result<()> {
        if self.text.trim().is_empty() {
            return Err(Error::Upstream(
                "The model ended without writing anything. Try again, or choose another model.".into(),
            ));
        }
        Ok(())
    }

    pub async fn say(&mut self, text: &str) {
        // no database stores it as text, and no reader misses it
        let text = text.replace('\0', "");
        if !text.is_empty() {
            self.text.push_str(&text);
            self.paper.take(Change::Text(text)).await;
        }
    }

    /// What was held back while it could have become something else.
    async fn end(&mut self, mut markers: MarkerFilter) {
        let shown = self.stops.pass(&markers.finish()) + &self.stops.finish();
        self.say(&shown).await;
    }

    fn request(&self, turns: Vec<Turn>, from: From) -> Request {
        let offer = &self.model.offer;
        let (temperature, max_tokens) = match (from, offer.reading) {
            (From::Books, Reading::OnePassage) => (TEMPERATURE_GROUNDED, MAX_NEW_TOKENS_SMALL),
            (From::Books, Reading::Many) => (TEMPERATURE_GROUNDED, MAX_NEW_TOKENS),
            (From::Itself, _) => (TEMPERATURE_PLAIN, MAX_NEW_TOKENS),
        };
        Request {
            model: offer.name.clone(),
            turns,
            max_tokens: self.sampling.max_tokens.unwrap_or(max_tokens),
            temperature: self.sampling.temperature.unwrap_or(temperature),
            top_k: self.sampling.top_k,
            functions: Arc::clone(&self.functions),
        }
    }

    /// Waits for a turn at a model that serves a bounded number at once, and says how many go first.
    async fn turn(&self) -> Option<Ticket> {
        let mut ticket = self.model.provider.queue()?.enter(self.who);
        let mut place = ticket.place();
        let must_wait = place.is_some();
        while let Some(waiting) = place {
            self.paper.take(Change::Said(Frame::Waiting { waiting })).await;
            place = ticket.moved().await;
        }
        if must_wait {
            self.paper.take(Change::Said(Frame::Turn { turn: true })).await;
        }
        Some(ticket)
    }
}

/// Begins to generate, again after a short while where the model server is away or overloaded: as long as there is no
/// first piece, nobody can tell the difference.
async fn begin(provider: &dyn Provider, request: &Request) -> Result<BoxStream<'static, Result<Piece>>> {
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
