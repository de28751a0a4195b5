//! How attention knows places: pairs of numbers of queries and keys are turned by an angle that grows with the
//! token's position.

use crate::lanes::count;

/// Which numbers of a head make a pair.
#[derive(Clone, Copy)]
pub(super) enum Pairs {
    /// Neighbours, as in llama files.
    Neighbours,
    /// One of the first half with one of the second, as in qwen2 files.
    Halves,
}

pub(super) struct Rotary {
    /// The angle between two positions, for each pair of a head.
    steps: Vec<f32>,
    pairs: Pairs,
}

/// The angles of some positions, made once for all layers.
pub(super) struct Turns<'a> {
    rotary: &'a Rotary,
    /// Sine and cosine for each position and pair.
    angles: Vec<(f32, f32)>,
}

impl Rotary {
    /// `stretch` slows down the pairs of models whose context was extended (Llama 3.1 and later); else it is empty.
    pub fn new(head_dims: usize, base: f32, pairs: Pairs, stretch: &[f32]) -> Self {
        let stretch = stretch.iter().copied().chain(std::iter::repeat(1.0));
        let step = |(pair, stretch): (usize, f32)| base.powf(-count(2 * pair) / count(head_dims)) / stretch;
        Self { steps: (0..head_dims / 2).zip(stretch).map(step).collect(), pairs }
    }

    pub fn turns(&self, positions: std::ops::Range<usize>) -> Turns<'_> {
        let angles =
            positions.flat_map(|position| self.steps.iter().map(move |step| (count(position) * step).sin_cos()));
        Turns { rotary: self, angles: angles.collect() }
    }
}

impl Turns<'_> {
    /// Turns the heads that stand first in each row; there is a row for each position, from `first` on.
    pub fn apply(&self, rows: &mut [f32], width: usize, heads: usize, first: usize) {
        let half = self.rotary.steps.len();
        let angles = self.angles.chunks_exact(half).skip(first);
        for (row, angles) in rows.chunks_exact_mut(width).zip(angles) {
            for head in row.chunks_exact_mut(2 * half).take(heads) {
                for (pair, &(sin, cos)) in angles.iter().enumerate() {
                    let (a, b) = match self.rotary.pairs {
                        Pairs::Neighbours => (2 * pair, 2 * pair + 1),
                        Pairs::Halves => (pair, pair + half),
                    };
                    (head[a], head[b]) = (head[a] * cos - head[b] * sin, head[a] * sin + head[b] * cos);
                }
            }
        }
    }
}
