//! How like a sentence is to the examples of each operation.

use crate::Form;
use crate::words::Sentence;
use rust_stemmers::{Algorithm, Stemmer};
use std::collections::{HashMap, HashSet};

/// Words that say nothing about what is wanted.
const EMPTY: &str = "the a an my our your this that these those of to in on at for from with by is are was be been am do does \
    did i me we us you it its they them he she his her there here so far please just now have has had got get can could \
    would will all any some new one ones up out what's s t teh";

/// Words that mean the same here.
const SAME: &[(&str, &str)] = &[
    ("show display view see print give tell enumerate which what overview look open", "list"),
    ("chat thread discussion dialogue dialog", "conversation"),
    ("document file pdf epub volume", "book"),
    ("account person people member", "user"),
    ("job queue", "task"),
    ("llm", "model"),
    ("remove erase trash discard destroy purge wipe drop", "delete"),
    ("retitle relabel", "rename"),
    ("reread reprocess refresh rebuild index reingest", "reindex"),
    ("search lookup locate", "find"),
    ("swap change set use", "switch"),
    ("make start take produce generate begin", "create"),
    ("statistic stat figure metric analytic number", "report"),
    ("snapshot", "backup"),
    ("download dump", "export"),
    ("collection subject category", "topic"),
    ("configuration config preference option", "setting"),
    ("deactivate block suspend ban", "disable"),
];

pub struct Likeness {
    /// The words of each example, by form.
    examples: Vec<Vec<HashSet<String>>>,
    /// How telling a word is.
    weights: HashMap<String, f32>,
    most: f32,
}

impl Likeness {
    pub fn of(forms: &[Form]) -> Self {
        let examples: Vec<Vec<HashSet<String>>> =
            forms.iter().map(|form| form.examples.iter().map(|example| terms(example)).collect()).collect();
        let mut seen: HashMap<String, f32> = HashMap::new();
        for form in &examples {
            let words: HashSet<&String> = form.iter().flatten().collect();
            for word in words {
                *seen.entry(word.clone()).or_default() += 1.0;
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "there are some dozens")]
        let count = forms.len() as f32;
        let weights: HashMap<String, f32> =
            seen.into_iter().map(|(word, forms)| (word, (1.0 + count / forms).ln())).collect();
        Self { examples, weights, most: (1.0 + count).ln() }
    }

    /// Forms with their likeness from 0 to 1, best first.
    pub fn compare(&self, sentence: &Sentence, closeness: Option<&[f32]>) -> Vec<(usize, f32)> {
        let said = terms(&sentence.essence());
        let mut compared: Vec<(usize, f32)> = self
            .examples
            .iter()
            .enumerate()
            .map(|(form, examples)| {
                let words = examples.iter().map(|example| self.overlap(&said, example)).fold(0.0, f32::max);
                let both = match closeness.and_then(|closeness| closeness.get(form)) {
                    // what shares most words needs little closeness, and the other way round
                    Some(close) => (0.55 * words + 0.45 * stretched(*close)).max(words * 0.92),
                    None => words,
                };
                (form, both.clamp(0.0, 1.0))
            })
            .collect();
        compared.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        compared
    }

    /// The harmonic mean of how much of either is in the other, by telling words.
    fn overlap(&self, said: &HashSet<String>, example: &HashSet<String>) -> f32 {
        let weigh = |words: &mut dyn Iterator<Item = &String>| -> f32 {
            words.map(|word| self.weights.get(word).copied().unwrap_or(self.most)).sum()
        };
        let shared = weigh(&mut said.intersection(example));
        let (of_said, of_example) = (weigh(&mut said.iter()), weigh(&mut example.iter()));
        if shared == 0.0 { 0.0 } else { 2.0 * shared / (of_said + of_example) }
    }
}

/// Cosines of short sentences about anything lie around 0.2, those of the same meaning from 0.7 on.
fn stretched(cosine: f32) -> f32 {
    ((cosine - 0.25) / 0.55).clamp(0.0, 1.0)
}

fn terms(text: &str) -> HashSet<String> {
    let stemmer = Stemmer::create(Algorithm::English);
    let stem = |word: &str| stemmer.stem(word).into_owned();
    let same = |word: &str| {
        let group = SAME.iter().find(|(words, _)| words.split_whitespace().any(|other| stem(other) == *word));
        group.map(|(_, meant)| stem(meant))
    };
    let words = text.split_whitespace().map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()));
    words
        .filter(|word| !word.is_empty() && !EMPTY.split_whitespace().any(|empty| empty == *word))
        .map(|word| {
            let stemmed = stem(word);
            same(&stemmed).unwrap_or(stemmed)
        })
        .collect()
}
