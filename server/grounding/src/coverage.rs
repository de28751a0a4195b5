//! How much of what a sentence says in content words and numbers a passage says too.

use crate::clause::Clause;
use crate::kin::Kin;
use crate::lexicon;
use crate::reading::{Id, IdSet, Reading, Token, Vocabulary, number_key};
use crate::verdict::Claim;

/// The content of a sentence, weighed.
pub(crate) struct Content {
    /// One for each token; those that carry nothing, or were counted already, have no weight.
    words: Vec<Item>,
    numbers: Vec<Item>,
    total: f32,
}

#[derive(Default)]
struct Item {
    /// Ids that match it, with how well.
    ids: Vec<(Id, f32)>,
    weight: f32,
}

impl Content {
    /// Weighs the content of a sentence: words that few of the `readings` have, long ones, things and names weigh more.
    pub fn of<'a>(
        claim: &Claim,
        readings: impl Iterator<Item = &'a Reading> + Clone,
        vocabulary: &Vocabulary,
        kin: &Kin,
    ) -> Self {
        let tokens = &claim.reading.tokens;
        let mut seen = IdSet::default();
        let words: Vec<Item> = tokens
            .iter()
            .map(|token| {
                if !token.is_content() || seen.contains(token.id) {
                    return Item::default();
                }
                seen.insert(token.id);
                let weight = kind_weight(claim, token) * length_weight(&token.word.folded);
                Item { ids: matches(token.id, kin), weight: weight * rarity(token.id, readings.clone()) }
            })
            .collect();
        let numbers = claim.reading.numbers.iter().filter_map(|number| {
            let id = vocabulary.get(&number_key(number))?;
            Some(Item { ids: vec![(id, 1.0)], weight: if number.soft { 0.4 } else { 1.2 } })
        });
        let numbers: Vec<Item> = numbers.collect();
        let total = words.iter().chain(&numbers).map(|item| item.weight).sum();
        Self { words, numbers, total }
    }

    /// The share of the weight that the passage has.
    pub fn coverage(&self, passage: &[Reading]) -> f32 {
        let had = self.words.iter().chain(&self.numbers).map(|item| item.weight * item.credit(passage)).sum();
        self.share(had)
    }

    /// The share of the weight that a pronoun of the passage may stand for.
    pub fn implied(&self, claim: &Claim, passage: &[Reading], before: &[Reading]) -> f32 {
        let implied = claim.implied(passage, before);
        self.share(implied.into_iter().map(|at| self.words[at].weight * 0.7).sum())
    }

    /// Whether the passage has something else for a word of the sentence, as it `contains copper`, not `contains iron`,
    /// or nothing at all for a clause.
    pub fn is_off(&self, claim: &Claim, passage: &[Reading], implied: &[usize]) -> bool {
        let sentence = &claim.reading;
        let item = |token: &Token| &self.words[token.place];
        let missing = |token: &Token| item(token).credit(passage) == 0.0 && !implied.contains(&token.place);
        let empty = |clause: &Clause| {
            let mut content = sentence.content(clause).filter(|token| item(token).weight > LIGHT).peekable();
            content.peek().is_some() && sentence.numbers_in(clause).is_empty() && content.all(missing)
        };
        sentence.clauses.iter().any(empty)
            || pairs(sentence).any(|pair| self.is_replaced(&pair, claim, passage, implied))
    }

    fn is_replaced(&self, pair: &Pair, claim: &Claim, passage: &[Reading], implied: &[usize]) -> bool {
        let sentence = &claim.reading;
        let item = &self.words[pair.second.place];
        let lacks = |reading: &&Reading| item.credit(std::slice::from_ref(*reading)) == 0.0;
        let otherwise = |reading: &Reading| {
            pairs(reading).any(|theirs| theirs.begins_like(pair) && !sentence.ids.contains(theirs.second.id))
        };
        // A sentence that says it of somebody else does not count.
        let named = |reading: &Reading| {
            let names = claim.names.iter().map(|at| &sentence.tokens[*at]);
            let mut names = names.filter(|name| name.clause == pair.first.clause);
            names.all(|name| reading.ids.contains(name.id) || implied.contains(&name.place))
        };
        let same = |reading: &Reading| {
            let says = |theirs: Pair| theirs.first.id == pair.first.id && theirs.second.id == pair.second.id;
            named(reading) && pairs(reading).any(says)
        };
        item.weight > LIGHT
            && pair.goes_on_with_noun(sentence)
            && passage.iter().filter(lacks).any(otherwise)
            && !passage.iter().any(same)
    }

    fn share(&self, part: f32) -> f32 {
        if self.total > 0.0 { part / self.total } else { 0.0 }
    }
}

