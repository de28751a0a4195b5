//! A sentence as words: quotes taken out, courtesies taken off, typing errors put right.

use crate::patterns::KNOWN;
use regex::Regex;
use serde_json::{Map, Value};
use std::collections::HashSet;
use std::ops::Range;
use std::sync::LazyLock;

/// Stands for something in quotes.
pub const QUOTE: char = '\u{E000}';

/// A title is not longer; what is, is not read as a command.
pub const MOST_WORDS: usize = 80;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// As patterns know it: lower case, put right; [`QUOTE`] for something in quotes.
    pub plain: String,
    /// As it was typed, without quotes.
    pub typed: String,
}

#[derive(Clone, Debug)]
pub struct Sentence {
    words: Vec<Word>,
    /// The plain words with single spaces between them.
    text: String,
    pub asks: bool,
}

static QUOTED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#""([^"]*)(?:"|$)|“([^”]*)(?:”|$)|„([^“”]*)[“”]|«([^»]*)»|‘([^’]*)’(?:\W|$)|(?:^|\s)'((?:[^']|'\w)+)'"#)
        .ok()
});
/// What may stand before an order without changing it.
static COURTESY: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let polite =
        "(?:please|pls|kindly|hey|hi|hello|ok|okay|now|just|folio|assistant|dear|quickly|then|so|well) (?:, )?";
    let asked = "(?:can|could|would|will) you (?:please |kindly |just |maybe |possibly )*";
    let wished = "(?:i want(?: you)? to|i'd like(?: you)? to|i would like(?: you)? to|i need(?: you)? to|i wish to|i have to|\
        i'd love to|let's|let us|lets|help me(?: to)?|you (?:can|may|should|must)|go ahead and|go and|would you mind if i|time to|we need to|we should|i'm going to|i am going to) ";
    Regex::new(&format!("^(?:{polite}|{asked}|{wished})+")).ok()
});
static COURTESY_AFTER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new("(?: ,)? (?:please|pls|thanks|thank you|thx|now|right now|for me|immediately|at once|will you|would you|ok|okay|asap|today)$").ok()
});

