//! Which page supports which sentence.

use folio_types::{BookId, Citation, Passage, Span};
use serde::Serialize;
use utoipa::ToSchema;

/// A sentence of the answer, and the passage that supports it by Folio's own comparison.
#[derive(Serialize, ToSchema)]
#[schema(as = OpenAiCitation)]
pub struct PageCitation {
    /// The sentence's place in the answer, in characters.
    sentence: Span,
    book_id: BookId,
    #[schema(example = "Bees")]
    title: String,
    /// Counted from 1.
    #[schema(example = 3)]
    page: u32,
    /// What the book itself calls the page: a number of its own, or a heading.
    #[schema(required = true, example = "iii")]
    label: Option<String>,
    #[schema(example = "Bees tell each other where flowers are by dancing.")]
    quote: String,
    /// The page in Folio, with the quote marked.
    #[schema(example = "http://127.0.0.1:8002/books/01a21f51-8f7e-773c-ae9d-3ceb57b5f45c/pages/3?mark=8-58")]
    url: String,
}

/// The same, as OpenAI's own models cite.
#[derive(Serialize, ToSchema)]
#[schema(as = OpenAiAnnotation)]
pub struct Annotation {
    #[serde(rename = "type")]
    #[schema(example = "url_citation")]
    kind: &'static str,
    url_citation: UrlCitation,
}

#[derive(Serialize, ToSchema)]
#[schema(as = OpenAiUrlCitation)]
struct UrlCitation {
    /// The sentence's place in the message, in characters.
    start_index: u32,
    end_index: u32,
    #[schema(example = "Bees, page 3")]
    title: String,
    url: String,
}

impl PageCitation {
    /// The sentences that something supports; `folio` is where people find it.
    pub fn all(citations: Vec<Citation>, folio: &str) -> Vec<Self> {
        let supported = citations.into_iter().filter_map(|citation| Some((citation.sentence, citation.passage?)));
        supported
            .map(|(sentence, Passage { book_id, book_title, page, label, span, quote })| Self {
                sentence,
                url: format!("{folio}/books/{book_id}/pages/{page}?mark={}-{}", span.start, span.end),
                book_id,
                title: book_title,
                page,
                label,
                quote,
            })
            .collect()
    }
}

impl From<&PageCitation> for Annotation {
    fn from(cited: &PageCitation) -> Self {
        Self {
            kind: "url_citation",
            url_citation: UrlCitation {
                start_index: cited.sentence.start,
                end_index: cited.sentence.end,
                title: format!("{}, page {}", cited.title, cited.page),
                url: cited.url.clone(),
            },
        }
    }
}
