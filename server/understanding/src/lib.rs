//! What somebody means by a command in plain English.
//!
//! Operations are data ([`Form`]): how they are asked for, how risky they are, and examples. A sentence is read in two
//! ways. *Patterns* match a whole sentence, word for word, with typing errors and courtesies taken out; only they can
//! lead to something dangerous, so a sentence that denies, asks about, reports, conditions or doubles an order cannot.
//! *Likeness* compares the sentence with examples, by words and, where the caller has them, by vectors; it can lead to
//! what is harmless, and otherwise only to a question back.
//!
//! What stands in quotes is a name and never an order.

mod guards;
mod likeness;
mod patterns;
mod words;

pub use guards::Doubt;
pub use patterns::names_a_kind;

use likeness::Likeness;
use patterns::Pattern;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use words::Sentence;

/// How bad a mistake would be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Risk {
    /// Changes nothing.
    Safe,
    /// Changes something that can be changed back, or says that it cannot.
    Guarded,
    /// Always asked about before it is done.
    Dangerous,
}

/// An operation, as it is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Form {
    pub domain: &'static str,
    pub operation: &'static str,
    pub risk: Risk,
    /// Whole sentences: regular expressions with `<word groups>` and `{slots}`, see `patterns.rs`.
    pub patterns: &'static [&'static str],
    /// Sentences of people, without names, for comparing.
    pub examples: &'static [&'static str],
    /// The slots without which it cannot be done.
    pub needs: &'static [&'static str],
}

/// A part of the sentence that names something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// As it was typed.
    pub text: String,
    /// Whether it stood in quotes, so that it is a name for certain.
    pub quoted: bool,
}

impl Slot {
    /// Whether it reads as the name of something, and not as a part of a sentence about a text: “Walden”, but not
    /// “a poem”, “of the hero” or “words in this chapter”.
    pub fn is_name(&self) -> bool {
        const NEVER_FIRST: [&str; 8] = ["a", "an", "of", "for", "from", "in", "on", "between"];
        const NEVER: [&str; 14] = [
            "this",
            "that",
            "these",
            "those",
            "above",
            "below",
            "following",
            "my",
            "your",
            "his",
            "her",
            "our",
            "their",
            "me",
        ];
        let text = self.text.to_lowercase();
        let mut words = words_of(&text);
        let is_first = |word: &str| !NEVER_FIRST.contains(&word);
        self.quoted || words.clone().next().is_none_or(is_first) && words.all(|word| !NEVER.contains(&word))
    }

    /// How many words it has.
    pub fn words(&self) -> usize {
        words_of(&self.text).count()
    }
}

