//! Making raw text fit to be read, searched and quoted.

use unicode_normalization::{UnicodeNormalization, is_nfc};

/// The longest title, author or label that is kept, in characters.
const MAX_LINE: usize = 300;

/// What `PDFium` puts in place of a hyphen that only broke a word at a line's end.
pub(crate) const LINE_END_HYPHEN: char = '\u{2}';

/// Text as it is stored: `\n` line ends, single blanks within a line, no blanks at a line's end, at most one empty
/// line in a row, no control characters, words joined that a line end had broken, ligatures spelled out, accents on
/// their letters (NFC). A line's indentation stays.
pub(crate) fn tidy(raw: &str) -> String {
    let mut out = Tidy { text: String::with_capacity(raw.len()), blanks: 0, newlines: 0 };
    let mut chars = raw.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' if chars.peek() == Some(&'\n') => {}
            '\n' | '\r' | '\u{85}' | '\u{2028}' => out.newline(),
            '\u{b}' | '\u{c}' | '\u{2029}' => {
                out.newline();
                out.newline();
            }
            '\t' => out.blanks += 4,
            LINE_END_HYPHEN if chars.peek().is_some_and(|next| goes_on(out.text.chars().next_back(), *next)) => {}
            LINE_END_HYPHEN => out.push('-'),
            // soft hyphen, zero-width space, word joiner, byte order mark, PDFium's "no such character"
            '\u{ad}' | '\u{200b}' | '\u{2060}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => {}
            c if c.is_control() => {}
            c if c.is_whitespace() => out.blanks += 1,
            '\u{fb00}'..='\u{fb06}' => spelled_out(c).chars().for_each(|c| out.push(c)),
            // the bullet of the Symbol font, which Word writes
            '\u{f0b7}' => out.push('•'),
            '\u{2010}' | '\u{2011}' => out.push('-'),
            c => match combining(c).and_then(|accent| Some((chars.next_if(|next| next.is_alphabetic())?, accent))) {
                Some((letter, accent)) => {
                    out.push(if letter == 'ı' { 'i' } else { letter });
                    out.push(accent);
                }
                None => out.push(c),
            },
        }
    }
    if is_nfc(&out.text) { out.text } else { out.text.nfc().collect() }
}

/// A title, author or label on one line of sane length; `None` if nothing is left of it.
pub(crate) fn one_line(raw: &str) -> Option<String> {
    let tidied = tidy(raw);
    let line = tidied.split_whitespace().collect::<Vec<_>>().join(" ");
    let line: String = line.chars().take(MAX_LINE).collect();
    (!line.is_empty()).then_some(line)
}

/// White space is held back until something visible follows, so that none is left over at an end.
struct Tidy {
    text: String,
    blanks: usize,
    newlines: usize,
}

impl Tidy {
    fn newline(&mut self) {
        self.newlines += 1;
        self.blanks = 0;
    }

    fn push(&mut self, c: char) {
        let starts_line = self.newlines > 0 || self.text.is_empty();
        if !self.text.is_empty() {
            self.text.push_str(["", "\n", "\n\n"][self.newlines.min(2)]);
        }
        let blanks = if starts_line { self.blanks } else { self.blanks.min(1) };
        self.text.extend(std::iter::repeat_n(' ', blanks));
        self.text.push(c);
        (self.newlines, self.blanks) = (0, 0);
    }
}

/// Whether a word that was broken between these two letters goes on, or is a compound with a hyphen of its own.
fn goes_on(before: Option<char>, after: char) -> bool {
    after.is_lowercase() || after.is_uppercase() && before.is_some_and(char::is_uppercase)
}

/// `TeX` sets an accent as a character of its own before the letter. The ASCII look-alikes are left alone: they quote code.
fn combining(accent: char) -> Option<char> {
    match accent {
        '´' => Some('\u{301}'),
        'ˆ' => Some('\u{302}'),
        '˜' => Some('\u{303}'),
        '¨' => Some('\u{308}'),
        'ˇ' => Some('\u{30c}'),
        _ => None,
    }
}

fn spelled_out(ligature: char) -> &'static str {
    match ligature {
        '\u{fb00}' => "ff",
        '\u{fb01}' => "fi",
        '\u{fb02}' => "fl",
        '\u{fb03}' => "ffi",
        '\u{fb04}' => "ffl",
        _ => "st",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_becomes_sane() {
        assert_eq!(tidy("  a \t b\r\n\r\n\r\n\r\nc\u{a0}d  \n"), "  a b\n\nc d");
        assert_eq!(tidy("one\u{c}two"), "one\n\ntwo");
    }

    #[test]
    fn broken_words_are_joined_and_compounds_keep_their_hyphen() {
        assert_eq!(tidy("the number of ele\u{2}ments"), "the number of elements");
        assert_eq!(tidy("Anglo\u{2}Saxon, PA\u{2}RAMETERS, 1990\u{2}1991"), "Anglo-Saxon, PARAMETERS, 1990-1991");
        assert_eq!(tidy("co\u{ad}operate"), "cooperate");
    }

    #[test]
    fn what_cannot_be_read_is_dropped() {
        assert_eq!(tidy("a\0b\u{1b}[0m\u{fffe}"), "ab[0m");
        assert_eq!(tidy("e\u{fb03}cient"), "efficient");
        assert_eq!(tidy("Hans Br¨oker, Petr Mikul´ık, e\u{301}t´e, ¨ `a`"), "Hans Bröker, Petr Mikulík, été, ¨ `a`");
        assert_eq!(one_line(" \n\0 "), None);
        assert_eq!(one_line("The\r\nOrigin").as_deref(), Some("The Origin"));
    }
}
