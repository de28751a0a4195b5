//! Pages into chunks: the unit that is embedded, searched and handed to a model.

use crate::{layout, sentences, spans};
use folio_types::Span;
use std::ops::Range;
use text_splitter::{ChunkConfig, TextSplitter};

/// The most characters a chunk has.
pub const MAX_CHUNK: usize = 900;

/// A chunk that has reached this many characters is not filled up with part of the next paragraph.
const ENOUGH: usize = 600;

/// A piece of a page: `text` is exactly what stands at `span`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    pub span: Span,
    pub text: String,
}

/// Cuts one page's text at paragraph and sentence ends into chunks of at most [`MAX_CHUNK`] characters.
///
/// The chunks come in order, do not overlap, and together hold everything that is not blank.
pub fn chunk_page(text: &str) -> Vec<Chunk> {
    let splitter = TextSplitter::new(ChunkConfig::new(ENOUGH..=MAX_CHUNK));
    let outline = outline(text);
    let ranges: Vec<Range<usize>> =
        splitter.chunk_indices(&outline).map(|(start, chunk)| start..start + chunk.len()).collect();
    let chunks = spans::spans_of(text, &ranges).into_iter().zip(ranges);
    chunks.map(|(span, range)| Chunk { span, text: text[range].to_owned() }).collect()
}

/// The page, byte for byte as long, with line breaks only where a chunk may well end: one after a sentence, two or
/// more after a paragraph. The splitter prefers long runs of line breaks, and a page's own (the width of the paper)
/// would mislead it.
fn outline(text: &str) -> String {
    let mut outline = layout::flow(text).into_bytes();
    for sentence in sentences::ranges(text) {
        if outline.get(sentence.end) == Some(&b' ') {
            outline[sentence.end] = b'\n';
        }
    }
    // Only single-byte characters were replaced by single-byte characters.
    String::from_utf8(outline).unwrap_or_else(|_| text.to_owned())
}
