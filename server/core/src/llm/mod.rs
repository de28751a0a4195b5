//! Models that write: one port, several providers.

mod catalog;
mod embedder;
mod inference;
mod listed;
mod loaded;
mod local;
mod openai;
pub mod providers;
mod queue;
mod remote;
#[cfg(any(test, feature = "testing"))]
pub(crate) mod scripted;

pub use catalog::Catalog;
pub use embedder::{Embedder, SENTENCE_MODEL};
pub use inference::Inference;
pub use listed::Listed;
pub use local::{EMBEDDED, Local};
pub use openai::{OpenAi, Takes};
pub use queue::{Queue, Ticket};
pub use remote::guard::AllowList;
pub(crate) use remote::guarded_client;
pub use remote::{Credential, Diagnosis, Finding, Remote};

use crate::Core;
use crate::accounts::Principal;
use crate::error::{Error, Result};
use crate::stored;
use async_trait::async_trait;
use catalog::{Entry, Survey, qualified};
use folio_types::{Model, Role, Speaker, UserId};
use futures::TryStreamExt;
use futures::stream::BoxStream;
use serde_json::Value;
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

    /// Makes this model the one that a server with one at a time writes with. Nothing to do for others.
    async fn swap(&self, _model: &str) -> Result<()> {
        Ok(())
    }

    /// Begins to write. Dropping the stream stops the work and closes what is open for it.
    async fn generate(&self, request: Request) -> Result<BoxStream<'static, Result<Piece>>>;
}

/// Characters for one token where the model's tokenizer is not at hand; English text has about four.
pub const CHARACTERS_PER_TOKEN: usize = 4;

/// A model that a provider offers.
#[derive(Clone, Debug)]
pub struct Offer {
    /// What the provider calls it.
    pub name: String,
    /// What callers call it: the name, or another one where a model of another provider has the same.
    pub tag: String,
    /// Where its provider has it: a file, or the name once more.
    pub path: String,
    pub loaded: bool,
    /// Whether it can only write after [`Provider::swap`].
    pub needs_swap: bool,
    pub reading: Reading,
    /// What it takes beside text.
    pub takes: Takes,
}

impl Offer {
    pub fn new(name: impl Into<String>, loaded: bool, reading: Reading) -> Self {
        let name = name.into();
        Self {
            tag: name.clone(),
            path: name.clone(),
            name,
            loaded,
            needs_swap: false,
            reading,
            takes: Takes::default(),
        }
    }

    /// The same, for a model that takes more than text.
    #[must_use]
    pub fn taking(self, takes: Takes) -> Self {
        Self { takes, ..self }
    }
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
    /// For models that take them.
    pub pictures: Vec<Picture>,
    /// What the model asked for at the end of it.
    pub wants: Vec<Want>,
    /// The id of what the model asked for and gets here, in which case nobody speaks.
    pub answers: Option<String>,
}

/// Something that a model may ask for while it writes.
#[derive(Clone, Debug, PartialEq)]
pub struct Function {
    /// Letters, digits, `_` and `-`, 64 at most.
    pub name: String,
    pub description: String,
    /// A JSON schema of an object.
    pub parameters: Value,
}

/// What a model asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Want {
    /// What the model calls this request.
    pub id: String,
    /// A function's name, if the model did not make it up.
    pub name: String,
    /// A JSON object, if the model did not get it wrong.
    pub arguments: String,
}

/// A picture as a model gets it.
#[derive(Clone)]
pub struct Picture {
    pub media_type: &'static str,
    pub bytes: Arc<[u8]>,
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} of {} bytes", self.media_type, self.bytes.len())
    }
}

impl Turn {
    pub fn new(speaker: Speaker, content: impl Into<String>) -> Self {
        Self { speaker, content: content.into(), pictures: Vec::new(), wants: Vec::new(), answers: None }
    }

    /// What a model said, and what it asked for then.
    pub fn wanting(content: impl Into<String>, wants: Vec<Want>) -> Self {
        Self { wants, ..Self::new(Speaker::Assistant, content) }
    }

    /// What came of a request of the model's.
    pub fn answering(id: impl Into<String>, content: impl Into<String>) -> Self {
        Self { answers: Some(id.into()), ..Self::new(Speaker::User, content) }
    }
}

/// Some text of an answer, and how the answer ends, if it ends with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Piece {
    pub text: String,
    /// [`Request::max_tokens`], or what the model can hold, is used up.
    pub is_cut: bool,
    /// What the model waits for before it goes on.
    pub wants: Vec<Want>,
}

impl From<String> for Piece {
    fn from(text: String) -> Self {
        Self { text, ..Self::default() }
    }
}

#[derive(Clone, Debug)]
pub struct Request {
    /// The provider's own name of it.
    pub model: String,
    pub turns: Vec<Turn>,
    pub max_tokens: u32,
    pub temperature: f32,
    /// Chooses among this many likeliest tokens only; 0 among all, and none as the model's server does.
    pub top_k: Option<u32>,
    /// What the model may ask for; empty for one that [takes no tools](Takes::tools).
    pub functions: Arc<[Function]>,
}

/// A model and who runs it.
#[derive(Clone)]
pub struct Chosen {
    pub provider: Arc<dyn Provider>,
    pub offer: Offer,
}

