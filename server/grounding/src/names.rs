//! Names: a sentence about one thing is not supported by a passage about another.

use crate::kin::Kin;
use crate::reading::{IdSet, Reading, Token};
use std::ops::Range;

/// What is known of words from all texts at hand.
#[derive(Default)]
pub(crate) struct Usage {
    /// Words met in lower case.
    lower: IdSet,
    /// Words met with a capital letter inside a sentence.
    capital: IdSet,
}

impl Usage {
    pub fn learn(&mut self, reading: &Reading) {
        for (at, token) in reading.tokens.iter().enumerate() {
            if !token.word.capital {
                self.lower.insert(token.id);
            } else if at > 0 {
                self.capital.insert(token.id);
            }
        }
    }
}

/// Whether a token is a name, or a designation such as `B12`, that a passage must have too.
pub(crate) fn is_name(sentence: &Reading, at: usize, usage: &Usage) -> bool {
    let token = &sentence.tokens[at];
    let word = &token.word;
    if !token.is_content() {
        return false;
    }
    if word.folded.contains(|c: char| c.is_numeric()) {
        return true;
    }
    if !word.capital || TITLES.contains(&word.folded.as_str()) {
        return false;
    }
    if at > 0 {
        return true;
    }
    // The first word of a sentence is capitalised anyway.
    let next_is_capital = sentence.tokens.get(1).is_some_and(|next| next.word.capital && is_next(token, next));
    let inflected = COMMON_ENDINGS.iter().any(|ending| word.folded.ends_with(ending));
    next_is_capital || usage.capital.contains(token.id) || !(usage.lower.contains(token.id) || inflected)
}

/// The names that stand together: `Jane Austen`.
pub(crate) fn runs(sentence: &Reading, names: &[usize]) -> Vec<Range<usize>> {
    let together = |a: &usize, b: &usize| a + 1 == *b && is_next(&sentence.tokens[*a], &sentence.tokens[*b]);
    names.chunk_by(together).filter_map(|run| Some(*run.first()?..run.last()? + 1)).collect()
}

/// Whether the passage has the name at `at`.
pub(crate) fn is_in(sentence: &Reading, at: usize, passage: &[Reading], kin: &Kin) -> bool {
    let token = &sentence.tokens[at];
    let relatives = kin.relatives(token.id);
    let mut tokens = passage.iter().flat_map(|reading| &reading.tokens);
    let is_said = tokens.any(|other| {
        let inflected = other.word.capital && (other.id == token.id || relatives.contains(&other.id));
        other.word.folded == token.word.folded || inflected
    });
    is_said
        || is_given_name(sentence, at, passage)
        || is_acronym_of(token, passage)
        || is_spelt_out(sentence, at, passage)
}

/// `Marie` in `Marie Curie`, where the passage just says `Curie`.
fn is_given_name(sentence: &Reading, at: usize, passage: &[Reading]) -> bool {
    let Some(surname) = sentence.tokens.get(at + 1) else { return false };
    if !surname.word.capital || !surname.is_content() || !is_next(&sentence.tokens[at], surname) {
        return false;
    }
    passage.iter().any(|reading| {
        let mut places = reading.tokens.iter().enumerate().filter(|(_, token)| token.id == surname.id);
        places.any(|(place, _)| {
            let before = place.checked_sub(1).map(|before| &reading.tokens[before]);
            before.is_none_or(|before| !before.word.capital || !before.is_content())
        })
    })
}

/// `WHO`, where the passage says `World Health Organization`.
fn is_acronym_of(token: &Token, passage: &[Reading]) -> bool {
    let letters: Vec<char> = token.word.folded.to_lowercase().chars().collect();
    (2..=6).contains(&letters.len())
        && passage.iter().any(|reading| {
            let initials: Vec<char> = capitals(reading).filter_map(initial).collect();
            initials.windows(letters.len()).any(|run| run == letters)
        })
}

/// `World` in `World Health Organization`, where the passage says `WHO`.
fn is_spelt_out(sentence: &Reading, at: usize, passage: &[Reading]) -> bool {
    let run: Vec<(usize, &Token)> =
        sentence.tokens.iter().enumerate().filter(|(_, token)| token.word.capital && token.is_content()).collect();
    let Some(here) = run.iter().position(|(place, _)| *place == at) else { return false };
    let longest = run.len().min(here + 6);
    (here.saturating_sub(5)..=here).any(|from| {
        (from + 2..=longest).filter(|to| *to > here).any(|to| {
            let acronym: String = run[from..to].iter().filter_map(|(_, token)| initial(token)).collect();
            let mut tokens = passage.iter().flat_map(|reading| &reading.tokens);
            tokens.any(|token| token.word.capital && token.word.folded.to_lowercase() == acronym)
        })
    })
}

fn capitals(reading: &Reading) -> impl Iterator<Item = &Token> {
    reading.tokens.iter().filter(|token| token.word.capital && token.is_content())
}

fn initial(token: &Token) -> Option<char> {
    token.word.folded.chars().next()?.to_lowercase().next()
}

fn is_next(a: &Token, b: &Token) -> bool {
    b.word.at.start.saturating_sub(a.word.at.end) <= 2 && a.clause == b.clause
}

/// A passage may give the name without the title, or with another.
const TITLES: &[&str] = &[
    "president",
    "king",
    "queen",
    "dr",
    "doctor",
    "mr",
    "mrs",
    "ms",
    "sir",
    "lord",
    "lady",
    "prof",
    "professor",
    "saint",
    "general",
    "captain",
    "emperor",
    "empress",
    "pope",
    "minister",
    "chancellor",
    "prince",
    "princess",
    "duke",
    "mayor",
    "councillor",
    "senator",
    "judge",
];

/// A first word that ends so is hardly a name.
const COMMON_ENDINGS: &[&str] =
    &["ing", "ly", "tion", "tions", "ment", "ments", "ness", "ists", "ity", "ities", "ians", "ures", "ages"];
