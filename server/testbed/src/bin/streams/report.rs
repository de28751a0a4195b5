//! What the readers saw.

use serde::{Deserialize, Serialize};

/// The middle and the worst but one in a hundred, in milliseconds.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
pub struct Times {
    pub p50: f64,
    pub p99: f64,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Report {
    /// Streams that began.
    pub begun: usize,
    /// Streams that came to an end of their own within the time.
    pub ended: usize,
    pub failed: usize,
    pub tokens: usize,
    /// From the question to the first token.
    pub first: Times,
    /// From the model server's write to the reader's read, for every other token.
    pub each: Times,
    /// In the middle half of all tokens.
    pub per_second: f64,
    /// What the first failure was.
    pub failure: Option<String>,
}

impl Times {
    /// Of times in microseconds.
    pub fn of(mut micros: Vec<u32>) -> Self {
        micros.sort_unstable();
        let at = |percent: usize| micros.get(micros.len() * percent / 100).copied().map_or(0.0, f64::from) / 1000.0;
        Self { p50: at(50), p99: at(99) }
    }
}

/// Tokens a second between a quarter and three quarters of them; `counts` says how many came in each tenth.
pub fn sustained(counts: &[u32]) -> f64 {
    let whole: u32 = counts.iter().sum();
    let mut seen = 0;
    let (mut tokens, mut tenths) = (0, 0);
    for count in counts {
        if seen >= whole / 4 && seen < whole / 4 * 3 {
            tokens += count;
            tenths += 1;
        }
        seen += count;
    }
    if tenths == 0 { 0.0 } else { f64::from(tokens) * 10.0 / f64::from(tenths) }
}
