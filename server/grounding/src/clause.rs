//! Clauses: the parts of a sentence within which words belong together.

use crate::numbers::Number;
use crate::reading::{IdSet, Token};
use crate::words::Word;
use std::ops::Range;

/// A clause of a reading, with places in its tokens and numbers.
#[derive(Clone, Debug)]
pub(crate) struct Clause {
    pub tokens: Range<usize>,
    pub numbers: Range<usize>,
    pub ids: IdSet,
}

/// The clauses of a sentence whose tokens know theirs.
pub(crate) fn clauses(tokens: &[Token], numbers: &[Number]) -> Vec<Clause> {
    let mut from = 0;
    let mut clauses = Vec::new();
    for part in tokens.chunk_by(|a, b| a.clause == b.clause) {
        let range = from..from + part.len();
        let first = numbers.partition_point(|number| number.words.start < range.start);
        let last = numbers.partition_point(|number| number.words.start < range.end);
        let mut ids = IdSet::default();
        for token in part {
            ids.insert(token.id);
        }
        from = range.end;
        clauses.push(Clause { tokens: range, numbers: first..last, ids });
    }
    clauses
}

/// The number of the clause that each word stands in: commas, brackets and a few conjunctions begin a new one.
pub(crate) fn number(text: &str, words: &[Word]) -> Vec<usize> {
    let (mut clause, mut end) = (0, 0);
    let mut numbers = Vec::with_capacity(words.len());
    for (at, word) in words.iter().enumerate() {
        let gap = text.get(end..word.at.start).unwrap_or("");
        let parted = gap.contains([',', ';', ':', '(', ')', '—', '–']) && !opens(gap, clause, &words[..at]);
        if at > 0 && (parted || is_conjunction(words, at)) {
            clause += 1;
        }
        numbers.push(clause);
        end = word.at.end;
    }
    numbers
}

/// `At sea level,` at the start of a sentence belongs to what follows.
fn opens(gap: &str, clause: usize, before: &[Word]) -> bool {
    let short = before.len() <= 7 && before.first().is_some_and(|word| PREPOSITIONS.contains(&word.folded.as_str()));
    clause == 0 && short && gap.contains(',')
}

/// A conjunction between two names is part of them: `Pride and Prejudice`.
fn is_conjunction(words: &[Word], at: usize) -> bool {
    let capital = |word: Option<&Word>| word.is_some_and(|word| word.capital);
    let names = capital(at.checked_sub(1).and_then(|before| words.get(before))) && capital(words.get(at + 1));
    CONJUNCTIONS.contains(&words[at].folded.as_str()) && !names
}

const CONJUNCTIONS: &[&str] =
    &["and", "but", "while", "whereas", "or", "although", "though", "against", "versus", "because", "und", "et", "y"];

const PREPOSITIONS: &[&str] = &[
    "at", "in", "on", "off", "by", "for", "from", "during", "with", "within", "without", "after", "before", "since",
    "until", "under", "over", "above", "below", "near", "between", "of", "to",
];
