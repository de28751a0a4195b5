//! Which number belongs to which thing, in a passage that names several.

use crate::clause::Clause;
use crate::numbers::Number;
use crate::reading::{Id, Reading, Token};

/// Whether every number of the sentence stands in the passage, and counts the same thing there.
pub(crate) fn numbers_agree(sentence: &Reading, passage: &[Reading]) -> bool {
    sentence.numbers.iter().all(|number| {
        let found = passage.iter().any(|reading| reading.numbers.iter().any(|other| number.agrees(other)));
        (found || number.soft) && !counts_otherwise(number, sentence, passage)
    })
}

/// `three hearts`, where the passage only knows `two hearts`.
fn counts_otherwise(number: &Number, sentence: &Reading, passage: &[Reading]) -> bool {
    let Some(thing) = counted(number, sentence) else { return false };
    let mut others = passage.iter().flat_map(|reading| {
        let same_thing = |other: &&Number| counted(other, reading).is_some_and(|token| token.id == thing.id);
        reading.numbers.iter().filter(same_thing)
    });
    let mut any = false;
    let agrees = others.any(|other| {
        any = true;
        number.agrees(other)
    });
    any && !agrees
}

/// The content word right after a number.
fn counted<'a>(number: &Number, reading: &'a Reading) -> Option<&'a Token> {
    let token = reading.tokens.get(number.words.end)?;
    (token.is_content() && token.clause == reading.tokens[number.words.start].clause).then_some(token)
}

/// Whether a number or name of the sentence belongs, in the passage, to something else than in the sentence: another
/// clause fits the sentence's clause far better, and has another number or name in that place.
pub(crate) fn is_swapped(sentence: &Reading, opposites: &[Vec<Id>], passage: &[Reading], around: &[Reading]) -> bool {
    let clauses = |readings| Clauses(readings);
    let (passage, around) = (clauses(passage), clauses(around));
    sentence.clauses.iter().any(|own| {
        let numbers = sentence.numbers_in(own);
        let by_number = numbers.iter().any(|number| {
            let here = |reading: &Reading, clause: &Clause| {
                reading.numbers_in(clause).iter().any(|other| number.agrees(other))
            };
            let rival = |reading: &Reading, clause: &Clause| {
                let new = |other: &Number| !numbers.iter().any(|number| number.agrees(other));
                reading.numbers_in(clause).iter().any(|other| number.comparable(other) && new(other))
            };
            let elsewhere = passage.best_fit(sentence, own, here).is_some_and(|best| {
                let rival =
                    around.best_fit(sentence, own, |reading, clause| !here(reading, clause) && rival(reading, clause));
                // The number itself fits only here.
                rival.is_some_and(|rival| rival > 0 && rival >= best - 2 + FAR_BETTER)
            });
            elsewhere || passage.all_oppose(sentence, own, opposites, here)
        });
        by_number
            || names(sentence, own).any(|name| {
                let here = |_: &Reading, clause: &Clause| clause.ids.contains(name.id);
                let rival = |reading: &Reading, clause: &Clause| {
                    !here(reading, clause) && names(reading, clause).any(|other| !sentence.ids.contains(other.id))
                };
                let best = passage.best_fit(sentence, own, here);
                best.is_some_and(|best| {
                    around
                        .best_fit(sentence, own, rival)
                        .is_some_and(|rival| rival > 0 && rival >= best - 2 + FAR_BETTER)
                })
            })
    })
}

/// So many points make a clause the far better fit.
const FAR_BETTER: i32 = 3;

struct Clauses<'a>(&'a [Reading]);

impl Clauses<'_> {
    fn all(&self) -> impl Iterator<Item = (&Reading, &Clause)> {
        self.0.iter().flat_map(|reading| reading.clauses.iter().map(move |clause| (reading, clause)))
    }

    /// How well the best of the clauses that `counts` lets count fits `own`.
    fn best_fit(&self, sentence: &Reading, own: &Clause, counts: impl Fn(&Reading, &Clause) -> bool) -> Option<i32> {
        let counted = self.all().filter(|(reading, clause)| counts(reading, clause));
        counted.map(|(reading, clause)| sentence.fit(own, reading, clause)).max()
    }

    /// Whether each clause that is `here` speaks of the opposite of something in `own`: `front`, not `rear`.
    fn all_oppose(
        &self,
        sentence: &Reading,
        own: &Clause,
        opposites: &[Vec<Id>],
        here: impl Fn(&Reading, &Clause) -> bool,
    ) -> bool {
        let mut here = self.all().filter(|(reading, clause)| here(reading, clause)).peekable();
        here.peek().is_some()
            && here.all(|(_, clause)| {
                own.tokens.clone().any(|at| {
                    let opposed = |id: &Id| clause.ids.contains(*id) && !own.ids.contains(*id);
                    !clause.ids.contains(sentence.tokens[at].id) && opposites[at].iter().any(opposed)
                })
            })
    }
}

/// Capitalised words inside a clause.
fn names<'a>(reading: &'a Reading, clause: &'a Clause) -> impl Iterator<Item = &'a Token> {
    reading.content(clause).filter(|token| token.word.capital && token.place > clause.tokens.start)
}