impl Item {
    fn credit(&self, readings: &[Reading]) -> f32 {
        let found = self.ids.iter().filter(|(id, _)| readings.iter().any(|reading| reading.ids.contains(*id)));
        found.map(|(_, credit)| *credit).fold(0.0, f32::max)
    }
}

/// Neighbouring content words of a clause, with the words between them.
struct Pair<'a> {
    first: &'a Token,
    between: &'a [Token],
    second: &'a Token,
}

fn pairs(reading: &Reading) -> impl Iterator<Item = Pair<'_>> {
    let content = reading.tokens.iter().filter(|token| token.is_content());
    let next = content.clone().skip(1);
    content.zip(next).filter(|(first, second)| first.clause == second.clause).map(|(first, second)| Pair {
        first,
        between: &reading.tokens[first.place + 1..second.place],
        second,
    })
}

impl Pair<'_> {
    fn begins_like(&self, other: &Self) -> bool {
        let words = |pair: &Self| pair.between.iter().map(|token| token.word.folded.clone()).collect::<Vec<_>>();
        self.first.id == other.first.id && words(self) == words(other) && !lexicon::is_light(&self.second.word.folded)
    }

    /// Whether the second word is a thing: there are many verbs for the same.
    fn goes_on_with_noun(&self, reading: &Reading) -> bool {
        if let Some(last) = self.between.last() {
            return NOUN_FOLLOWS.contains(&last.word.folded.as_str());
        }
        let mut start = self.first.place;
        while start > 0
            && reading.tokens[start - 1].touches(&reading.tokens[start])
            && !reading.tokens[start - 1].word.stop
        {
            start -= 1;
        }
        let before = start.checked_sub(1).map(|at| reading.tokens[at].word.folded.as_str());
        !self.first.word.capital && !before.is_some_and(|before| NOUN_FOLLOWS.contains(&before))
    }
}

fn matches(id: Id, kin: &Kin) -> Vec<(Id, f32)> {
    let relatives = kin.relatives(id).iter().map(|relative| (*relative, 0.8));
    [(id, 1.0)].into_iter().chain(relatives).collect()
}

fn kind_weight(claim: &Claim, token: &Token) -> f32 {
    let before = token.place.checked_sub(1).map(|at| claim.reading.tokens[at].word.folded.as_str());
    if claim.names.contains(&token.place) {
        NAME
    } else if lexicon::is_light(&token.word.folded) {
        LIGHT
    } else if before.is_some_and(|before| NOUN_FOLLOWS.contains(&before)) {
        NOUN
    } else {
        1.0
    }
}

const NAME: f32 = 1.6;
const NOUN: f32 = 1.25;
const LIGHT: f32 = 0.5;

/// From 0.75 for a word that is in every sentence to 1.25 for one that is in none.
fn rarity<'a>(id: Id, readings: impl Iterator<Item = &'a Reading>) -> f32 {
    let (mut having, mut all) = (0_u16, 0_u16);
    for reading in readings {
        all = all.saturating_add(1);
        having = having.saturating_add(u16::from(reading.ids.contains(id)));
    }
    1.25 - 0.5 * f32::from(having) / f32::from(all.max(1))
}

fn length_weight(folded: &str) -> f32 {
    let letters = u8::try_from(folded.chars().count().clamp(4, 10)).unwrap_or(10);
    1.0 + 0.08 * f32::from(letters - 4)
}

const NOUN_FOLLOWS: &[&str] = &[
    "a", "an", "the", "of", "in", "for", "with", "by", "from", "its", "his", "her", "their", "no", "every", "each",
    "some", "any", "on", "at", "into", "than", "as",
];
