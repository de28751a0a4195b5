//! Attribution is quick enough to run at the end of every answer.

use folio_grounding::{Candidate, attribute};
use std::time::{Duration, Instant};

const SUBJECTS: [&str; 7] = ["The harbour", "A merchant", "The council", "Her brother", "The river", "A bell", "Rain"];
const VERBS: [&str; 5] = ["reached", "changed", "flooded", "described", "sold"];
const OBJECTS: [&str; 11] = [
    "the old quarter",
    "three ships",
    "a narrow bridge",
    "the grain store",
    "many letters",
    "the northern gate",
    "a wooden chapel",
    "twelve barrels",
    "the market",
    "no garden",
    "a distant village",
];

/// The `n`-th of many different sentences of about sixteen words.
fn sentence(n: usize) -> String {
    format!(
        "{} {} {} in the spring of {}, because {} had {} {} before.",
        SUBJECTS[n % 7],
        VERBS[n % 5],
        OBJECTS[n % 11],
        1500 + n % 83,
        SUBJECTS[n % 6].to_lowercase(),
        VERBS[n % 4],
        OBJECTS[n % 9],
    )
}

#[test]
fn two_hundred_sentences_and_twelve_passages() {
    let answer: Vec<String> = (0..200).map(|n| sentence(n * 3)).collect();
    let candidates: Vec<Candidate> = (0..12)
        .map(|passage_index| {
            let text: Vec<String> = (0..9).map(|n| sentence(passage_index * 9 + n)).collect();
            Candidate { passage_index, text: text.join(" ") }
        })
        .collect();
    let answer = answer.join(" ");
    let best = (0..5).map(|_| timed(&answer, &candidates)).min().expect("five runs");
    println!("200 sentences against 12 passages: {best:?}");
    assert!(best < Duration::from_millis(50), "{best:?}");
}

#[test]
fn a_sentence_without_an_end_takes_no_longer() {
    let endless = (0..4000).map(|n| OBJECTS[n % 11]).collect::<Vec<_>>().join(" not ");
    let candidates = [Candidate { passage_index: 0, text: endless.chars().take(2000).collect() }];
    let took = timed(&endless, &candidates);
    println!("a sentence of {} characters: {took:?}", endless.len());
    assert!(took < Duration::from_secs(1), "{took:?}");
}

fn timed(answer: &str, candidates: &[Candidate]) -> Duration {
    let start = Instant::now();
    let supports = attribute(answer, candidates, &|_, _| None);
    let took = start.elapsed();
    assert!(!supports.is_empty());
    took
}
