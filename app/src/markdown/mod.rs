//! Answers are Markdown from a model or a book, that is, from nobody we know.
//!
//! [`render`] makes HTML of it that is safe to insert: raw HTML becomes text, pictures become links that nothing
//! loads, links lead to `http`, `https` and `mailto` alone. [`Stream`] does the same while the text still arrives.

mod stream;
#[cfg(test)]
mod tests;
mod weaver;

pub use stream::{Change, Stream};

use pulldown_cmark::{Options, Parser};
use std::ops::Range;
use weaver::{Pin, Weaver};

/// One top-level block of an answer: a paragraph, a list, a table…
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    pub html: String,
}

/// Something to show at the end of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The end of the sentence, in characters of the content.
    pub at: usize,
    pub kind: MarkKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MarkKind {
    /// A passage supports the sentence: a numbered link to it.
    Cite { number: usize, href: String, label: String },
    /// A file that was sent along supports the sentence.
    Sent { name: String },
    /// Nothing that was found supports the sentence.
    Unsupported,
}

/// Renders a finished answer, its marks woven in. Every mark appears exactly once, whatever it falls into.
pub fn render(content: &str, marks: &[Mark]) -> Vec<Block> {
    pieces(content, marks).into_iter().map(|piece| Block { html: piece.html }).collect()
}

/// A rendered block and the bytes of the source that it came from.
struct Piece {
    html: String,
    source: Range<usize>,
}

fn pieces(content: &str, marks: &[Mark]) -> Vec<Piece> {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut weaver = Weaver::new(pins(content, marks));
    for (event, range) in Parser::new_ext(content, options).into_offset_iter() {
        weaver.take(event, range);
    }
    let mut pieces = weaver.finish();
    for piece in &mut pieces {
        // indentation belongs to the block: without it, code would turn into a paragraph
        piece.source.start = content[..piece.source.start].rfind('\n').map_or(0, |newline| newline + 1);
    }
    pieces
}

/// Marks by byte offset, in order, each moved back to the last visible character of its sentence.
fn pins(content: &str, marks: &[Mark]) -> Vec<Pin> {
    let mut marks: Vec<&Mark> = marks.iter().collect();
    marks.sort_by_key(|mark| mark.at);
    let mut ends = content.char_indices().map(|(byte, _)| byte).chain([content.len()]).enumerate().peekable();
    marks
        .into_iter()
        .map(|mark| {
            while ends.next_if(|(chars, _)| *chars < mark.at).is_some() {}
            let byte = ends.peek().map_or(content.len(), |(_, byte)| *byte);
            let seen = content[..byte].trim_end_matches(|last: char| last.is_whitespace() || last == '|');
            Pin { at: seen.len(), html: mark.kind.html() }
        })
        .collect()
}

impl MarkKind {
    fn html(&self) -> String {
        match self {
            Self::Cite { number, href, label } => format!(
                r#"<sup><a class="cite" href="{}" aria-label="{}" data-noscroll>{number}</a></sup>"#,
                escaped(href),
                escaped(label)
            ),
            Self::Sent { name } => {
                format!(r#" <span class="unsupported" role="note">from {}</span>"#, escaped(name))
            }
            Self::Unsupported => r#" <span class="unsupported" role="note">not in your sources</span>"#.into(),
        }
    }
}

/// The text, safe inside an attribute in double quotes.
fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    // writing to a string does not fail
    let _ = pulldown_cmark_escape::escape_html(&mut html, text);
    html
}
