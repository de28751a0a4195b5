//! Attribution: which passage, if any, supports a sentence of an answer.

use crate::coverage::Content;
use crate::kin::Kin;
use crate::names::Usage;
use crate::reading::{Reading, Vocabulary};
use crate::verdict::{Claim, Evidence};
use crate::{claims, sentences, spans};
use folio_types::Span;
use std::ops::Range;

/// A retrieved passage. `passage_index` is the caller's name for it.
#[derive(Clone, Debug)]
pub struct Candidate {
    pub passage_index: usize,
    pub text: String,
}

/// A sentence of an answer that states something, and where that stands; `None` if no passage supports it.
#[derive(Clone, Debug, PartialEq)]
pub struct Support {
    /// In the answer.
    pub sentence: Span,
    pub found: Option<Found>,
}

/// One or two neighbouring sentences of a passage that support a sentence.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    pub passage_index: usize,
    /// In that candidate's text.
    pub span: Span,
    /// The share of the sentence's content found there, from 0 to 1; rare words and names weigh more.
    pub score: f32,
}

/// Traces each statement of a Markdown `answer` to the passage that supports it, or to none.
///
/// A passage supports a sentence if it has enough of its content words, all its numbers and names, and denies,
/// hedges and directs things the same way. Citation markers in the answer count for nothing. `similarity` compares
/// a sentence with a passage by meaning (a cosine); it is asked about few pairs, and can only make up for some
/// missing words, never for a number, a name or a `not`.
///
/// Sentences that state nothing (questions, greetings, `I could not find…`, headings, code) are left out.
pub fn attribute(
    answer: &str,
    candidates: &[Candidate],
    similarity: &dyn Fn(&str, &str) -> Option<f32>,
) -> Vec<Support> {
    let mut vocabulary = Vocabulary::default();
    let sources: Vec<Source> = candidates.iter().map(|candidate| Source::read(candidate, &mut vocabulary)).collect();
    let claims = claims::ranges(answer);
    let text = |range: &Range<usize>| answer.get(range.clone()).filter(|text| text.len() <= LONGEST).unwrap_or("");
    let readings: Vec<Reading> = claims.iter().map(|range| Reading::of(text(range), &mut vocabulary)).collect();
    let mut usage = Usage::default();
    sources.iter().flat_map(|source| &source.readings).chain(&readings).for_each(|reading| usage.learn(reading));
    let kin = Kin::of(&readings, &vocabulary);
    let search = Search { sources, usage, vocabulary, kin, similarity };
    let spans = spans::spans_of(answer, &claims);
    let found = readings.into_iter().zip(claims).map(|(reading, range)| search.find(&answer[range], reading));
    spans.into_iter().zip(found).map(|(sentence, found)| Support { sentence, found }).collect()
}

/// How much of a sentence's content a passage must have.
const ENOUGH: f32 = 0.7;
/// How much is enough where the meaning is close, and how close that is; below `FAR` it does not count.
const ENOUGH_IF_SIMILAR: f32 = 0.45;
const SIMILAR: f32 = 0.65;
const FAR: f32 = 0.45;
/// A sentence of more bytes is a list or a table that lost its marks, and nothing supports all of it.
const LONGEST: usize = 2000;
/// Passages examined for one sentence, best first.
const EXAMINED: usize = 12;

struct Source<'a> {
    candidate: &'a Candidate,
    ranges: Vec<Range<usize>>,
    readings: Vec<Reading>,
}

impl<'a> Source<'a> {
    fn read(candidate: &'a Candidate, vocabulary: &mut Vocabulary) -> Self {
        let ranges = sentences::ranges(&candidate.text);
        let read = |range: &Range<usize>| Reading::of(&candidate.text[range.clone()], vocabulary);
        let readings = ranges.iter().map(read).collect();
        Self { candidate, ranges, readings }
    }

