//! What the books say about a question, and which of it supports what a model made of it.

use super::prompt::{self, Material};
use crate::Core;
use crate::error::{Error, Result};
use crate::library::Hit;
use crate::llm::{CHARACTERS_PER_TOKEN, Embedder, Reading, Turn};
use folio_grounding::{Candidate, attribute, slice};
use folio_types::{Book, Citation, Passage, Span};
use std::cell::RefCell;
use std::collections::HashMap;
use tokio::runtime::Handle;

/// The passages that an answer may rest on, best first.
pub struct Found {
    hits: Vec<Hit>,
    /// What each of them says about the question.
    pub sources: Vec<Passage>,
}

impl Found {
    /// What `books` say about `question`; none when that is nothing.
    pub async fn in_books(core: &Core, question: &str, books: &[Book]) -> Result<Option<Self>> {
        let hits = core.library().search(question, books).await?;
        let sources = hits.iter().map(|hit| hit.quote(question)).collect();
        Ok((!hits.is_empty()).then_some(Self { hits, sources }))
    }

    /// About how many tokens the passages take of what a model can read.
    pub fn tokens(&self) -> usize {
        prompt::listed(&self.material()).chars().count() / CHARACTERS_PER_TOKEN
    }

    /// The conversation as the model reads it; the last turn of `history` is the question.
    pub fn prompt(&self, history: Vec<Turn>, reading: Reading, instructions: &str) -> Vec<Turn> {
        prompt::grounded(history, &self.material(), reading, instructions)
    }

    /// Which passage supports each sentence of the answer, by Folio's own comparison.
    pub async fn cite(&self, core: &Core, answer: &str) -> Result<Vec<Citation>> {
        cite(core, answer, &self.hits).await
    }

    fn material(&self) -> Vec<Material<'_>> {
        let pairs = self.hits.iter().zip(&self.sources);
        pairs
            .map(|(hit, source)| Material {
                title: &hit.book_title,
                page: hit.page,
                text: &hit.text,
                quote: &source.quote,
            })
            .collect()
    }
}

/// What is said where these books say nothing about a question.
pub fn nothing_found(books: &[Book]) -> String {
    let searched = match books {
        [only] => format!("“{}”", only.title),
        several => format!("{} books", several.len()),
    };
    format!("I could not find relevant information about this in the uploaded books. I searched {searched}.")
}

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
