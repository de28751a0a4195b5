//! What the books say about a question, and which of it supports what a model made of it.

use super::attached::Attached;
use super::citing::cite;
use super::prompt::{self, Material};
use crate::Core;
use crate::error::Result;
use crate::library::Hit;
use crate::llm::{CHARACTERS_PER_TOKEN, Reading, Turn};
use folio_grounding::slice;
use folio_types::{Book, Citation, Passage, Span};

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

    /// The conversation as the model reads it; the last turn of `history` is the question. `first` is a quote of a file,
    /// with the file's name, which stands before the passages.
    pub fn prompt(
        &self,
        history: Vec<Turn>,
        reading: Reading,
        instructions: &str,
        first: Option<&(String, String)>,
    ) -> Vec<Turn> {
        let material: Vec<Material<'_>> = first.map(Material::sent).into_iter().chain(self.material()).collect();
        prompt::grounded(history, &material, reading, instructions)
    }

    /// Which passage supports each sentence of the answer, or which file that was sent along.
    pub async fn cite(&self, core: &Core, answer: &str, attached: &Attached) -> Result<Vec<Citation>> {
        cite(core, answer, &self.hits, attached).await
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
