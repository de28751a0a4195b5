//! Which token comes next.

use super::Sampling;
use crate::functions::softmax;
use rand::{SeedableRng, distr::Distribution, distr::weighted::WeightedIndex, rngs::StdRng};

/// How far back a repetition counts, in tokens.
const REPEAT_WINDOW: usize = 64;

/// Below this, the likeliest token is as good as certain, and divisions by it overflow.
const LEAST_TEMPERATURE: f32 = 1e-3;

pub(super) struct Chooser<'a> {
    options: &'a Sampling,
    random: StdRng,
}

impl<'a> Chooser<'a> {
    pub fn new(options: &'a Sampling) -> Self {
        Self { options, random: StdRng::seed_from_u64(options.seed) }
    }

    /// Chooses by the scores of all tokens, after `answer`.
    pub fn choose(&mut self, mut scores: Vec<f32>, answer: &[u32]) -> u32 {
        self.penalize(&mut scores, answer);
        let mut tokens: Vec<u32> = (0..).take(scores.len()).collect();
        let by_score = |&a: &u32, &b: &u32| scores[b as usize].total_cmp(&scores[a as usize]);
        if self.options.temperature < LEAST_TEMPERATURE {
            return tokens.into_iter().min_by(by_score).unwrap_or_default();
        }
        if let Some(k) = self.options.top_k.filter(|&k| k > 0 && k < tokens.len()) {
            tokens.select_nth_unstable_by(k - 1, by_score);
            tokens.truncate(k);
        }
        let mut weights: Vec<f32> =
            tokens.iter().map(|&token| scores[token as usize] / self.options.temperature).collect();
        softmax(&mut weights);
        // Weights that are not numbers come from a damaged model only; then any token is as wrong as another.
        WeightedIndex::new(weights).map_or(tokens[0], |choice| tokens[choice.sample(&mut self.random)])
    }

    /// Makes tokens less likely that the end of the answer holds already.
    fn penalize(&self, scores: &mut [f32], answer: &[u32]) {
        let penalty = self.options.repeat_penalty;
        let mut recent = answer[answer.len().saturating_sub(REPEAT_WINDOW)..].to_vec();
        recent.sort_unstable();
        recent.dedup();
        for token in recent {
            let score = &mut scores[token as usize];
            *score = if *score > 0.0 { *score / penalty } else { *score * penalty };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(options: &Sampling, answer: &[u32]) -> Vec<u32> {
        let mut chooser = Chooser::new(options);
        (0..200).map(|_| chooser.choose(vec![1.0, 3.0, 2.9, -5.0], answer)).collect()
    }

    #[test]
    fn without_temperature_the_likeliest_is_taken() {
        let options = Sampling { temperature: 0.0, ..Sampling::default() };
        assert!(chosen(&options, &[]).into_iter().all(|token| token == 1));
    }

    #[test]
    fn what_was_said_loses_against_what_was_not() {
        let options = Sampling { temperature: 0.0, repeat_penalty: 1.1, ..Sampling::default() };
        assert!(chosen(&options, &[0, 1, 1]).into_iter().all(|token| token == 2));
    }

    #[test]
    fn top_k_leaves_out_the_others() {
        let options = Sampling { temperature: 2.0, top_k: Some(2), ..Sampling::default() };
        let tokens = chosen(&options, &[]);
        assert!(tokens.iter().all(|token| [1, 2].contains(token)));
        assert!(tokens.contains(&1) && tokens.contains(&2));
    }

    #[test]
    fn a_high_temperature_takes_all() {
        let options = Sampling { temperature: 50.0, ..Sampling::default() };
        let tokens = chosen(&options, &[]);
        assert!((0..4).all(|token| tokens.contains(&token)));
    }
}
