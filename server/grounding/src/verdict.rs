//! Whether a passage that shares a sentence's words says what the sentence says.

use crate::clause::Clause;
use crate::kin::Kin;
use crate::names::{self, Usage};
use crate::reading::{Id, Reading, Token, is_pronoun};
use crate::{binding, lexicon, opposites, polarity, roles};
use std::ops::Range;

/// A sentence of an answer with what the checks need to know about it.
pub(crate) struct Claim {
    pub reading: Reading,
    /// For each token, the ids of the words that say the opposite.
    pub opposites: Vec<Vec<Id>>,
    /// The tokens that are names.
    pub names: Vec<usize>,
    /// The names that stand together.
    runs: Vec<Range<usize>>,
    /// Definite things, such as `the pump`.
    things: Vec<Range<usize>>,
}

/// The sentences that may support a claim.
pub(crate) struct Evidence<'a> {
    /// One or two neighbouring sentences.
    pub passage: &'a [Reading],
    /// The few before, where a pronoun of the passage may find its name.
    pub before: &'a [Reading],
    /// All of the text that the passage stands in.
    pub around: &'a [Reading],
}

impl Claim {
    pub fn new(reading: Reading, usage: &Usage, kin: &Kin) -> Self {
        let opposites = reading.tokens.iter().map(|token| kin.opposites(token.id).to_vec()).collect();
        let names = (0..reading.tokens.len()).filter(|at| names::is_name(&reading, *at, usage)).collect::<Vec<_>>();
        let runs = names::runs(&reading, &names);
        let things = definite(&reading.tokens);
        Self { reading, opposites, names, runs, things }
    }

    /// Whether the passage agrees in numbers, names and the order of things.
    pub fn agrees(&self, evidence: &Evidence, kin: &Kin) -> bool {
        let Evidence { passage, around, .. } = evidence;
        binding::numbers_agree(&self.reading, passage)
            && self.names_agree(evidence, kin)
            && !self.overclaims(passage)
            && !matches!(passage, [first, second] if !self.coheres(first, second))
            && !roles::are_swapped(&self.reading, passage)
            && !binding::is_swapped(&self.reading, &self.opposites, passage, around)
    }

    /// Whether the passage denies what the sentence says or says the opposite.
    pub fn is_contradicted(&self, passage: &[Reading]) -> bool {
        opposites::contradict(&self.reading, &self.opposites, passage)
            || !polarity::agrees(&self.reading, &self.opposites, passage)
    }

    fn names_agree(&self, evidence: &Evidence, kin: &Kin) -> bool {
        let implied = self.implied(evidence.passage, evidence.before);
        let missing = |at: &usize| !names::is_in(&self.reading, *at, evidence.passage, kin);
        self.names.iter().filter(|at| missing(at)).all(|at| implied.contains(at))
    }

    /// The tokens that the passage lacks, but that a pronoun of it may stand for, because they are named shortly
    /// before: what the sentence begins with, and as many names as there are pronouns.
    pub fn implied(&self, passage: &[Reading], before: &[Reading]) -> Vec<usize> {
        let pronouns: usize = passage.iter().map(|reading| reading.pronouns).sum();
        if pronouns == 0 || before.is_empty() {
            return Vec::new();
        }
        let tokens = &self.reading.tokens;
        let said = |at: usize, by: &[Reading]| by.iter().any(|reading| reading.ids.contains(tokens[at].id));
        let content = (0..tokens.len()).filter(|at| tokens[*at].is_content());
        let first = content.take_while(|at| !said(*at, passage)).take(3).filter(|at| said(*at, before));
        let named = |run: &&Range<usize>| (*run).clone().all(|at| !said(at, passage) && said(at, before));
        let names = self.runs.iter().chain(&self.things).filter(named).take(pronouns).flat_map(Clone::clone);
        let mut implied: Vec<usize> = first.chain(names).collect();
        implied.sort_unstable();
        implied.dedup();
        implied
    }

    /// Whether two sentences speak of one thing, and each clause of the sentence has most of its content in one of them:
    /// words strewn over both, which may speak of different things, say nothing.
    fn coheres(&self, first: &Reading, second: &Reading) -> bool {
        if !goes_on_from(first, second) {
            return false;
        }
        let implied = self.implied(std::slice::from_ref(second), std::slice::from_ref(first));
        let holds = |clause: &Clause, reading: &Reading, implied: &[usize]| {
            let has = |token: &&Token| reading.ids.contains(token.id) || implied.contains(&token.place);
            let content = || self.reading.content(clause);
            let named = content().filter(|token| self.names.contains(&token.place)).all(|token| has(&token));
            named && content().filter(has).count() * 4 >= content().count() * 3
        };
        self.reading.clauses.iter().all(|clause| holds(clause, first, &[]) || holds(clause, second, &implied))
    }

    /// `All` where the passage says `some`, and `only` where it does not.
    fn overclaims(&self, passage: &[Reading]) -> bool {
        let says = |words: &[&str]| passage.iter().any(|reading| reading.says(words));
        let all = self.reading.says(ALL) && !says(ALL) && says(PART) && !self.reading.says(PART);
        let only = self.reading.says(ONLY) && !says(ONLY) && !says(EXCEPT);
        all || only
    }
}

/// Whether the second sentence names again what the first one speaks of, or means it by a pronoun; one that comes
/// later, as in `make backups, and keep them safe`, means something in its own sentence.
fn goes_on_from(first: &Reading, second: &Reading) -> bool {
    let named =
        |token: &Token| token.is_content() && !lexicon::is_light(&token.word.folded) && first.ids.contains(token.id);
    second.tokens.iter().any(|token| named(token) || token.clause == 0 && is_pronoun(&token.word.folded))
}

/// Single words after `the`.
fn definite(tokens: &[Token]) -> Vec<Range<usize>> {
    let ends = |at: usize| tokens.get(at + 1).is_none_or(|next| !next.is_content() || next.clause != tokens[at].clause);
    let is_one = |at: &usize| tokens[*at].is_content() && tokens[*at - 1].word.folded == "the" && ends(*at);
    (1..tokens.len()).filter(is_one).map(|at| at..at + 1).collect()
}

const ALL: &[&str] = &["all", "every", "each", "always", "entire", "entirely", "whole", "completely", "everyone"];
const PART: &[&str] =
    &["some", "many", "most", "mostly", "several", "few", "often", "sometimes", "usually", "half", "part", "partly"];
const ONLY: &[&str] = &["only", "solely", "exclusively"];
const EXCEPT: &[&str] = &["just", "single", "sole", "unless", "without", "except", "alone", "until", "merely"];
