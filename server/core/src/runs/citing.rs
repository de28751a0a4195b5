//! What each sentence of an answer rests on, by Folio's own comparison and never on the model's word.

use super::attached::Attached;
use crate::Core;
use crate::error::{Error, Result};
use crate::library::Hit;
use crate::llm::Embedder;
use folio_grounding::{Candidate, attribute, chunk_page};
use folio_types::Citation;
use std::cell::RefCell;
use std::collections::HashMap;
use tokio::runtime::Handle;

/// Which passage supports each sentence of the answer, by Folio's own comparison.
pub async fn cite(core: &Core, answer: &str, hits: &[Hit], attached: &Attached) -> Result<Vec<Citation>> {
    // what was sent along counts after the books
    let sent: Vec<(&str, String)> = attached
        .documents
        .iter()
        .flat_map(|document| chunk_page(&document.text).into_iter().map(|chunk| (document.name.as_str(), chunk.text)))
        .collect();
    let texts = hits.iter().map(|hit| &hit.text).chain(sent.iter().map(|(_, text)| text));
    let candidates: Vec<Candidate> =
        texts.enumerate().map(|(at, text)| Candidate { passage_index: at, text: text.clone() }).collect();
    let supports = {
        let answer = answer.to_owned();
        let similarity = Similarity::new(core.embedder().clone());
        tokio::task::spawn_blocking(move || attribute(&answer, &candidates, &|a, b| similarity.of(a, b)))
            .await
            .map_err(Error::internal)?
    };
    Ok(supports
        .into_iter()
        .map(|support| {
            let hit = support.found.as_ref().and_then(|found| Some((hits.get(found.passage_index)?, found.span)));
            let sent = support.found.as_ref().and_then(|found| sent.get(found.passage_index.checked_sub(hits.len())?));
            Citation {
                sentence: support.sentence,
                passage: hit.map(|(hit, span)| hit.passage(span)),
                file: sent.map(|(name, _)| (*name).to_owned()),
            }
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