fn words_of(text: &str) -> impl Iterator<Item = &str> + Clone {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// What is probably meant.
#[derive(Clone, Debug, PartialEq)]
pub struct Intent {
    /// The place of its form in the list.
    pub form: usize,
    /// 0 to 1.
    pub confidence: f32,
    pub slots: BTreeMap<String, Vec<Slot>>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Reading {
    /// A command that says what it wants. A needed slot may still be missing.
    Command(Intent),
    /// Something like a command. `likely` are forms, best first; `parts` the commands that it seems to consist of.
    Unclear { doubt: Doubt, likely: Vec<Intent>, parts: Vec<String> },
    /// No command.
    Other,
}

/// How sure likeness must be for something harmless.
const SURE: f32 = 0.78;
/// ... and for something that changes anything.
const VERY_SURE: f32 = 0.86;
/// Below this it is no command at all.
const FAINT: f32 = 0.5;
const BY_PATTERN: f32 = 0.97;

pub struct Reader {
    forms: Vec<Form>,
    patterns: Vec<Pattern>,
    likeness: Likeness,
    /// Every word that some operation is asked for with.
    vocabulary: HashSet<String>,
}

impl Reader {
    /// # Errors
    /// The pattern that is no regular expression.
    pub fn new(forms: Vec<Form>) -> Result<Self, regex::Error> {
        let patterns = patterns::compile(&forms)?;
        let (likeness, vocabulary) = (Likeness::of(&forms), patterns::vocabulary(&forms));
        Ok(Self { forms, patterns, likeness, vocabulary })
    }

    pub fn forms(&self) -> &[Form] {
        &self.forms
    }

    /// What can be named in a sentence that asks for a form.
    pub fn slots(&self, form: usize) -> BTreeSet<String> {
        self.patterns
            .iter()
            .filter(|pattern| pattern.form == form)
            .flat_map(Pattern::names)
            .map(str::to_owned)
            .collect()
    }

    /// The sentence without names, for comparing with [`Form::examples`] by vectors.
    pub fn essence(&self, text: &str) -> String {
        Sentence::of(text, &self.vocabulary).essence()
    }

    /// What `text` means. `closeness` is, for each form, how close its closest example is by vectors, if known.
    pub fn read(&self, text: &str, closeness: Option<&[f32]>) -> Reading {
        let sentence = Sentence::of(text, &self.vocabulary);
        if sentence.is_empty() {
            return Reading::Other;
        }
        let parts = guards::parts(&sentence);
        let matched = self.matched(&sentence);
        if let Some(intent) = matched.first() {
            let risk = self.forms[intent.form].risk;
            return match guards::doubt(&sentence, &parts, risk) {
                None => Reading::Command(intent.clone()),
                Some(doubt) => Reading::Unclear { doubt, likely: matched, parts },
            };
        }
        self.alike(&sentence, parts, closeness)
    }

    /// Patterns that match the whole sentence, the one that says most first.
    fn matched(&self, sentence: &Sentence) -> Vec<Intent> {
        let mut found: Vec<(usize, Intent)> = Vec::new();
        for pattern in &self.patterns {
            if let Some(slots) = pattern.slots(sentence) {
                let intent = Intent { form: pattern.form, confidence: BY_PATTERN, slots };
                let said = pattern.said(sentence);
                match found.iter_mut().find(|(_, other)| other.form == intent.form) {
                    Some(other) if other.0 < said => *other = (said, intent),
                    Some(_) => {}
                    None => found.push((said, intent)),
                }
            }
        }
        found.sort_by_key(|(said, _)| std::cmp::Reverse(*said));
        found.into_iter().map(|(_, intent)| intent).collect()
    }

    fn alike(&self, sentence: &Sentence, parts: Vec<String>, closeness: Option<&[f32]>) -> Reading {
        let mut likely: Vec<Intent> = self
            .likeness
            .compare(sentence, closeness)
            .into_iter()
            .map(|(form, confidence)| Intent { form, confidence, slots: self.quoted_slots(form, sentence) })
            .filter(|intent| intent.confidence >= FAINT)
            .collect();
        likely.truncate(3);
        let Some(best) = likely.first().cloned() else {
            if guards::order(sentence) {
                return Reading::Unclear { doubt: Doubt::Unknown, likely, parts };
            }
            return Reading::Other;
        };
        let risk = self.forms[best.form].risk;
        let doubt = guards::doubt(sentence, &parts, risk.max(guards::risk(sentence)));
        if let Some(doubt) = doubt {
            return Reading::Unclear { doubt, likely, parts };
        }
        let runner_up = likely.get(1).map_or(0.0, |second| second.confidence);
        let enough = if risk == Risk::Safe { SURE } else { VERY_SURE };
        let is_sure = best.confidence >= enough && best.confidence - runner_up >= 0.04;
        // an order that no pattern knows is never dangerous, whatever it is like
        let is_explained = sentence.quoted().is_empty() || !best.slots.is_empty();
        if is_sure
            && is_explained
            && risk < Risk::Dangerous
            && guards::risk(sentence) < Risk::Dangerous
            && self.is_filled(&best)
        {
            return Reading::Command(best);
        }
        if best.confidence < SURE - 0.1 && !guards::order(sentence) {
            return Reading::Other;
        }
        Reading::Unclear { doubt: Doubt::Unsure, likely, parts }
    }

    /// Names in quotes fill the needed slots in order, where there are as many.
    fn quoted_slots(&self, form: usize, sentence: &Sentence) -> BTreeMap<String, Vec<Slot>> {
        let (needs, quoted) = (self.forms[form].needs, sentence.quoted());
        if needs.len() != quoted.len() {
            return BTreeMap::new();
        }
        let slot = |text: String| vec![Slot { text, quoted: true }];
        needs.iter().map(|need| (*need).to_owned()).zip(quoted.into_iter().map(slot)).collect()
    }

    fn is_filled(&self, intent: &Intent) -> bool {
        self.forms[intent.form].needs.iter().all(|need| intent.slots.contains_key(*need))
    }
}

#[cfg(test)]
mod tests;
