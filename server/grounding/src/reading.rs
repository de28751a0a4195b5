//! A sentence, read: its words as ids, its clauses, numbers, and what it denies or hedges.

use crate::clause::{self, Clause};
use crate::numbers::{self, Number};
use crate::polarity::{self, Operator};
use crate::words::{self, Word};
use crate::{lexicon, markers, opposites};
use std::collections::HashMap;

/// A key of the lexicon, numbered so that comparing is cheap.
pub(crate) type Id = u32;

/// The ids of all keys met so far.
#[derive(Default)]
pub(crate) struct Vocabulary {
    ids: HashMap<String, Id>,
    keys: Vec<String>,
    /// Folded words met before: their id, and that of the word they deny.
    words: HashMap<String, (Id, Option<Id>)>,
}

impl Vocabulary {
    pub fn id(&mut self, key: String) -> Id {
        if let Some(id) = self.ids.get(&key) {
            return *id;
        }
        let id = Id::try_from(self.keys.len()).unwrap_or(Id::MAX);
        self.keys.push(key.clone());
        self.ids.insert(key, id);
        id
    }

    pub fn get(&self, key: &str) -> Option<Id> {
        self.ids.get(key).copied()
    }

    pub fn key(&self, id: Id) -> &str {
        self.keys.get(id as usize).map_or("", String::as_str)
    }

    fn word(&mut self, folded: &str) -> (Id, Option<Id>) {
        if let Some(known) = self.words.get(folded) {
            return *known;
        }
        let id = self.id(lexicon::key(folded));
        let denies = opposites::without_prefix(folded).map(|key| self.id(key));
        self.words.insert(folded.to_owned(), (id, denies));
        (id, denies)
    }
}

/// A set of ids, one bit each.
#[derive(Clone, Debug, Default)]
pub(crate) struct IdSet(Vec<u64>);

impl IdSet {
    pub fn insert(&mut self, id: Id) {
        let slot = id as usize / 64;
        if self.0.len() <= slot {
            self.0.resize(slot + 1, 0);
        }
        self.0[slot] |= 1 << (id % 64);
    }

    pub fn contains(&self, id: Id) -> bool {
        self.0.get(id as usize / 64).is_some_and(|bits| bits & (1 << (id % 64)) != 0)
    }
}

/// A word in its sentence.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub id: Id,
    /// For `impossible`, the id of `possible`.
    pub denies: Option<Id>,
    pub word: Word,
    /// Its place among the tokens.
    pub place: usize,
    /// Counted from 0 within the sentence.
    pub clause: usize,
    /// Whether it belongs to one of the numbers.
    pub in_number: bool,
}

impl Token {
    /// Whether nothing but a space or hyphen stands before the next one.
    pub fn touches(&self, next: &Self) -> bool {
        self.clause == next.clause && next.word.at.start.saturating_sub(self.word.at.end) <= 1
    }

    /// Whether it is a word that a supporting passage should have.
    pub fn is_content(&self) -> bool {
        !self.word.stop && !self.in_number
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Reading {
    pub tokens: Vec<Token>,
    /// The ids of all words, and those of the numbers' values.
    pub ids: IdSet,
    pub numbers: Vec<Number>,
    pub operators: Vec<Operator>,
    /// All words run together, which is equal for equal wording whatever the hyphens and line ends.
    pub letters: String,
    pub clauses: Vec<Clause>,
    /// How many pronouns may refer to something said before.
    pub pronouns: usize,
}

impl Reading {
    pub fn of(text: &str, vocabulary: &mut Vocabulary) -> Self {
        let text = &*markers::mask(text);
        let words = words::words(text);
        let numbers = numbers::numbers(text, &words);
        let clauses = clause::number(text, &words);
        let letters = words.iter().filter(|word| !word.joined).map(|word| word.folded.as_str()).collect();
        let mut ids = IdSet::default();
        let mut tokens: Vec<Token> = Vec::with_capacity(words.len());
        for (place, (word, clause)) in words.into_iter().zip(clauses).enumerate() {
            let (id, denies) = vocabulary.word(&word.folded);
            ids.insert(id);
            tokens.push(Token { id, denies, word, place, clause, in_number: false });
        }
        for number in &numbers {
            tokens[number.words.clone()].iter_mut().for_each(|token| token.in_number = true);
            ids.insert(vocabulary.id(number_key(number)));
        }
        let operators = polarity::operators(&tokens);
        let pronouns = tokens.iter().filter(|token| is_pronoun(&token.word.folded)).count();
        let clauses = clause::clauses(&tokens, &numbers);
        Self { tokens, ids, numbers, operators, letters, clauses, pronouns }
    }

    /// The content words of a clause.
    pub fn content(&self, clause: &Clause) -> impl Iterator<Item = &Token> + Clone {
        self.tokens[clause.tokens.clone()].iter().filter(|token| token.is_content())
    }

    /// The numbers in a clause.
    pub fn numbers_in(&self, clause: &Clause) -> &[Number] {
        &self.numbers[clause.numbers.clone()]
    }

    /// How well a clause of `other` speaks of what a clause of this one does: two points for a content word or number
    /// that both have, one lost for a word that only the other has.
    pub fn fit(&self, own: &Clause, other: &Self, theirs: &Clause) -> i32 {
        let words = self.content(own).filter(|token| theirs.ids.contains(token.id)).count();
        let agreed = |number: &&Number| other.numbers_in(theirs).iter().any(|other| number.agrees(other));
        let numbers = self.numbers_in(own).iter().filter(agreed).count();
        let extra = other.content(theirs).filter(|token| !self.ids.contains(token.id)).count();
        points(words + numbers) * 2 - points(extra.min(4))
    }

    /// Whether one of these folded words occurs.
    pub fn says(&self, folded: &[&str]) -> bool {
        self.tokens.iter().any(|token| folded.contains(&token.word.folded.as_str()))
    }
}

fn points(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX / 4)
}

/// The key of a number's value, which is among a reading's ids too.
pub(crate) fn number_key(number: &Number) -> String {
    format!("#{}", number.value)
}

/// Whether a word refers to something said before.
pub(crate) fn is_pronoun(folded: &str) -> bool {
    PRONOUNS.contains(&folded)
}

const PRONOUNS: &[&str] = &[
    "he", "she", "it", "they", "his", "her", "hers", "its", "their", "theirs", "him", "them", "this", "these", "there",
    "er", "sie", "es", "il", "elle",
];
