//! What people say and what was understood: how often it is right, and what must never happen.

use super::domains;
use super::spec::Risk;
use super::understanding::{READER, Understanding};
use crate::llm::Embedder;
use folio_understanding::Reading;
use std::path::PathBuf;

struct Phrasing {
    held_out: bool,
    expected: &'static str,
    text: &'static str,
    slots: Vec<(&'static str, &'static str)>,
}

fn phrasings() -> Vec<Phrasing> {
    let lines = include_str!("phrasings.tsv").lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let columns: Vec<&str> = line.split('\t').collect();
            let slots = columns.get(3).copied().unwrap_or_default().split(';').filter_map(|slot| slot.split_once('='));
            Phrasing { held_out: columns[0] == "held", expected: columns[1], text: columns[2], slots: slots.collect() }
        })
        .collect()
}

/// The operation that would be done or asked about; none where nothing would.
fn done(reading: &Reading) -> Option<String> {
    match reading {
        Reading::Command(intent) => Some(domains::name(domains::ALL[intent.form])),
        Reading::Unclear { .. } | Reading::Other => None,
    }
}

fn is_right(phrasing: &Phrasing, reading: &Reading) -> bool {
    let named = |intent: &folio_understanding::Intent| {
        let found = |name: &str| intent.slots.get(name).and_then(|slots| slots.first()).map(|slot| slot.text.as_str());
        phrasing.slots.iter().all(|(name, text)| found(name) == Some(*text))
    };
    match (done(reading), reading) {
        (None, _) => phrasing.expected == "not",
        (Some(done), Reading::Command(intent)) => done == phrasing.expected && named(intent),
        _ => false,
    }
}

/// Prints what is wrong and how much is right; checks what must hold of every reading.
fn judge(how: &str, readings: &[(Phrasing, Reading)]) -> (f64, f64) {
    let mut right = [0_u32; 2];
    let mut all = [0_u32; 2];
    for (phrasing, reading) in readings {
        let set = usize::from(phrasing.held_out);
        all[set] += 1;
        if is_right(phrasing, reading) {
            right[set] += 1;
        } else {
            println!("{how}: wrong: {:?} is {}, read as {reading:?}", phrasing.text, phrasing.expected);
        }
        if let Some(done) = done(reading) {
            let risk = domains::find(&done).expect("it is known").form().risk;
            assert!(
                risk == Risk::Safe || done == phrasing.expected,
                "{how}: {:?} asks for {} and would lead to {done}",
                phrasing.text,
                phrasing.expected
            );
            assert!(
                risk < Risk::Dangerous || is_right(phrasing, reading),
                "{how}: {:?} would be done to something else: {reading:?}",
                phrasing.text
            );
            assert!(
                risk == Risk::Safe || phrasing.expected != "not",
                "{how}: {:?} would be done as {done}",
                phrasing.text
            );
        }
    }
    let share = |set: usize| f64::from(right[set]) / f64::from(all[set]);
    println!(
        "{how}: {} of {} seen ({:.1} %), {} of {} held out ({:.1} %)",
        right[0],
        all[0],
        share(0) * 100.0,
        right[1],
        all[1],
        share(1) * 100.0
    );
    (share(0), share(1))
}

#[test]
fn commands_are_understood_by_their_words_alone() {
    let reader = READER.as_ref().expect("every pattern is a regular expression");
    let readings: Vec<_> = phrasings()
        .into_iter()
        .map(|one| {
            let reading = reader.read(one.text, None);
            (one, reading)
        })
        .collect();
    assert!(readings.len() >= 200, "{} phrasings", readings.len());
    let (seen, held_out) = judge("words", &readings);
    assert!(seen >= 0.95 && held_out >= 0.75, "{seen} {held_out}");
}

#[tokio::test]
async fn commands_are_understood_with_the_sentence_model() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../data/models/all-minilm-l6-v2");
    assert!(folder.exists(), "run make setup: {} is not there", folder.display());
    let (embedder, understanding) = (Embedder::new(folder), Understanding::default());
    understanding.warm(&embedder).await;
    let mut readings = Vec::new();
    for one in phrasings() {
        let reading = understanding.read(&embedder, one.text).await;
        readings.push((one, reading));
    }
    let (seen, held_out) = judge("model", &readings);
    assert!(seen >= 0.95 && held_out >= 0.75, "{seen} {held_out}");
}

/// In a chat, what is taken for a command does not reach the books: never for something that changes anything, and seldom.
#[tokio::test]
async fn what_people_ask_their_books_is_no_command() {
    let questions = include_str!("questions.txt").lines().filter(|line| !line.starts_with('#'));
    let (mut all, mut taken) = (0, 0);
    for question in questions {
        all += 1;
        if let Some(intent) = Understanding::certain(question).await {
            taken += 1;
            let operation = domains::ALL[intent.form];
            println!("{question:?} would be {}", domains::name(operation));
            assert_eq!(operation.form().risk, Risk::Safe, "{question:?} would be done");
        }
    }
    assert!(all >= 100 && taken * 50 <= all, "{taken} of {all}");
}

#[test]
fn every_operation_is_asked_for_by_its_first_example() {
    let reader = READER.as_ref().expect("every pattern is a regular expression");
    for operation in domains::ALL {
        let name = domains::name(*operation);
        let example = operation.form().examples.first().expect("an example");
        assert_eq!(done(&reader.read(example, None)).as_deref(), Some(name.as_str()), "{example}");
        assert!(!operation.summary().is_empty());
    }
}

#[test]
fn every_template_asks_for_its_operation_and_fills_what_it_needs() {
    let reader = READER.as_ref().expect("every pattern is a regular expression");
    for operation in domains::ALL {
        let template = operation.template();
        let Reading::Command(intent) = reader.read(template, None) else { panic!("{template} is no command") };
        assert_eq!(domains::name(domains::ALL[intent.form]), domains::name(*operation), "{template}");
        for needed in operation.form().needs {
            assert!(intent.slots.contains_key(*needed), "{template} leaves out {needed}: {intent:?}");
        }
    }
}