impl Sentence {
    /// Words of `vocabulary` mean themselves; others that are near a command word may be typing errors.
    pub fn of(text: &str, vocabulary: &HashSet<String>) -> Self {
        let asks = text.trim_end().ends_with('?');
        let mut words = split(text);
        for word in &mut words {
            if word.plain != QUOTE.to_string() {
                word.plain = put_right(&word.plain, vocabulary);
            }
        }
        while words.last().is_some_and(|word| is_mark(&word.plain)) {
            words.pop();
        }
        if words.len() > MOST_WORDS {
            words.clear();
        }
        let mut sentence = Self { text: joined(&words), words, asks };
        sentence.take_off_courtesies();
        sentence
    }

    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    pub fn words(&self) -> &[Word] {
        &self.words
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// What was typed where `range` of the text is, and whether it was a quote as a whole.
    pub fn typed(&self, range: Range<usize>) -> Vec<(String, bool)> {
        let (mut at, mut found, mut open): (usize, Vec<(String, bool)>, bool) = (0, Vec::new(), false);
        for word in &self.words {
            let end = at + word.plain.len();
            if at >= range.start && end <= range.end {
                let is_quote = word.plain.starts_with(QUOTE);
                match found.last_mut() {
                    Some((text, false)) if open && !is_quote => {
                        text.push(' ');
                        text.push_str(&word.typed);
                    }
                    _ => found.push((word.typed.clone(), is_quote)),
                }
                open = !is_quote;
            }
            at = end + 1;
        }
        found
    }

    pub fn quoted(&self) -> Vec<String> {
        self.words.iter().filter(|word| word.plain.starts_with(QUOTE)).map(|word| word.typed.clone()).collect()
    }

    /// The words without names and marks.
    pub fn essence(&self) -> String {
        let words = self.words.iter().filter(|word| !is_mark(&word.plain) && !word.plain.starts_with(QUOTE));
        words.map(|word| word.plain.as_str()).collect::<Vec<_>>().join(" ")
    }

    fn take_off_courtesies(&mut self) {
        let cut =
            |pattern: &LazyLock<Option<Regex>>, text: &str| pattern.as_ref()?.find(text).map(|found| found.range());
        if let Some(range) = cut(&COURTESY, &self.text) {
            // a request is no question
            self.asks = self.asks && !self.text[range.clone()].contains(" you ");
            let count = self.text[..range.end].split_whitespace().count();
            self.words.drain(..count);
            self.text = joined(&self.words);
        }
        while let Some(range) = cut(&COURTESY_AFTER, &self.text) {
            let count = self.text[range].split_whitespace().count();
            self.words.truncate(self.words.len() - count);
            self.text = joined(&self.words);
        }
    }
}

pub fn is_mark(word: &str) -> bool {
    matches!(word, "," | ";" | "." | ":" | "!" | "?" | "&" | "\n" | "-" | "–" | "—")
}

fn joined(words: &[Word]) -> String {
    words.iter().map(|word| word.plain.as_str()).collect::<Vec<_>>().join(" ")
}

/// The words as they were typed, in lower case, and what stands in quotes.
pub fn split(text: &str) -> Vec<Word> {
    let Some(quoted) = QUOTED.as_ref() else { return Vec::new() };
    let quote = |typed: &str| Word { plain: QUOTE.to_string(), typed: typed.trim().to_owned() };
    let (mut words, mut at) = (Vec::new(), 0);
    loop {
        let found = quoted.captures_at(text, at);
        let found = found.as_ref().and_then(|found| Some((found.get(0)?, found.iter().skip(1).flatten().next()?)));
        let before = found.map_or(text.len(), |(whole, _)| whole.start());
        if let Some(object) = object_in(text, at..before) {
            plain(&text[at..object.start], &mut words);
            words.push(quote(&text[object.clone()]));
            at = object.end;
            continue;
        }
        plain(&text[at..before.max(at)], &mut words);
        let Some((_, inner)) = found else { return words };
        words.push(quote(inner.as_str()));
        // a mark after ‘quotes’ belongs to the sentence
        at = inner.end() + text[inner.end()..].chars().next().map_or(0, char::len_utf8);
    }
}

/// The first JSON object that begins in `range`: data, which is no more an order than what stands in quotes.
fn object_in(text: &str, range: Range<usize>) -> Option<Range<usize>> {
    let begins = text.get(range.clone())?.match_indices('{').map(|(at, _)| range.start + at);
    begins.into_iter().find_map(|start| {
        let mut objects = serde_json::Deserializer::from_str(&text[start..]).into_iter::<Map<String, Value>>();
        objects.next()?.ok()?;
        Some(start..start + objects.byte_offset())
    })
}

fn plain(text: &str, words: &mut Vec<Word>) {
    let text = text.replace(['’', '‘', '`', '´'], "'").replace(QUOTE, " ");
    for line in text.split_inclusive(['\n', '\r']) {
        for piece in line.split_whitespace() {
            let start = piece.trim_start_matches(['(', '[', '{', '*', '_', '#', '>', '/']);
            let bare = start.trim_end_matches([',', ';', '.', ':', '!', '?', ')', ']', '}', '*', '_']);
            if !bare.is_empty() {
                words.push(Word { plain: bare.to_lowercase(), typed: bare.to_owned() });
            }
            if let Some(mark) = start[bare.len()..].chars().find(|mark| is_mark(&mark.to_string())) {
                words.push(Word { plain: mark.to_string(), typed: mark.to_string() });
            }
        }
        if line.ends_with(['\n', '\r']) && words.last().is_some_and(|word| word.plain != "\n") {
            words.push(Word { plain: ";".into(), typed: "\n".into() });
        }
    }
}

/// The command word that a mistyped one is meant to be.
fn put_right(word: &str, vocabulary: &HashSet<String>) -> String {
    let length = word.chars().count();
    if length < 4
        || KNOWN.contains(word)
        || COMMON.contains(word)
        || vocabulary.contains(word)
        || !word.chars().all(char::is_alphabetic)
    {
        return word.to_owned();
    }
    let allowed = if length >= 8 { 2 } else { 1 };
    let near = KNOWN
        .iter()
        .filter(|known| known.chars().count().abs_diff(length) <= allowed && known.chars().count() >= 4)
        .map(|known| (strsim::osa_distance(word, known), *known))
        .filter(|(distance, known)| *distance <= allowed && known.chars().next() == word.chars().next())
        .min();
    near.map_or_else(|| word.to_owned(), |(_, known)| known.to_owned())
}

/// Words of everyday English that are near a command word and mean themselves.
static COMMON: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    "read real reader leader test text next move more made make made mode moral role rule rope shop chat that what chart
     charts cook look took hook beak boot brook rest lest last lost least cost most then than them there where these those
     remote removed deleted renamed archived exported created disabled enabled chance charge chatter thread threat bread
     show snow slow shot showed shown name named names same game came fame sing king user used uses uses usage page cancer
     stuck task talk tasks walks topic tropic topics model motel modem export expert import expect report resort sport
     store story restored blank black bank setting sitting getting letting settings listing listed listen lists clean clear
     clever dear year near here hear bear fear wipe wife wise drop crop prop close lose rather gather father other mother
     invite invoke backup backed switch stitch which witch change changed charge older elder order folder holder bolder
     deletes removes erases erased wipes wiped clears cleared purges purged destroys destroyed discards discarded
     disables restores drops deplete depletes dispute start smart started stop step study final finally find mind kind fine file films while field pile title little"
        .split_whitespace()
        .collect()
});
