//! How much of what a sentence says in content words and numbers a passage says too.

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
    pub fn of<'a>(claim: &Claim, readings: impl Iterator<Item = &'a Reading> + Clone, vocabulary: &Vocabulary) -> Self {
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
                Item { ids: matches(token, vocabulary), weight: weight * rarity(token.id, readings.clone()) }
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

    /// Whether the passage has something else for a word of the sentence: `contains copper`, not `contains iron`.
    pub fn is_replaced(&self, sentence: &Reading, passage: &[Reading]) -> bool {
        pairs(sentence).any(|(before, between, token)| {
            let item = &self.words[token.place];
            let missing = item.weight > 0.0 && item.credit(passage) == 0.0;
            missing && passage.iter().any(|reading| continues_otherwise(before, between, reading, sentence))
        })
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
fn pairs(reading: &Reading) -> impl Iterator<Item = (&Token, &[Token], &Token)> {
    let content = reading.tokens.iter().filter(|token| token.is_content());
    let next = content.clone().skip(1);
    content
        .zip(next)
        .filter(|(a, b)| a.clause == b.clause)
        .map(|(a, b)| (a, &reading.tokens[a.place + 1..b.place], b))
}

/// Whether a passage goes on after the same words with something that the sentence does not say.
fn continues_otherwise(before: &Token, between: &[Token], reading: &Reading, sentence: &Reading) -> bool {
    let words = |tokens: &[Token]| tokens.iter().map(|token| token.word.folded.clone()).collect::<Vec<_>>();
    let between = words(between);
    if between.iter().any(|word| AUXILIARIES.contains(&word.as_str())) {
        return false; // what follows is a verb, of which there are many for the same
    }
    pairs(reading)
        .any(|(first, gap, next)| first.id == before.id && !sentence.ids.contains(next.id) && words(gap) == between)
}

fn matches(token: &Token, vocabulary: &Vocabulary) -> Vec<(Id, f32)> {
    let key = lexicon::key(&token.word.folded);
    let relatives = lexicon::relatives(&key).filter_map(|relative| vocabulary.get(&relative));
    [(token.id, 1.0)].into_iter().chain(relatives.map(|id| (id, 0.8))).collect()
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

const AUXILIARIES: &[&str] =
    &["is", "are", "was", "were", "be", "been", "has", "have", "had", "to", "will", "must", "can"];

const NOUN_FOLLOWS: &[&str] = &[
    "a", "an", "the", "of", "in", "for", "with", "by", "from", "its", "his", "her", "their", "no", "every", "each",
    "some", "any",
];