    /// Every sentence, and every two neighbours.
    fn windows(&self) -> impl Iterator<Item = Window<'_>> {
        let count = self.readings.len();
        let pairs = (1..count).map(|at| at - 1..at + 1);
        (0..count).map(|at| at..at + 1).chain(pairs).map(|sentences| Window {
            passage: &self.readings[sentences.clone()],
            before: &self.readings[sentences.start.saturating_sub(3)..sentences.start],
            range: self.ranges[sentences.start].start..self.ranges[sentences.end - 1].end,
            source: self,
        })
    }
}

/// One or two neighbouring sentences of a source.
struct Window<'a> {
    source: &'a Source<'a>,
    passage: &'a [Reading],
    /// The few sentences before, where a pronoun of the passage may find its name.
    before: &'a [Reading],
    /// Bytes of the source's text.
    range: Range<usize>,
}

struct Search<'a> {
    sources: Vec<Source<'a>>,
    usage: Usage,
    vocabulary: Vocabulary,
    kin: Kin,
    similarity: &'a dyn Fn(&str, &str) -> Option<f32>,
}

impl Search<'_> {
    fn find(&self, sentence: &str, reading: Reading) -> Option<Found> {
        let claim = Claim::new(reading, &self.usage, &self.kin);
        let readings = self.sources.iter().flat_map(|source| &source.readings);
        let content = Content::of(&claim, readings, &self.vocabulary, &self.kin);
        let windows = self.sources.iter().flat_map(Source::windows);
        let mut ranked: Vec<(f32, f32, Window)> = windows
            .map(|window| {
                let own = content.coverage(window.passage);
                let coverage = own + content.implied(&claim, window.passage, window.before);
                (coverage + preference(&claim.reading, window.passage), coverage, window)
            })
            .filter(|(_, coverage, _)| *coverage >= ENOUGH_IF_SIMILAR)
            .collect();
        ranked.sort_by(|(a, ..), (b, ..)| b.total_cmp(a));
        let mut contradicted = 0.0;
        for (_, coverage, window) in ranked.iter().take(EXAMINED) {
            if claim.is_contradicted(window.passage) {
                // What a passage contradicts, one that says less of it does not support.
                contradicted = if window.passage.len() == 1 { coverage.max(contradicted) } else { contradicted };
            } else if *coverage >= contradicted
                && let Some(found) = self.examine(sentence, &claim, &content, window, *coverage)
            {
                return Some(found);
            }
        }
        None
    }

    fn examine(
        &self,
        sentence: &str,
        claim: &Claim,
        content: &Content,
        window: &Window,
        coverage: f32,
    ) -> Option<Found> {
        let evidence = Evidence { passage: window.passage, before: window.before, around: &window.source.readings };
        let implied = claim.implied(window.passage, window.before);
        if !claim.agrees(&evidence, &self.kin) || content.is_off(claim, window.passage, &implied) {
            return None;
        }
        let text = &window.source.candidate.text;
        if coverage < ENOUGH {
            let cosine = (self.similarity)(sentence, &text[window.range.clone()])?;
            if coverage < enough_at(cosine) {
                return None;
            }
        }
        let span = spans::spans_of(text, std::slice::from_ref(&window.range)).pop()?;
        Some(Found { passage_index: window.source.candidate.passage_index, span, score: coverage })
    }
}

/// What makes one passage better than another with the same words: the very wording, and being short.
fn preference(sentence: &Reading, passage: &[Reading]) -> f32 {
    let letters: usize = passage.iter().map(|reading| reading.letters.len()).sum();
    let mut rest = sentence.letters.as_str();
    let verbatim = letters == rest.len()
        && passage
            .iter()
            .all(|reading| rest.strip_prefix(reading.letters.as_str()).map(|after| rest = after).is_some());
    let second = if passage.len() > 1 { -0.2 } else { 0.0 };
    if verbatim { 1.0 } else { second }
}

/// The closer in meaning, the fewer shared words are enough.
fn enough_at(cosine: f32) -> f32 {
    let closeness = ((cosine - FAR) / (SIMILAR - FAR)).clamp(0.0, 1.0);
    ENOUGH - closeness * (ENOUGH - ENOUGH_IF_SIMILAR)
}
