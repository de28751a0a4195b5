//! Books without pages of their own are cut into pages of about a printed page's length.

use super::blocks::{Block, Kind};
use crate::ExtractError;
use crate::text::tidy;
use crate::wire::Sink;
use folio_types::Format;
use std::io::Write;

/// The most characters on a page, and about as many as most pages have.
const PAGE: usize = 2500;

/// Collects blocks of text into pages that end at the end of a paragraph where they can.
pub(crate) struct Pages<'a, W> {
    sink: &'a mut Sink<W>,
    /// How many pages were told to the sink.
    told: u32,
    page: Vec<Block>,
    chars: usize,
    /// The chapter's title by the table of contents, which beats headings as a label.
    chapter: Option<String>,
    heading: Option<String>,
}

impl<'a, W: Write> Pages<'a, W> {
    pub fn new(sink: &'a mut Sink<W>) -> Self {
        Self { sink, told: 0, page: Vec::new(), chars: 0, chapter: None, heading: None }
    }

    /// Begins a new page, and labels it and the next ones.
    pub fn chapter(&mut self, title: Option<&str>) -> Result<(), ExtractError> {
        self.turn_whole()?;
        self.chapter = title.map(str::to_owned);
        self.heading = None;
        Ok(())
    }

    pub fn push(&mut self, block: &Block) -> Result<(), ExtractError> {
        let text = tidy(&block.text);
        let mut rest = text.as_str();
        let mut kind = block.kind;
        while !rest.is_empty() {
            let room = PAGE.saturating_sub(self.chars);
            let fits = rest.char_indices().nth(room).is_none();
            if !fits && self.chars >= PAGE / 2 {
                self.turn()?;
                continue;
            }
            let (part, tail) = if fits { (rest, "") } else { rest.split_at(good_break(rest, room)) };
            self.chars += part.chars().count();
            self.page.push(Block { kind, text: part.trim_end().to_owned() });
            rest = tail.trim_start();
            // the rest of a cut block goes on as running text
            kind = Kind::Paragraph;
            if !fits {
                self.turn()?;
            }
        }
        Ok(())
    }

    /// Tells the last page.
    ///
    /// # Errors
    /// When the whole book had no text.
    pub fn finish(mut self, format: Format) -> Result<(), ExtractError> {
        self.turn_whole()?;
        if self.told == 0 { Err(ExtractError::NoText(format)) } else { Ok(()) }
    }

    /// Ends a page, but keeps headings at its end for the next: they belong to what follows.
    fn turn(&mut self) -> Result<(), ExtractError> {
        let body = self.page.iter().rposition(|block| block.kind != Kind::Heading);
        let kept = body.map(|last| self.page.split_off(last + 1)).unwrap_or_default();
        self.turn_whole()?;
        self.chars = kept.iter().map(|block| block.text.chars().count()).sum();
        self.page = kept;
        Ok(())
    }

    fn turn_whole(&mut self) -> Result<(), ExtractError> {
        let page = std::mem::take(&mut self.page);
        self.chars = 0;
        let headings = || page.iter().filter(|block| block.kind == Kind::Heading);
        // A page is called after the heading that its first words stand under.
        let first =
            if page.first().is_some_and(|block| block.kind == Kind::Heading) { None } else { self.heading.take() };
        let label = self.chapter.clone().or(first).or_else(|| headings().next().map(|block| block.text.clone()));
        self.heading = headings().next_back().map(|block| block.text.clone()).or_else(|| label.clone());
        let text = joined(&page);
        if text.is_empty() {
            return Ok(());
        }
        self.told += 1;
        self.sink.page(self.told, label.as_deref(), text)
    }
}

fn joined(page: &[Block]) -> String {
    let mut text = String::new();
    let mut before = None;
    for block in page {
        if let Some(before) = before {
            // the items of a list and the rows of a table stand close
            let close = before == Kind::Line && block.kind == Kind::Line;
            text.push_str(if close { "\n" } else { "\n\n" });
        }
        text.push_str(&block.text);
        before = Some(block.kind);
    }
    text
}

/// Where to cut a text that is longer than `room` characters, as a byte offset: after the last line, else the last
/// sentence, else the last word in the second half of the room.
fn good_break(text: &str, room: usize) -> usize {
    let byte_of = |chars: usize| text.char_indices().nth(chars).map_or(text.len(), |(at, _)| at);
    let (from, to) = (byte_of(room / 2), byte_of(room.max(1)));
    let window = &text[from..to];
    let after_sentence = |(at, c): (usize, char)| {
        let ends = matches!(c, '.' | '!' | '?' | '…' | '。' | '！' | '？');
        let next = window[at + c.len_utf8()..].chars().next();
        (ends && next.is_none_or(|next| next.is_whitespace() || !next.is_ascii())).then_some(at + c.len_utf8())
    };
    let line = window.rfind('\n');
    let sentence = || window.char_indices().rev().find_map(after_sentence);
    let word = || window.rfind(char::is_whitespace);
    line.or_else(sentence).or_else(word).map_or(to, |at| from + at)
}
