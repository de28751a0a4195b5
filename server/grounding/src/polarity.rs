//! What a sentence denies or hedges, and whether two sentences agree in it.

use crate::reading::{Id, Reading, Token};

/// A word that denies or hedges, with the content words it governs.
#[derive(Clone, Debug)]
pub(crate) struct Operator {
    pub kind: Kind,
    /// Up to three: those after it, or, as in `tripods are not`, those before it.
    pub scope: Vec<Id>,
    /// The content words of its clause, unless it only denies a noun.
    near: Vec<Id>,
    /// Where it stands.
    clause: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Negation,
    Hedge,
}

/// The operators of a sentence.
pub(crate) fn operators(tokens: &[Token]) -> Vec<Operator> {
    let operator = |(at, token): (usize, &Token)| {
        let kind = kind(tokens, at)?;
        let clause = tokens.iter().filter(|other| other.clause == token.clause && other.is_content());
        let near = if denies_clause(tokens, at) { clause.map(|token| token.id).collect() } else { Vec::new() };
        Some(Operator { kind, scope: scope(tokens, at), near, clause: token.clause })
    };
    tokens.iter().enumerate().filter_map(operator).collect()
}

/// Whether a reading denies a word.
pub(crate) fn denied(reading: &Reading, id: Id) -> bool {
    negations(reading).any(|operator| operator.scope.contains(&id))
}

/// Whether the sentence denies what the passage denies of the words that both have, and nothing else.
pub(crate) fn agrees(sentence: &Reading, opposites: &[Vec<Id>], passage: &[Reading]) -> bool {
    let denials_found = negations(sentence).all(|own| is_denied_by(own, sentence, opposites, passage));
    let denials_kept = passage.iter().all(|reading| {
        negations(reading).all(|theirs| is_kept(theirs, reading, sentence, opposites) || is_only_if(reading, sentence))
    });
    let hedges_kept = passage.iter().all(|reading| {
        hedges(reading).all(|theirs| !governs(theirs, sentence) || sentence.says(HEDGED) || has_hedge(sentence))
    });
    denials_found && denials_kept && hedges_kept && !is_only_denied(sentence, passage)
}

/// Whether the passage denies what the sentence denies, or says the opposite of it.
fn is_denied_by(own: &Operator, sentence: &Reading, opposites: &[Vec<Id>], passage: &[Reading]) -> bool {
    let same = passage.iter().any(|reading| {
        let said = own.scope.iter().filter(|id| reading.ids.contains(**id)).count();
        let speaks_of_it = said * 2 >= own.scope.len();
        let loosely = |theirs: &Operator| speaks_of_it && theirs.scope.iter().any(|id| own.near.contains(id));
        negations(reading).any(|theirs| own.scope.is_empty() || overlap(own, theirs) || loosely(theirs))
    });
    same || own.scope.iter().any(|id| {
        let opposites = sentence.tokens.iter().zip(opposites).filter(|(token, _)| token.id == *id);
        let mut opposites = opposites.flat_map(|(_, opposites)| opposites);
        let by_table = opposites.any(|opposite| passage.iter().any(|reading| reading.ids.contains(*opposite)));
        by_table || passage.iter().flat_map(|reading| &reading.tokens).any(|token| token.denies == Some(*id))
    })
}

/// Whether what the passage denies is denied by the sentence too, or is nothing that the sentence says.
fn is_kept(theirs: &Operator, reading: &Reading, sentence: &Reading, opposites: &[Vec<Id>]) -> bool {
    if !governs(theirs, sentence) || said_elsewhere(theirs, reading, sentence) {
        return true;
    }
    let loosely = |own: &Operator| own.scope.is_empty() || own.near.iter().any(|id| theirs.scope.contains(id));
    negations(sentence).any(|own| loosely(own) || overlap(own, theirs))
        || sentence.tokens.iter().zip(opposites).any(|(token, opposites)| {
            let by_prefix = token.denies.is_some_and(|id| theirs.scope.contains(&id));
            by_prefix || opposites.iter().any(|opposite| theirs.scope.contains(opposite))
        })
}

/// Whether, of two sentences, only what one of them denies speaks of a word that the sentence affirms.
fn is_only_denied(sentence: &Reading, passage: &[Reading]) -> bool {
    passage.len() > 1
        && sentence.tokens.iter().filter(|token| token.is_content() && !denied(sentence, token.id)).any(|token| {
            let mut having = passage.iter().filter(|reading| reading.ids.contains(token.id)).peekable();
            having.peek().is_some() && having.all(|reading| denied(reading, token.id))
        })
}

/// Whether the sentence says at least half of what the operator governs. `Not by Edison` governs nothing in a
/// sentence that does not speak of Edison.
fn governs(operator: &Operator, sentence: &Reading) -> bool {
    let said = operator.scope.iter().filter(|id| sentence.ids.contains(**id)).count();
    said > 0 && said * 2 > operator.scope.len()
}