impl Chosen {
    /// All that the model writes, for somebody who does not read along; it waits for its turn.
    pub async fn write(&self, who: UserId, request: Request) -> Result<Piece> {
        let mut turn = self.provider.queue().map(|queue| queue.enter(who));
        while let Some(waiting) = turn.as_mut().filter(|turn| turn.place().is_some()) {
            waiting.moved().await;
        }
        let pieces = self.provider.generate(request).await?;
        let joined = |mut all: Piece, piece: Piece| async move {
            all.text.push_str(&piece.text);
            all.is_cut |= piece.is_cut;
            all.wants.extend(piece.wants);
            Ok(all)
        };
        pieces.try_fold(Piece::default(), joined).await
    }
}

pub struct Models<'a>(pub(crate) &'a Core);

/// What the program keeps of the administrator's choice.
const DEFAULT: &str = "default_model";

/// A model as programs are told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    pub model: Model,
    /// Where its provider has it.
    pub path: String,
    /// Whether everyone may use it.
    pub common: bool,
}

impl Models<'_> {
    /// Every model that the caller may use, of every provider that answers.
    pub async fn list(&self, who: &Principal) -> Result<Vec<Model>> {
        Ok(self.describe(who).await?.into_iter().map(|described| described.model).collect())
    }

    /// As [`Models::list`], with more about each.
    pub async fn describe(&self, who: &Principal) -> Result<Vec<Described>> {
        let survey = self.survey(who).await?;
        let default = self.default_of(&survey).await.ok().map(|entry| entry.offer.tag.clone());
        let described = survey.entries.into_iter().map(|Entry { offer, source, common, .. }| Described {
            model: Model {
                is_default: Some(&offer.tag) == default.as_ref(),
                tag: offer.tag,
                source,
                loaded: offer.loaded,
            },
            path: offer.path,
            common,
        });
        Ok(described.collect())
    }

    /// The caller's model with this tag; none where there is none, and an error where it may be one that is away.
    pub async fn find(&self, who: &Principal, tag: &str) -> Result<Option<Chosen>> {
        let survey = self.survey(who).await?;
        match survey.find(tag) {
            Some(entry) => entry.chosen().map(Some),
            None if survey.away.is_empty() => Ok(None),
            None => Err(survey.missing(tag)),
        }
    }

    /// The caller's model with this tag, or the default one.
    pub async fn choose(&self, who: &Principal, tag: Option<&str>) -> Result<Chosen> {
        let survey = self.survey(who).await?;
        let entry = match tag {
            Some(tag) => survey.find(tag).ok_or_else(|| survey.missing(tag))?,
            None => self.default_of(&survey).await?,
        };
        entry.chosen()
    }

    /// Makes another model the one that everyone's answers use when nothing else is chosen. Says its tag.
    pub async fn swap(&self, who: &Principal, tag: &str) -> Result<String> {
        if who.role < Role::Admin {
            return Err(Error::Denied("Only an administrator can change the default model.".into()));
        }
        let survey = self.survey(who).await?;
        let Some(entry) = survey.find(tag) else {
            return Err(if survey.away.is_empty() { Error::NotFound("Model") } else { survey.missing(tag) });
        };
        if !entry.common {
            return Err(Error::invalid("model_tag", "Only a model that everyone may use can be the default."));
        }
        entry.provider.swap(&entry.offer.name).await?;
        let tag = &entry.offer.tag;
        stored::write(self.0.db(), DEFAULT, tag).await?;
        tracing::info!(user_id = %who.id, model = tag, "the default model is another one");
        Ok(tag.clone())
    }

    async fn survey(&self, who: &Principal) -> Result<Survey> {
        self.0.catalog().survey(self.0.db(), who).await
    }

    /// What an administrator chose; else a configured model server's first model before the embedded one, as someone
    /// wants it used.
    async fn default_of<'s>(&self, survey: &'s Survey) -> Result<&'s Entry> {
        let chosen = stored::read(self.0.db(), DEFAULT).await?;
        let mut common = survey.entries.iter().filter(|entry| entry.common);
        if let Some(tag) = chosen {
            match common.clone().find(|entry| entry.offer.tag == tag) {
                Some(entry) => return Ok(entry),
                // nobody's question should go to another model because one is away for a moment
                None if !survey.away.is_empty() => return Err(survey.missing(&tag)),
                None => {}
            }
        }
        let ready = common.clone().filter(|entry| !entry.offer.needs_swap);
        let best = ready.clone().find(|entry| entry.offer.reading == Reading::Many).or_else(|| ready.clone().next());
        best.or_else(|| common.next()).ok_or_else(|| {
            Error::Unavailable("No model is available. Run “make setup”, or set OPENAI_BASE_URL.".into())
        })
    }
}

impl Entry {
    fn chosen(&self) -> Result<Chosen> {
        if self.offer.needs_swap {
            let message = format!(
                "“{}” is not loaded at {}. An administrator can switch to it; choose another one meanwhile.",
                self.offer.tag, self.source
            );
            return Err(Error::invalid("model", message));
        }
        Ok(Chosen { provider: Arc::clone(&self.provider), offer: self.offer.clone() })
    }
}

impl Survey {
    fn find(&self, tag: &str) -> Option<&Entry> {
        let exact = self.entries.iter().find(|entry| entry.offer.tag == tag);
        exact.or_else(|| self.entries.iter().find(|entry| qualified(&entry.source, &entry.offer.name) == tag))
    }

    /// Why there is no model with this tag.
    fn missing(&self, tag: &str) -> Error {
        match self.away.first() {
            Some(fault) => Error::Unavailable(format!("The model “{tag}” is not available now. {fault}")),
            None => Error::invalid("model", format!("There is no model “{tag}”. Choose another one.")),
        }
    }
}
