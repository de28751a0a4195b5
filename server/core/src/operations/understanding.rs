//! From a sentence to an intent: the reader of patterns, helped by the sentence model where that is there.

use super::domains;
use crate::llm::Embedder;
use folio_understanding::{Intent, Reader, Reading, Risk, Slot, names_a_kind};
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use tokio::sync::OnceCell;

/// The sentence model may have to be loaded first; a person does not wait longer for a better guess.
const PATIENCE: Duration = Duration::from_secs(2);

/// Only a pattern that fits the whole sentence is surer.
const CERTAIN: f32 = 0.95;
/// Words of a name without quotes that is given to something at once.
const LONGEST_NAME: usize = 5;

type Vectors = Arc<Vec<Vec<Vec<f32>>>>;

pub(super) static READER: LazyLock<Option<Reader>> = LazyLock::new(|| {
    let forms = domains::ALL.iter().map(|operation| *operation.form()).collect();
    Reader::new(forms).inspect_err(|fault| tracing::error!(%fault, "a pattern of an operation is wrong")).ok()
});

/// The examples' vectors, made when first needed.
#[derive(Clone, Default)]
pub struct Understanding(Arc<OnceCell<Vectors>>);

impl Understanding {
    /// What the sentence means. Without the sentence model its words decide.
    pub async fn read(&self, embedder: &Embedder, text: &str) -> Reading {
        let words = text.to_owned();
        let read = aside(move |reader| (reader.read(&words, None), reader.essence(&words))).await;
        let Some((by_words, essence)) = read else { return Reading::Other };
        if let Reading::Command(intent) = &by_words
            && intent.confidence > CERTAIN
        {
            return by_words;
        }
        let Ok(Some(closeness)) = tokio::time::timeout(PATIENCE, self.closeness(embedder, essence)).await else {
            return by_words;
        };
        let words = text.to_owned();
        aside(move |reader| reader.read(&words, Some(&closeness))).await.unwrap_or(by_words)
    }

    /// What these words ask for, if all of them are the words of a command and what they name are names. Of most questions
    /// it is found out at once that they are none.
    pub(super) async fn certain(text: &str) -> Option<Intent> {
        if !names_a_kind(text) {
            return None;
        }
        let words = text.to_owned();
        let Reading::Command(intent) = aside(move |reader| reader.read(&words, None)).await? else { return None };
        // what is dangerous is asked about, and names something that is there
        let is_done = domains::ALL[intent.form].form().risk == Risk::Guarded;
        let is_name = |slot: &Slot| slot.is_name() && (slot.quoted || !is_done || slot.words() <= LONGEST_NAME);
        let is_certain = intent.confidence > CERTAIN && intent.slots.values().flatten().all(is_name);
        is_certain.then_some(intent)
    }

    /// Makes the examples' vectors now, however long that takes.
    #[cfg(test)]
    pub async fn warm(&self, embedder: &Embedder) {
        self.0.get_or_try_init(|| examples(embedder)).await.expect("the sentence model is there");
    }

    /// For each operation, how close its closest example is.
    async fn closeness(&self, embedder: &Embedder, essence: String) -> Option<Vec<f32>> {
        if essence.is_empty() {
            return None;
        }
        let (cell, owned) = (Arc::clone(&self.0), embedder.clone());
        // made to the end, also when the first who needs it does not wait
        let vectors = tokio::spawn(async move { cell.get_or_try_init(|| examples(&owned)).await.cloned() });
        let vectors = vectors.await.ok()?.ok()?;
        let query = embedder.encode(vec![essence]).await.ok()?.into_iter().next()?;
        let closest = |examples: &Vec<Vec<f32>>| {
            let cosine = |example: &Vec<f32>| example.iter().zip(&query).map(|(a, b)| a * b).sum::<f32>();
            examples.iter().map(cosine).fold(0.0, f32::max)
        };
        Some(vectors.iter().map(closest).collect())
    }
}

/// Hundreds of expressions are tried, and made when first needed: too long for a thread that serves others.
async fn aside<T: Send + 'static>(read: impl FnOnce(&Reader) -> T + Send + 'static) -> Option<T> {
    tokio::task::spawn_blocking(|| READER.as_ref().map(read)).await.ok().flatten()
}

async fn examples(embedder: &Embedder) -> crate::Result<Vectors> {
    let mut all = Vec::with_capacity(domains::ALL.len());
    for operation in domains::ALL {
        let texts = operation.form().examples.iter().map(|example| (*example).to_owned()).collect();
        all.push(embedder.encode(texts).await?);
    }
    Ok(Arc::new(all))
}