/// Whether the passage also says, un-denied in another clause, what it denies here, and the sentence is nearer to that.
fn said_elsewhere(operator: &Operator, reading: &Reading, sentence: &Reading) -> bool {
    let said: Vec<Id> = operator.scope.iter().copied().filter(|id| sentence.ids.contains(*id)).collect();
    let shared = |clause: usize| {
        let tokens = reading.tokens.iter().filter(move |token| token.clause == clause && token.is_content());
        tokens.filter(|token| sentence.ids.contains(token.id)).count()
    };
    let affirms_all = |clause: usize| {
        let has = |id: &Id| reading.tokens.iter().any(|token| token.clause == clause && token.id == *id);
        said.iter().all(has) && negations(reading).all(|other| other.clause != clause)
    };
    let clauses = reading.tokens.last().map_or(0, |token| token.clause + 1);
    let here = shared(operator.clause);
    (0..clauses).any(|clause| clause != operator.clause && affirms_all(clause) && shared(clause) > here)
}

/// `Not without consent` is `only with consent`.
fn is_only_if(passage: &Reading, sentence: &Reading) -> bool {
    let twice = passage.says(&["without", "unless", "until"]) && negations(passage).count() > 1
        || passage.says(&["unless", "until"]);
    twice && sentence.says(&["only", "unless", "until", "must", "needs", "requires", "if"])
}

fn negations(reading: &Reading) -> impl Iterator<Item = &Operator> {
    reading.operators.iter().filter(|operator| operator.kind == Kind::Negation)
}

fn hedges(reading: &Reading) -> impl Iterator<Item = &Operator> {
    reading.operators.iter().filter(|operator| operator.kind == Kind::Hedge)
}

fn has_hedge(reading: &Reading) -> bool {
    hedges(reading).next().is_some()
}

fn overlap(a: &Operator, b: &Operator) -> bool {
    a.scope.iter().any(|id| b.scope.contains(id))
}

fn kind(tokens: &[Token], at: usize) -> Option<Kind> {
    let word = &tokens[at].word;
    let next = tokens.get(at + 1).map_or("", |token| token.word.folded.as_str());
    let before = at.checked_sub(1).map_or("", |before| tokens[before].word.folded.as_str());
    let folded = word.folded.as_str();
    if NEGATIONS.contains(&folded) || folded.ends_with("n't") {
        let emphasis = matches!(next, "only" | "just" | "merely" | "doubt" | "wonder") || before == "or";
        return (!emphasis).then_some(Kind::Negation);
    }
    let month = folded == "may" && word.capital;
    (HEDGES.contains(&folded) && !month).then_some(Kind::Hedge)
}

/// The next three content words of the clause, or else the last three before.
fn scope(tokens: &[Token], at: usize) -> Vec<Id> {
    let clause = tokens[at].clause;
    let noun = denies_noun(&tokens[at]);
    let within = |token: &&Token| {
        let word = token.word.folded.as_str();
        token.clause == clause && !ENDS_SCOPE.contains(&word) && !(noun && BE.contains(&word))
    };
    let governed = |token: &&Token| token.is_content() && token.word.folded != "longer";
    let after = tokens[at + 1..].iter().take_while(within).filter(governed);
    let after: Vec<Id> = after.map(|token| token.id).take(3).collect();
    if !after.is_empty() {
        return after;
    }
    let before = tokens[..at].iter().rev().take_while(within).filter(governed);
    before.map(|token| token.id).take(3).collect()
}

/// `Without flash` says nothing of what is done without it.
fn denies_noun(token: &Token) -> bool {
    matches!(token.word.folded.as_str(), "without" | "except" | "excluding" | "unlike" | "ohne" | "außer")
}

/// `Not` denies what its clause says, and so does `no` at the start of it.
fn denies_clause(tokens: &[Token], at: usize) -> bool {
    let first = at == 0 || tokens[at - 1].clause != tokens[at].clause;
    !denies_noun(&tokens[at]) && (first || tokens[at].word.folded != "no")
}

const BE: &[&str] = &["is", "are", "was", "were", "be", "been", "has", "have", "had", "will", "can", "may", "must"];

const NEGATIONS: &[&str] = &[
    "not",
    "no",
    "never",
    "none",
    "nobody",
    "nothing",
    "neither",
    "nor",
    "without",
    "cannot",
    "unable",
    "fail",
    "fails",
    "failed",
    "lack",
    "lacks",
    "lacked",
    "lacking",
    "refuse",
    "refuses",
    "refused",
    "hardly",
    "barely",
    "scarcely",
    "except",
    "excluding",
    "unlike",
    "rarely",
    "seldom",
    "nicht",
    "kein",
    "keine",
    "keinen",
    "keiner",
    "keines",
    "keinem",
    "nie",
    "niemals",
    "ohne",
    "pas",
    "jamais",
    "aucun",
    "aucune",
    "nunca",
    "jamas",
    "ningun",
    "ninguna",
    "nao",
    "niet",
    "geen",
    "nooit",
    "inte",
    "ikke",
    "不",
    "没",
    "沒",
    "无",
];

const HEDGES: &[&str] =
    &["may", "might", "possibly", "perhaps", "allegedly", "reportedly", "supposedly", "probably", "presumably"];

/// Words by which a sentence keeps a hedge that the passage words otherwise.
const HEDGED: &[&str] = &[
    "can",
    "could",
    "possible",
    "likely",
    "suggest",
    "suggests",
    "suggested",
    "believed",
    "thought",
    "said",
    "allowed",
    "permitted",
    "seems",
    "appears",
    "option",
    "optional",
    "sometimes",
    "expected",
    "if",
];

const ENDS_SCOPE: &[&str] =
    &["without", "because", "which", "who", "unless", "until", "when", "where", "if", "so", "since"];
