//! Measures attribution on hand-written pairs: `cargo run -p folio-grounding --example attribution_eval [-- -v]`.
//!
//! `pairs.tsv` holds a sentence and a passage per line and whether the one supports the other. Nothing was tuned on
//! the half marked `held`; the other one may be looked at (`-v` lists its mistakes, `-vv` those of both). There is no
//! sentence model here, so this is what words alone achieve.

use folio_grounding::{Candidate, attribute};
use std::collections::BTreeMap;

const PAIRS: &str = include_str!("pairs.tsv");

struct Pair {
    half: &'static str,
    supported: bool,
    kind: &'static str,
    sentence: &'static str,
    passage: String,
}

fn main() {
    let verbosity = std::env::args().nth(1).map_or(0, |flag| flag.matches('v').count());
    let pairs: Vec<Pair> = PAIRS.lines().skip(1).filter_map(parse).collect();
    for half in ["tune", "held"] {
        let judged: Vec<(&Pair, bool)> =
            pairs.iter().filter(|pair| pair.half == half).map(|pair| (pair, found(pair))).collect();
        report(half, &judged);
        if verbosity > usize::from(half == "held") {
            list_mistakes(&judged);
        }
    }
}

fn parse(line: &'static str) -> Option<Pair> {
    let mut fields = line.split('\t');
    Some(Pair {
        half: fields.next()?,
        supported: fields.next()? == "supported",
        kind: fields.next()?,
        sentence: fields.next()?,
        passage: fields.next()?.replace("\\n", "\n"),
    })
}

fn found(pair: &Pair) -> bool {
    let candidates = [Candidate { passage_index: 0, text: pair.passage.clone() }];
    attribute(pair.sentence, &candidates, &|_, _| None).iter().any(|support| support.found.is_some())
}

fn report(half: &str, judged: &[(&Pair, bool)]) {
    let count = |supported: bool, found: bool| {
        judged.iter().filter(|(pair, verdict)| pair.supported == supported && *verdict == found).count()
    };
    let (hits, misses, wrong) = (count(true, true), count(true, false), count(false, true));
    println!(
        "{half}: {} pairs, precision {} ({wrong} wrongly supported), recall {} ({misses} missed)",
        judged.len(),
        percent(hits, hits + wrong),
        percent(hits, hits + misses),
    );
    let mut kinds: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (pair, verdict) in judged {
        let (right, all) = kinds.entry(pair.kind).or_default();
        *right += usize::from(pair.supported == *verdict);
        *all += 1;
    }
    let kinds: Vec<String> = kinds.iter().map(|(kind, (right, all))| format!("{kind} {right}/{all}")).collect();
    println!("  right by kind: {}", kinds.join(", "));
}

fn list_mistakes(judged: &[(&Pair, bool)]) {
    for (pair, found) in judged.iter().filter(|(pair, found)| pair.supported != *found) {
        let verdict = if *found { "wrongly supported" } else { "missed" };
        println!("  {verdict} ({}): {}", pair.kind, pair.sentence);
    }
}

fn percent(part: usize, whole: usize) -> String {
    let per_mille = (part * 1000).checked_div(whole).unwrap_or(0);
    format!("{}.{} %", per_mille / 10, per_mille % 10)
}
