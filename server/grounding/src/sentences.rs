//! Sentences of plain text, such as a book's page.

use crate::{layout, markers, spans, stop_words};
use folio_types::Span;
use std::ops::Range;
use unicode_segmentation::UnicodeSegmentation;

/// The sentences of a plain text, trimmed, in order; a heading or a list item is one too, without its marker.
///
/// Unicode's rules find the candidates; abbreviations, initials and list numbers do not end a sentence, nor does the
/// end of a line that was only wrapped.
pub fn sentences(text: &str) -> Vec<Span> {
    spans::spans_of(text, &ranges(text))
}

/// Byte ranges of [`sentences`].
pub(crate) fn ranges(text: &str) -> Vec<Range<usize>> {
    split(&markers::mask(&layout::flow(text)))
}

/// Splits a text in which every line end that is left ends a block.
pub(crate) fn split(flow: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    for (at, piece) in flow.split_sentence_bound_indices() {
        let end = at + piece.len();
        if ends(&flow[start..end], &flow[end..]) {
            found.extend(trim(flow, start..end));
            start = end;
        }
    }
    found
}

/// Without surrounding blanks and list or heading marker; nothing if no letter or digit is left.
fn trim(flow: &str, range: Range<usize>) -> Option<Range<usize>> {
    let piece = &flow[range.clone()];
    let at_line_start = range.start == 0 || flow[..range.start].ends_with('\n');
    let marker = if at_line_start { layout::opener(piece).unwrap_or(0) } else { 0 };
    let body = piece[marker..].trim_start_matches(|c: char| c.is_whitespace() || c == '|');
    let start = range.end - body.len();
    let body = body.trim_end_matches(|c: char| c.is_whitespace() || c == '|');
    body.contains(char::is_alphanumeric).then(|| start..start + body.len())
}

/// Whether a sentence is over at a boundary that Unicode's rules allow.
fn ends(so_far: &str, rest: &str) -> bool {
    let line = so_far.trim_end();
    let next = rest.trim_start();
    if next.is_empty() || so_far[line.len()..].contains('\n') {
        return true;
    }
    if next.starts_with(char::is_lowercase) {
        return false;
    }
    let line = line.trim_end_matches(['"', '\'', ')', ']', '”', '’', '»']);
    let Some(line) = line.strip_suffix('.') else { return true };
    let word = line.rsplit(|c: char| c.is_whitespace() || "([\"“'‘/–—".contains(c)).next().unwrap_or("");
    ends_after(word, line.trim().len() == word.len(), next)
}

/// Whether `word.` ends a sentence that `next` follows.
fn ends_after(word: &str, alone: bool, next: &str) -> bool {
    let lower = word.to_lowercase();
    let numbered = next.starts_with(|c: char| c.is_numeric() || matches!(c, '(' | '['));
    if alone && word.len() <= 3 && word.bytes().all(|b| b.is_ascii_digit()) {
        return false; // the number of a list item
    }
    if ALWAYS_GO_ON.contains(&lower.as_str()) {
        return false;
    }
    if GO_ON_TO_A_NUMBER.contains(&lower.as_str()) {
        return !numbered;
    }
    if word.len() <= 2 && word.bytes().all(|b| b.is_ascii_digit()) && !word.is_empty() {
        return !GERMAN_MONTHS.iter().any(|month| next.starts_with(month));
    }
    let initial = word.chars().count() == 1 && word.chars().all(char::is_uppercase);
    let acronym = word.contains('.') && word.split('.').all(|part| part.chars().count() <= 2);
    if initial || acronym || MAY_GO_ON.contains(&lower.as_str()) {
        return !numbered && starts_like_a_sentence(next);
    }
    true
}

/// `The`, `It`, `However`: a capitalised word that is no name.
fn starts_like_a_sentence(next: &str) -> bool {
    let word = next.unicode_words().next().unwrap_or("");
    stop_words::is_stop_word(&word.to_lowercase())
}

const ALWAYS_GO_ON: &[&str] = &[
    "dr", "mr", "mrs", "ms", "messrs", "prof", "st", "mt", "sen", "rep", "gen", "col", "capt", "cmdr", "lt", "sgt",
    "rev", "hon", "gov", "pres", "supt", "e.g", "eg", "i.e", "ie", "cf", "vs", "viz", "approx", "ca", "resp", "incl",
    "esp", "z.b", "d.h", "u.a", "bzw", "vgl", "hr", "fr", "mme", "mlle", "sra",
];

const GO_ON_TO_A_NUMBER: &[&str] = &[
    "fig", "figs", "no", "nos", "nr", "p", "pp", "vol", "vols", "ch", "chap", "sec", "sect", "eq", "eqs", "art",
    "para", "pt", "tab", "ex", "v", "vv", "op", "ver", "abs", "kap", "abb", "bd", "jan", "feb", "mar", "apr", "jun",
    "jul", "aug", "sep", "sept", "oct", "nov", "dec",
];

const MAY_GO_ON: &[&str] = &[
    "etc", "inc", "ltd", "co", "corp", "jr", "sr", "al", "a.m", "p.m", "ph.d", "dept", "est", "univ", "bros", "ft",
    "ed", "eds", "usw",
];

const GERMAN_MONTHS: &[&str] = &[
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
];
