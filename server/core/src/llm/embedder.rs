//! The sentence model behind an async door: loaded when first needed, never on the async threads.

use crate::error::{Error, Result};
use folio_models::{Encoder, Measured};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::{OnceCell, Semaphore};

/// What callers call the sentence model, and its folder beside the other models.
pub const SENTENCE_MODEL: &str = "all-minilm-l6-v2";

#[derive(Clone)]
pub struct Embedder {
    folder: PathBuf,
    encoder: Arc<OnceCell<Arc<Encoder>>>,
    /// Calls for many texts, as indexing makes them.
    batches: Arc<Semaphore>,
    /// Calls for one text: a question must not wait for a whole batch to end.
    questions: Arc<Semaphore>,
}

impl Embedder {
    pub fn new(folder: PathBuf) -> Self {
        let threads = Self::parallelism();
        Self {
            folder,
            encoder: Arc::new(OnceCell::new()),
            batches: Arc::new(Semaphore::new(threads)),
            questions: Arc::new(Semaphore::new(threads)),
        }
    }

    /// How many calls may be computed at the same time.
    pub fn parallelism() -> usize {
        std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
    }

    /// A unit vector of [`Encoder::DIMS`] numbers for each text, in order.
    pub async fn encode(&self, texts: Vec<String>) -> Result<Vec<Vec<f32>>> {
        if texts.is_empty() {
            return Ok(Vec::new());
        }
        let turns = if texts.len() == 1 { &self.questions } else { &self.batches };
        let _turn = turns.acquire().await.map_err(Error::internal)?;
        let encoder = self.encoder().await?;
        tokio::task::spawn_blocking(move || {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            encoder.encode(&texts)
        })
        .await
        .map_err(Error::internal)?
        .map_err(Error::internal)
    }

    /// How long each text is for the model, in order.
    pub async fn measure(&self, texts: Vec<String>) -> Result<Vec<Measured>> {
        let encoder = self.encoder().await?;
        let measure = move || texts.iter().map(|text| encoder.measure(text)).collect::<Result<Vec<_>, _>>();
        tokio::task::spawn_blocking(measure).await.map_err(Error::internal)?.map_err(Error::internal)
    }

    /// Whether the model's files are there.
    pub async fn is_there(&self) -> bool {
        self.encoder.initialized()
            || tokio::fs::try_exists(self.folder.join("model.safetensors")).await.unwrap_or(false)
    }

    async fn encoder(&self) -> Result<Arc<Encoder>> {
        Ok(Arc::clone(self.encoder.get_or_try_init(|| load(self.folder.clone())).await?))
    }
}

async fn load(folder: PathBuf) -> Result<Arc<Encoder>> {
    let loaded = tokio::task::spawn_blocking(move || Encoder::load(&folder)).await.map_err(Error::internal)?;
    loaded.map(Arc::new).map_err(|fault| {
        tracing::error!(%fault, "the sentence model cannot be loaded");
        Error::Unavailable("The sentence model cannot be loaded. Run “make setup”.".into())
    })
}
