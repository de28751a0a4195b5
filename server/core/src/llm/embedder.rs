//! The sentence model behind an async door: loaded when first needed, never on the async threads.

use crate::error::{Error, Result};
use folio_models::{Encoder, Measured};
use moka::future::Cache;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::{OnceCell, Semaphore};

/// What callers call the sentence model, and its folder beside the other models.
pub const SENTENCE_MODEL: &str = "all-minilm-l6-v2";

/// Single texts whose vectors are kept: a question's is asked for while it is being stored and again by the search.
const RECENT: u64 = 256;

#[derive(Clone)]
pub struct Embedder {
    folder: PathBuf,
    encoder: Arc<OnceCell<Arc<Encoder>>>,
    /// Calls for many texts, as indexing makes them.
    batches: Arc<Semaphore>,
    /// Calls for one text: a question must not wait for a whole batch to end.
    questions: Arc<Semaphore>,
    recent: Cache<String, Vec<f32>>,
}

impl Embedder {
    pub fn new(folder: PathBuf) -> Self {
        let threads = Self::parallelism();
        Self {
            folder,
            encoder: Arc::new(OnceCell::new()),
            batches: Arc::new(Semaphore::new(threads)),
            questions: Arc::new(Semaphore::new(threads)),
            recent: Cache::new(RECENT),
        }
    }

    /// How many calls may be computed at the same time.
    pub fn parallelism() -> usize {
        std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
    }

    /// A unit vector of [`Encoder::DIMS`] numbers for each text, in order.
    pub async fn encode(&self, texts: Vec<String>) -> Result<Vec<Vec<f32>>> {
        if let [text] = &*texts {
            return Ok(vec![self.encode_one(text).await?]);
        }
        if texts.is_empty() {
            return Ok(Vec::new());
        }
        self.compute(&self.batches, texts).await
    }

    /// As [`Embedder::encode`]; whoever asks for the same text at the same time, or again soon, gets the same vector.
    pub async fn encode_one(&self, text: &str) -> Result<Vec<f32>> {
        let compute = async {
            let vectors = self.compute(&self.questions, vec![text.to_owned()]).await?;
            vectors.into_iter().next().ok_or_else(|| Error::internal("the sentence model gave no vector"))
        };
        let known = self.recent.entry_by_ref(text).or_try_insert_with(compute).await;
        Ok(known.map_err(|fault: Arc<Error>| (*fault).clone())?.into_value())
    }

    /// Begins with a text that will soon be asked for, where the model is loaded already.
    pub fn foresee(&self, text: String) {
        if self.encoder.initialized() {
            let own = self.clone();
            // whoever asks for it hears of a fault
            tokio::spawn(async move { own.encode_one(&text).await.map(drop) });
        }
    }

    async fn compute(&self, turns: &Semaphore, texts: Vec<String>) -> Result<Vec<Vec<f32>>> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_foreseen_text_is_computed_once() {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../data/models").join(SENTENCE_MODEL);
        let embedder = Embedder::new(folder);
        embedder.foresee("What do bees do?".into());
        assert!(!embedder.encoder.initialized(), "nothing is loaded for what may not be asked for");
        let own = embedder.encode_one("Bees dance.").await.expect("run make setup: the sentence model is not there");
        embedder.foresee("What do bees do?".into());
        let texts = ["What do bees do?", "Bees dance."].map(str::to_owned);
        let [asked, _] = &embedder.encode(texts.to_vec()).await.expect("two vectors")[..] else { panic!("two texts") };
        let alone = embedder.encode(vec![texts[0].clone()]).await.expect("a vector");
        assert!(alone[0].iter().zip(asked).all(|(a, b)| (a - b).abs() < 1e-4));
        assert_eq!(embedder.encode_one("Bees dance.").await.expect("a vector"), own);
        embedder.recent.run_pending_tasks().await;
        assert_eq!(embedder.recent.entry_count(), 2);
    }
}
