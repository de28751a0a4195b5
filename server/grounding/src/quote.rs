//! The sentence of a passage to show first for a question.

use crate::reading::is_pronoun;
use crate::{lexicon, sentences, spans, words};
use folio_types::Span;
use std::collections::HashSet;
use std::ops::Range;

/// A quote shorter than this, in bytes, takes the next sentence along: alone it says too little.
const SHORT: usize = 80;

/// The sentence of `passage` that says most about what `question` asks, with the next one where it is short; the first
/// one if none says anything, and an empty span for a passage without words.
///
/// A question in the passage answers nothing: what speaks for it speaks for the sentence behind it.
pub fn best_quote(question: &str, passage: &str) -> Span {
    let asked = Asked::of(question);
    let ranges = sentences::ranges(passage);
    let keys: Vec<HashSet<String>> = ranges.iter().map(|range| content(&passage[range.clone()])).collect();
    let score = |at: usize| {
        let before = at.checked_sub(1).map(|before| &keys[before]);
        asked.score(&passage[ranges[at].clone()], &keys[at], before, &keys)
    };
    let asks = |at: usize| passage[ranges[at].clone()].ends_with('?');
    let mut best: Option<(usize, f32)> = None;
    for at in 0..ranges.len() {
        let behind = asks(at) && at + 1 < ranges.len();
        let (place, score) = (if behind { at + 1 } else { at }, score(at));
        if best.is_none_or(|(_, highest)| score > highest) {
            best = Some((place, score));
        }
    }
    let range: Option<Range<usize>> = best.map(|(at, _)| {
        let Range { start, end } = ranges[at].clone();
        let next = ranges.get(at + 1).filter(|_| end - start < SHORT && !asks(at + 1));
        start..next.map_or(end, |next| next.end)
    });
    range.and_then(|range| spans::spans_of(passage, &[range]).pop()).unwrap_or(Span { start: 0, end: 0 })
}

/// Questions for a measure.
const HOW: &[&str] = &[
    "how long",
    "how old",
    "how far",
    "how tall",
    "how high",
    "how big",
    "how large",
    "how deep",
    "how fast",
    "how heavy",
    "how hot",
    "how often",
];

struct Asked {
    keys: HashSet<String>,
    wants_number: bool,
    wants_name: bool,
}

impl Asked {
    fn of(question: &str) -> Self {
        let lower = question.to_lowercase();
        let asks = |phrases: &[&str]| phrases.iter().any(|phrase| lower.contains(phrase));
        Self {
            keys: content(question),
            wants_number: asks(&["when", "what year", "which year", "how many", "how much"])
                || HOW.iter().any(|word| lower.contains(word)),
            wants_name: asks(&["who ", "whom", "whose", "where "]),
        }
    }

    fn score(
        &self,
        sentence: &str,
        has: &HashSet<String>,
        before: Option<&HashSet<String>>,
        all: &[HashSet<String>],
    ) -> f32 {
        let weigh = |key: &String| {
            let having = all.iter().filter(|keys| keys.contains(key)).count();
            1.0 / small(having.max(1)).sqrt()
        };
        let own: f32 = self.keys.iter().filter(|key| has.contains(*key)).map(weigh).sum();
        if own == 0.0 {
            return 0.0;
        }
        let words = words::words(sentence);
        let refers_back = words.iter().take(4).any(|word| is_pronoun(&word.folded));
        let meant =
            |key: &&String| refers_back && !has.contains(*key) && before.is_some_and(|keys| keys.contains(*key));
        let shared = own + 0.7 * self.keys.iter().filter(meant).map(weigh).sum::<f32>();
        let number = self.wants_number && sentence.contains(|c: char| c.is_numeric());
        let name = self.wants_name && words.iter().skip(1).any(|word| word.capital && !word.stop);
        let finished = sentence.ends_with(|c: char| !c.is_alphanumeric());
        let bonus = |yes: bool, by: f32| if yes { by } else { 0.0 };
        // A long sentence shares words by chance; a heading says nothing.
        let length = 1.0 + 0.01 * small(has.len());
        (shared + bonus(number, 0.4) + bonus(name, 0.3)) / length + bonus(finished, 0.3)
    }
}

fn content(text: &str) -> HashSet<String> {
    words::words(text).into_iter().filter(|word| !word.stop).map(|word| lexicon::key(&word.folded)).collect()
}

fn small(count: usize) -> f32 {
    f32::from(u16::try_from(count).unwrap_or(u16::MAX))
}
