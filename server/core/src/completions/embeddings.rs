//! Vectors of meaning, by the model that Folio searches books with.

use super::{Completions, Named};
use crate::accounts::Principal;
use crate::error::{Error, Result};
use crate::llm::{EMBEDDED, SENTENCE_MODEL};

/// Texts in one request at most.
pub const MOST_TEXTS: usize = 2048;
/// Texts that are computed at a time, so that a question waits for few of them.
const AT_ONCE: usize = 32;

/// A unit vector for each text, in their order.
pub struct Embeddings {
    pub model: &'static str,
    pub vectors: Vec<Vec<f32>>,
    pub tokens: usize,
}

pub(super) fn named() -> Named {
    Named {
        name: SENTENCE_MODEL.to_owned(),
        owner: EMBEDDED.to_owned(),
        description: "Makes vectors of sentences; it does not write.".to_owned(),
        since: None,
    }
}

impl Completions<'_> {
    /// What the texts mean, as vectors. A text that is longer than the model reads is refused, not cut.
    pub async fn embed(&self, who: &Principal, model: &str, texts: Vec<String>) -> Result<Embeddings> {
        if model != SENTENCE_MODEL {
            return Err(Error::NotFound("Model"));
        }
        if texts.is_empty() || texts.len() > MOST_TEXTS {
            return Err(Error::invalid("input", format!("Send 1 to {MOST_TEXTS} texts at a time.")));
        }
        if let Some(at) = texts.iter().position(|text| text.trim().is_empty()) {
            return Err(Error::invalid("input", format!("The text at {at} is empty.")));
        }
        let embedder = self.0.embedder();
        let mut made = Embeddings { model: SENTENCE_MODEL, vectors: Vec::with_capacity(texts.len()), tokens: 0 };
        for (part, texts) in texts.chunks(AT_ONCE).enumerate() {
            for (at, measured) in embedder.measure(texts.to_vec()).await?.into_iter().enumerate() {
                let at = part * AT_ONCE + at;
                if measured.is_cut {
                    let words = format!(
                        "The text at {at} is longer than the {} tokens that the model reads. Split it.",
                        measured.tokens
                    );
                    return Err(Error::invalid("input", words));
                }
                made.tokens += measured.tokens;
            }
        }
        for texts in texts.chunks(AT_ONCE) {
            made.vectors.extend(embedder.encode(texts.to_vec()).await?);
        }
        tracing::debug!(user_id = %who.id, texts = texts.len(), "vectors were made");
        Ok(made)
    }
}
