//! What the child says to its parent: one JSON value a line.

use crate::ExtractError;
use serde::{Deserialize, Serialize};
use std::io::Write;

/// What reading a book yields: once what the book is, then its pages in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Extracted {
    Opened {
        /// How many pages will follow, where the format tells.
        pages: Option<u32>,
        title: Option<String>,
        author: Option<String>,
    },
    Page {
        /// Counted from 1.
        number: u32,
        /// What the book calls the page: `xii`, or the chapter it belongs to.
        label: Option<String>,
        /// Plain text; empty for a page that is only a picture.
        text: String,
    },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Line {
    Read(Extracted),
    Failed(ExtractError),
    /// Always the last line of a whole book, so that a child that died is never mistaken for one that finished.
    Done,
}

/// The longest line that the parent accepts. A page's text takes at most half of it.
pub(crate) const MAX_LINE_BYTES: usize = 4 << 20;

/// Bytes of text that a page may hold; escaped as JSON it still fits a line.
const MAX_PAGE_BYTES: usize = 1 << 20;

/// Where a reader puts what it finds.
pub(crate) struct Sink<W> {
    out: W,
}

impl<W: Write> Sink<W> {
    pub fn new(out: W) -> Self {
        Self { out }
    }

    /// Says what was opened. Titles are one line of sane length, or nothing.
    pub fn opened(
        &mut self,
        pages: Option<u32>,
        title: Option<&str>,
        author: Option<&str>,
    ) -> Result<(), ExtractError> {
        let title = title.and_then(crate::text::one_line);
        let author = author.and_then(crate::text::one_line);
        self.say(&Line::Read(Extracted::Opened { pages, title, author }))
    }

    pub fn page(&mut self, number: u32, label: Option<&str>, text: String) -> Result<(), ExtractError> {
        if text.len() > MAX_PAGE_BYTES {
            return Err(ExtractError::Damaged(format!("page {number} holds more than 1 MiB of text")));
        }
        let label = label.and_then(crate::text::one_line);
        self.say(&Line::Read(Extracted::Page { number, label, text }))
    }

    /// Writes a line whole and at once: the parent's clock of silence runs on pages that it has seen.
    pub fn say(&mut self, line: &Line) -> Result<(), ExtractError> {
        let mut json = serde_json::to_vec(line).map_err(|error| ExtractError::Reader(error.to_string()))?;
        json.push(b'\n');
        self.bytes(&json)
    }

    /// Writes something that is no line: a picture.
    pub fn bytes(&mut self, bytes: &[u8]) -> Result<(), ExtractError> {
        let written = self.out.write_all(bytes).and_then(|()| self.out.flush());
        written.map_err(|error| ExtractError::Reader(error.to_string()))
    }
}
