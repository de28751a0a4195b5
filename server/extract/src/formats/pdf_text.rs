//! The text of a PDF's page, from the letters that `PDFium` finds on it.

use crate::text::{LINE_END_HYPHEN, tidy};
use pdfium_render::prelude::{PdfPageText, PdfPageTextChar};

/// A page's text in reading order. `PDFium` finds words and lines; it leaves to us words that are set apart by less
/// than it expects, the line end after a word that it joined, and paragraphs.
pub(crate) fn of(page: &PdfPageText<'_>) -> String {
    let mut lines = vec![TextLine::default()];
    for char in page.chars().iter() {
        let Some(c) = char.unicode_char() else {
            continue;
        };
        let Some(line) = lines.last_mut() else {
            continue;
        };
        match c {
            '\r' => {}
            '\n' => lines.push(TextLine::default()),
            LINE_END_HYPHEN => line.break_word(),
            c if c.is_whitespace() => line.end_word(),
            c => line.push(c, &char),
        }
    }
    tidy(&with_paragraphs(&lines))
}

/// A gap of this part of the letters' height parts words. Kerning stays below 0.1, a narrow space is 0.2 or more.
const WORD_GAP: f32 = 0.18;

/// Lines that stand this much further apart than usual on their page belong to two paragraphs.
const PARAGRAPH_GAP: f32 = 1.3;

#[derive(Default)]
struct TextLine {
    text: String,
    /// The height of the first letter on the page, and of the first letter after the last broken word.
    top: Option<f32>,
    bottom: Option<f32>,
    /// Where the last letter ended.
    edge: Option<f32>,
    /// After a broken word, which stands on two lines.
    broken: bool,
    /// Whether the end of the word is to be the end of the line.
    turning: bool,
}

impl TextLine {
    fn push(&mut self, c: char, char: &PdfPageTextChar<'_>) {
        let bounds = char.loose_bounds().ok();
        if let Some((edge, bounds)) = self.edge.zip(bounds.as_ref())
            && bounds.left().value - edge > WORD_GAP * bounds.height().value
        {
            self.end_word();
        }
        if self.top.is_none() || std::mem::take(&mut self.broken) {
            self.bottom = char.origin_y().ok().map(|y| y.value);
            self.top = self.top.or(self.bottom);
        }
        self.edge = bounds.map(|bounds| bounds.right().value);
        self.text.push(c);
    }

    fn end_word(&mut self) {
        self.text.push(if std::mem::take(&mut self.turning) { '\n' } else { ' ' });
        self.edge = None;
    }

    fn break_word(&mut self) {
        self.text.push(LINE_END_HYPHEN);
        (self.broken, self.turning) = (true, true);
        self.edge = None;
    }
}

fn with_paragraphs(lines: &[TextLine]) -> String {
    let gaps = || lines.windows(2).map(|pair| pair[0].bottom.zip(pair[1].top).map(|(above, below)| above - below));
    let mut usual: Vec<f32> = gaps().flatten().filter(|gap| *gap > 0.0).collect();
    usual.sort_by(f32::total_cmp);
    // Among few lines the gaps of paragraphs are many; among many, footnotes have the smallest.
    let rank = if usual.len() < 10 { usual.len() / 4 } else { usual.len() / 2 };
    let usual = usual.get(rank).copied().unwrap_or(f32::MAX);
    let mut text = String::new();
    for (line, gap) in lines.iter().zip(gaps().chain([None])) {
        text.push_str(line.text.trim());
        // A line above the one before it begins a column or a note.
        let parts = gap.is_some_and(|gap| gap > PARAGRAPH_GAP * usual || gap < -usual);
        text.push_str(if parts { "\n\n" } else { "\n" });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str, y: f32) -> TextLine {
        TextLine { text: text.to_owned(), top: Some(y), bottom: Some(y), ..TextLine::default() }
    }

    #[test]
    fn a_wider_gap_begins_a_paragraph() {
        let lines = [line("a", 700.0), line("b", 688.0), line("c", 670.0), line("d", 658.0), line("right", 700.0)];
        assert_eq!(with_paragraphs(&lines).trim_end(), "a\nb\n\nc\nd\n\nright");
    }
}
