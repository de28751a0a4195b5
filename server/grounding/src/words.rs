//! Words of a text: folded, stemmed, and those that carry content.

use crate::stop_words::is_stop_word;
use rust_stemmers::{Algorithm, Stemmer};
use std::{collections::HashSet, ops::Range};
use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

/// The content words of a text for a full-text query: folded, not stemmed (the index stems by itself), each once.
pub fn keywords(text: &str) -> Vec<String> {
    once(words(text).into_iter().filter(|word| !word.stop).map(|word| word.folded))
}

/// The content terms of a text: folded, stemmed, each once, in order; stop words are left out.
///
/// Two texts about the same thing share many of them, which is what a relevance floor can count.
pub fn terms(text: &str) -> Vec<String> {
    once(words(text).into_iter().filter(|word| !word.stop).map(|word| stem(&word.folded)))
}

/// A word as it stands in a text.
#[derive(Clone, Debug)]
pub(crate) struct Word {
    /// Bytes of the text.
    pub at: Range<usize>,
    /// Lower case, without accents, possessive and typographic variants.
    pub folded: String,
    pub stop: bool,
    /// Whether it begins with a capital letter.
    pub capital: bool,
    /// Whether it was put together from two others that a line end had hyphenated; those are words too.
    pub joined: bool,
}

/// The words of a text in order.
pub(crate) fn words(text: &str) -> Vec<Word> {
    let shouting = !text.contains(char::is_lowercase);
    let mut words: Vec<Word> = Vec::new();
    for (start, raw) in text.unicode_word_indices() {
        if raw.chars().all(|c| matches!(c, '¹' | '²' | '³' | '\u{2070}'..='\u{2079}')) {
            continue; // an exponent or a footnote
        }
        let at = start..start + raw.len();
        let joined = words.last().and_then(|last| join(text, last, &at));
        words.push(word(raw, at, words.is_empty(), shouting));
        words.extend(joined);
    }
    words
}

/// Lower case, compatibility forms and accents resolved: `Café’s` and `ﬁne` become `cafe` and `fine`.
pub(crate) fn fold(raw: &str) -> String {
    if raw.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return raw.to_ascii_lowercase();
    }
    let plain: String = raw
        .nfkd()
        .filter(|c| !matches!(c, '\u{300}'..='\u{36f}' | '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}'))
        .map(|c| if matches!(c, '\u{2018}' | '\u{2019}' | '\u{2bc}') { '\'' } else { c })
        .nfc()
        .flat_map(char::to_lowercase)
        .collect();
    let plain = plain.strip_suffix("'s").unwrap_or(&plain).trim_matches('\'');
    if plain.contains('.') && plain.split('.').all(|part| part.chars().count() <= 1) {
        return plain.replace('.', "");
    }
    plain.to_owned()
}

/// The English stem of a folded word; words of other scripts stay as they are.
pub(crate) fn stem(folded: &str) -> String {
    if folded.len() < 3 || !folded.bytes().all(|b| b.is_ascii_lowercase()) {
        return folded.to_owned();
    }
    Stemmer::create(Algorithm::English).stem(&american(folded)).into_owned()
}

fn word(raw: &str, at: Range<usize>, first: bool, shouting: bool) -> Word {
    let mut folded = fold(raw);
    let capital = raw.starts_with(char::is_uppercase);
    let acronym = raw.chars().filter(|c| c.is_alphabetic()).count() > 1 && !raw.contains(char::is_lowercase);
    let mut stop = is_stop_word(&folded) || folded.is_empty();
    if stop && capital && acronym && !shouting {
        folded = folded.to_uppercase(); // WHO, US and IT are not who, us and it
        stop = false;
    } else if matches!(raw, "A" | "May") && !first && !shouting {
        folded = raw.to_uppercase(); // Plan A; the month
        stop = false;
    }
    Word { at, folded, stop, capital, joined: false }
}

/// `Photo-⏎synthesis` is also `photosynthesis`.
fn join(text: &str, last: &Word, next: &Range<usize>) -> Option<Word> {
    let gap = &text[last.at.end..next.start];
    let broken = gap.starts_with('-') && gap[1..].starts_with(['\n', '\r']) && gap[1..].trim().is_empty();
    let tail = &text[next.clone()];
    (broken && tail.starts_with(char::is_lowercase)).then(|| Word {
        at: last.at.start..next.end,
        folded: format!("{}{}", last.folded, fold(tail)),
        stop: false,
        capital: last.capital,
        joined: true,
    })
}

/// British spellings that a stemmer keeps apart from the American ones.
fn american(folded: &str) -> String {
    let replace = |from: &str, to: &str, least: usize| {
        let base = folded.strip_suffix(from).filter(|_| folded.len() >= least)?;
        Some(format!("{base}{to}"))
    };
    replace("isation", "ization", 8)
        .or_else(|| replace("isations", "izations", 9))
        .or_else(|| replace("ise", "ize", 7))
        .or_else(|| replace("ises", "izes", 8))
        .or_else(|| replace("ised", "ized", 8))
        .or_else(|| replace("ising", "izing", 9))
        .or_else(|| replace("our", "or", 6))
        .or_else(|| replace("ours", "ors", 7))
        .or_else(|| replace("tre", "ter", 5))
        .or_else(|| replace("tres", "ters", 6))
        .unwrap_or_else(|| folded.to_owned())
}

fn once(words: impl Iterator<Item = String>) -> Vec<String> {
    let mut seen = HashSet::new();
    words.filter(|word| seen.insert(word.clone())).collect()
}
