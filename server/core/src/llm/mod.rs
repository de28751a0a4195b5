//! Models that write: one port, several providers.

mod embedder;
mod local;
mod openai;
mod queue;
#[cfg(any(test, feature = "testing"))]
pub(crate) mod scripted;

pub use embedder::Embedder;
pub use local::Local;
pub use openai::OpenAi;
pub use queue::{Queue, Ticket};

use crate::Core;
use crate::accounts::Principal;
use crate::error::{Error, Result};
use async_trait::async_trait;
use folio_types::{Model, Speaker};
use futures::stream::BoxStream;
use std::sync::Arc;

/// A server or a library that turns a conversation into text.
#[async_trait]
pub trait Provider: Send + Sync {
    /// Where it runs, for people: `embedded`, or a host.
    fn source(&self) -> &str;

    /// The models it can write with now.
    async fn models(&self) -> Result<Vec<Offer>>;

    /// How many tokens each text has for this model, or about.
    async fn count_tokens(&self, _model: &str, texts: &[&str]) -> Vec<usize> {
        texts.iter().map(|text| text.chars().count().div_ceil(CHARACTERS_PER_TOKEN)).collect()
    }

    /// Where to wait for a turn, if it serves a bounded number at once.
    fn queue(&self) -> Option<&Queue> {
        None
    }

    /// Begins to write. Dropping the stream stops the work and closes what is open for it.
    async fn generate(&self, request: Request) -> Result<BoxStream<'static, Result<String>>>;
}

/// Characters for one token where the model's tokenizer is not at hand; English text has about four.
pub const CHARACTERS_PER_TOKEN: usize = 4;

/// A model that a provider offers.
#[derive(Clone, Debug)]
pub struct Offer {
    pub tag: String,
    pub loaded: bool,
    pub reading: Reading,
}

/// How much a model can make use of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// A very small model: one short passage and the question; more makes it invent.
    OnePassage,
    /// Several passages and the conversation so far.
    Many,
}

#[derive(Clone, Debug)]
pub struct Turn {
    pub speaker: Speaker,
    pub content: String,
}

#[derive(Clone, Debug)]
pub struct Request {
    pub model: String,
    pub turns: Vec<Turn>,
    pub max_tokens: u32,
    pub temperature: f32,
    /// Chooses among this many likeliest tokens only; 0 among all, and none as the model's server does.
    pub top_k: Option<u32>,
}

/// A model and who runs it.
#[derive(Clone)]
pub struct Chosen {
    pub provider: Arc<dyn Provider>,
    pub offer: Offer,
}

pub struct Models<'a>(pub(crate) &'a Core);

impl Models<'_> {
    /// Every model of every provider that answers, the default first among equals.
    pub async fn list(&self, _who: &Principal) -> Result<Vec<Model>> {
        let offers = self.offers().await;
        let default = default_of(&offers).map(|chosen| chosen.offer.tag.clone());
        Ok(offers
            .into_iter()
            .map(|Chosen { provider, offer }| Model {
                is_default: Some(&offer.tag) == default.as_ref(),
                source: provider.source().to_owned(),
                tag: offer.tag,
                loaded: offer.loaded,
            })
            .collect())
    }

    /// The model with this tag, or the default one.
    pub async fn choose(&self, tag: Option<&str>) -> Result<Chosen> {
        let offers = self.offers().await;
        match tag {
            Some(tag) => offers.into_iter().find(|chosen| chosen.offer.tag == tag).ok_or_else(|| {
                Error::invalid("model", format!("The model “{tag}” is not available now. Choose another one."))
            }),
            None => default_of(&offers).cloned().ok_or_else(|| {
                Error::Unavailable("No model is available. Run “make setup”, or set OPENAI_BASE_URL.".into())
            }),
        }
    }

    async fn offers(&self) -> Vec<Chosen> {
        let asked = self.0.providers().iter().map(|provider| async move { (provider, provider.models().await) });
        let mut all = Vec::new();
        for (provider, offers) in futures::future::join_all(asked).await {
            match offers {
                Ok(offers) => {
                    all.extend(offers.into_iter().map(|offer| Chosen { provider: Arc::clone(provider), offer }));
                }
                Err(fault) => {
                    tracing::warn!(source = provider.source(), %fault, "a provider does not list its models");
                }
            }
        }
        all
    }
}

/// A configured endpoint is there because someone wants it used, so its first model goes before the embedded one.
fn default_of(offers: &[Chosen]) -> Option<&Chosen> {
    offers.iter().find(|chosen| chosen.offer.reading == Reading::Many).or_else(|| offers.first())
}
