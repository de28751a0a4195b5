//! Who does what to whom: `Florey met Chain` has the same words as `Chain met Florey`.

use crate::clause::Clause;
use crate::reading::{Id, Reading, Token};

/// Whether a sentence has things on the other sides of a verb, or of `than`, than the passage has.
pub(crate) fn are_swapped(sentence: &Reading, passage: &[Reading]) -> bool {
    sentence.clauses.iter().flat_map(|clause| relations(sentence, clause)).any(|own| {
        let theirs = passage.iter().flat_map(|reading| {
            let clauses = reading.clauses.iter().filter(|clause| clause.ids.contains(own.pivot));
            clauses.flat_map(|clause| relations(reading, clause))
        });
        let mut theirs: Vec<Relation> = theirs.filter(|theirs| theirs.pivot == own.pivot).collect();
        theirs.retain(|theirs| theirs.passive == own.passive);
        theirs.iter().any(|theirs| own.crosses(theirs)) && !theirs.iter().any(|theirs| own.agrees(theirs))
    })
}

/// A word of a clause with the things on both sides of it; what follows a preposition is none of them.
struct Relation {
    pivot: Id,
    left: Vec<Thing>,
    right: Vec<Thing>,
    passive: bool,
}

#[derive(Clone, Copy)]
struct Thing {
    id: Id,
    name: bool,
}

impl Relation {
    fn agrees(&self, other: &Self) -> bool {
        shared(&self.left, &other.left) && shared(&self.right, &other.right) && !self.crosses(other)
    }

    /// Two things have changed sides, or a name has.
    fn crosses(&self, other: &Self) -> bool {
        let leaves = crossing(&self.left, &other.right, &other.left);
        let enters = crossing(&self.right, &other.left, &other.right);
        let alone = leaves.is_some_and(|thing| thing.name) && !shared(&self.left, &other.left);
        (leaves.is_some() && enters.is_some()) || alone
    }
}

/// A thing that the other has on the other side only.
fn crossing(own: &[Thing], across: &[Thing], same: &[Thing]) -> Option<Thing> {
    own.iter().copied().find(|thing| has(across, thing.id) && !has(same, thing.id))
}

fn relations<'a>(reading: &'a Reading, clause: &Clause) -> impl Iterator<Item = Relation> + use<'a> {
    let tokens = &reading.tokens[clause.tokens.clone()];
    let things: Vec<Option<Thing>> = (0..tokens.len()).map(|at| thing(tokens, at)).collect();
    let is_pivot = |at: &usize| tokens[*at].word.folded == "than" || is_verb_like(tokens, *at, things[*at]);
    let pivots: Vec<usize> = (0..tokens.len()).filter(is_pivot).collect();
    pivots.into_iter().map(move |at| {
        let side = |range: &[Option<Thing>]| range.iter().copied().flatten().collect();
        let before = &tokens[at.saturating_sub(3)..at];
        let passive = tokens[at].is_content() && before.iter().any(|token| BE.contains(&token.word.folded.as_str()));
        Relation { pivot: tokens[at].id, left: side(&things[..at]), right: side(&things[at + 1..]), passive }
    })
}

/// The thing at `at`, if it is one and does not follow a preposition.
fn thing(tokens: &[Token], at: usize) -> Option<Thing> {
    let token = tokens.get(at).filter(|token| token.is_content())?;
    let mut start = at;
    while start > 0 && qualifies(&tokens[start - 1]) && tokens[start - 1].touches(&tokens[start]) {
        start -= 1;
    }
    let gap = tokens[..start].iter().rev().take_while(|token| token.word.stop).take(2);
    let follows_preposition = gap.into_iter().any(|token| PREPOSITIONS.contains(&token.word.folded.as_str()));
    (!follows_preposition).then_some(Thing { id: token.id, name: token.word.capital })
}

/// Whether a word belongs to the thing that it stands before: not `1956` in `in 1956 Egypt`.
fn qualifies(token: &Token) -> bool {
    token.is_content() || (token.in_number && token.word.folded.len() != 4)
}

/// Whether the word at `at` may be a verb: no name, and not with an article.
fn is_verb_like(tokens: &[Token], at: usize, thing: Option<Thing>) -> bool {
    let before = at.checked_sub(1).map(|before| tokens[before].word.folded.as_str());
    thing.is_some_and(|thing| !thing.name) && !before.is_some_and(|before| DETERMINERS.contains(&before))
}

fn shared(a: &[Thing], b: &[Thing]) -> bool {
    a.iter().any(|thing| has(b, thing.id))
}

fn has(things: &[Thing], id: Id) -> bool {
    things.iter().any(|thing| thing.id == id)
}

const DETERMINERS: &[&str] =
    &["a", "an", "the", "this", "that", "these", "those", "its", "his", "her", "their", "our", "your", "my", "no"];

const BE: &[&str] = &["is", "are", "was", "were", "be", "been", "being"];

const PREPOSITIONS: &[&str] = &[
    "at", "in", "on", "off", "for", "from", "during", "with", "within", "without", "after", "before", "since", "until",
    "under", "over", "above", "below", "near", "between", "of", "into", "through", "about", "around", "as", "like",
];
