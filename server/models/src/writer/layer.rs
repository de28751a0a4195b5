//! One layer of the decoder: attention to the tokens before, then a feed-forward net on each token.

use super::{file::Tensors, packed::Packed, rotary::Turns};
use crate::{
    functions::{silu, softmax},
    lanes::{add, add_scaled, count, dot, sum},
    matrix::Matrix,
};
use candle_core::Result;
use std::io::{Read, Seek};

/// The heads of attention, the same in all layers.
#[derive(Clone, Copy)]
pub(super) struct Heads {
    pub count: usize,
    /// Keys and values are shared by groups of heads.
    pub groups: usize,
    pub dims: usize,
}

/// What all layers have in common.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    pub heads: Heads,
    /// The numbers of a token inside the feed-forward net.
    pub feed: usize,
    /// What keeps norms from dividing by zero.
    pub epsilon: f32,
}

pub(super) struct Layer {
    heads: Heads,
    attention_norm: Norm,
    /// Query, key and value in one matrix.
    project: Packed,
    /// Empty for llama.
    project_bias: Vec<f32>,
    gather: Packed,
    feed_norm: Norm,
    /// The gate and what it lets through in one matrix.
    widen: Packed,
    narrow: Packed,
}

/// Scales each row to the same length on average, then by learned weights.
pub(super) struct Norm {
    pub weight: Vec<f32>,
    pub epsilon: f32,
}

/// The keys and values of the tokens so far, a row for each.
pub(super) struct LayerMemory {
    keys: Vec<f32>,
    values: Vec<f32>,
}

impl Layer {
    pub fn load<R: Read + Seek>(tensors: &mut Tensors<R>, shape: Shape) -> Result<Self> {
        let Shape { heads, feed, epsilon } = shape;
        let width = heads.count * heads.dims;
        let projected = width + 2 * heads.groups * heads.dims;
        let biases = ["attn_q.bias", "attn_k.bias", "attn_v.bias"];
        Ok(Self {
            heads,
            attention_norm: Norm { weight: tensors.vector("attn_norm.weight", width)?, epsilon },
            project: tensors.packed(["attn_q.weight", "attn_k.weight", "attn_v.weight"], projected, width)?,
            project_bias: tensors.vectors_if_any(biases, projected)?,
            gather: tensors.packed(["attn_output.weight"], width, width)?,
            feed_norm: Norm { weight: tensors.vector("ffn_norm.weight", width)?, epsilon },
            widen: tensors.packed(["ffn_gate.weight", "ffn_up.weight"], 2 * feed, width)?,
            narrow: tensors.packed(["ffn_down.weight"], width, feed)?,
        })
    }

    /// Queries, keys and values of tokens, of which the first is number `first` of `turns`.
    pub fn project(&self, tokens: &[f32], turns: &Turns, first: usize) -> Vec<f32> {
        let mut projected = self.project.map(&self.attention_norm.apply(tokens));
        let width = self.project.height();
        if !self.project_bias.is_empty() {
            projected.chunks_exact_mut(width).for_each(|row| add(row, &self.project_bias));
        }
        turns.apply(&mut projected, width, self.heads.count + self.heads.groups, first);
        projected
    }

    /// Takes up keys and values of new tokens.
    pub fn remember(&self, projected: &[f32], memory: &mut LayerMemory) {
        let Heads { count, groups, dims } = self.heads;
        for row in projected.chunks_exact(self.project.height()) {
            let (keys, values) = row[count * dims..].split_at(groups * dims);
            memory.keys.extend_from_slice(keys);
            memory.values.extend_from_slice(values);
        }
    }

    /// Transforms tokens, of which the first has the position `first`; the memory has taken up all of them.
    pub fn transform(&self, tokens: &mut [f32], projected: &[f32], memory: &LayerMemory, first: usize) {
        self.gather.add_mapped(&self.attend(projected, memory, first), tokens);
        let wide = self.widen.map(&self.feed_norm.apply(tokens));
        let gated: Vec<f32> = wide
            .chunks_exact(self.widen.height())
            .map(|row| row.split_at(row.len() / 2))
            .flat_map(|(gate, up)| gate.iter().zip(up).map(|(&gate, up)| silu(gate) * up))
            .collect();
        self.narrow.add_mapped(&gated, tokens);
    }

    /// For each token, what those up to it have to say to it, head by head.
    fn attend(&self, projected: &[f32], memory: &LayerMemory, first: usize) -> Vec<f32> {
        let Heads { count: heads, groups, dims } = self.heads;
        let row = self.project.height();
        let mut attended = vec![0.0; projected.len() / row * heads * dims];
        for head in 0..heads {
            let queries = Rows { numbers: &projected[head * dims..], stride: row, dims };
            let (keys, values) = memory.of_group(head / (heads / groups), self.heads);
            let place = &mut attended[head * dims..];
            if projected.len() == row {
                attend_one(queries, keys, values, first, place);
            } else {
                attend_many(queries, keys, values, first, place, heads * dims);
            }
        }
        attended
    }
}

/// The part of some rows that belongs to one head.
#[derive(Clone, Copy)]
struct Rows<'a> {
    numbers: &'a [f32],
    stride: usize,
    dims: usize,
}

impl<'a> Rows<'a> {
    fn iter(self) -> impl Iterator<Item = &'a [f32]> {
        self.numbers.chunks(self.stride).map(move |row| &row[..self.dims])
    }

    fn matrix(self, rows: usize) -> Matrix<'a> {
        Matrix::strided(self.numbers, rows, self.dims, self.stride)
    }
}

/// A single token's attention to all before it and itself.
fn attend_one(query: Rows, keys: Rows, values: Rows, before: usize, out: &mut [f32]) {
    let scale = count(query.dims).sqrt().recip();
    let query = &query.numbers[..query.dims];
    let mut scores: Vec<f32> = keys.iter().take(before + 1).map(|key| dot(query, key) * scale).collect();
    softmax(&mut scores);
    for (score, value) in scores.into_iter().zip(values.iter()) {
        add_scaled(&mut out[..query.len()], score, value);
    }
}

/// The attention of several tokens, each to all before it and itself; a row of `out` for each, `stride` apart.
fn attend_many(queries: Rows, keys: Rows, values: Rows, first: usize, out: &mut [f32], stride: usize) {
    let new = queries.numbers.len().div_ceil(queries.stride);
    let all = first + new;
    let mut scores = vec![0.0; new * all];
    let scale = count(queries.dims).sqrt().recip();
    queries.matrix(new).write_product(keys.matrix(all).turned(), scale, &mut scores, all);
    for (token, scores) in scores.chunks_exact_mut(all).enumerate() {
        let (seen, hidden) = scores.split_at_mut(first + token + 1);
        softmax(seen);
        hidden.fill(0.0);
    }
    Matrix::of(&scores, all).write_product(values.matrix(all), 1.0, out, stride);
}

impl LayerMemory {
    /// With room for so many tokens.
    pub fn new(heads: Heads, tokens: usize) -> Self {
        let room = || Vec::with_capacity(tokens * heads.groups * heads.dims);
        Self { keys: room(), values: room() }
    }

    /// Keys and values of one group of heads.
    fn of_group(&self, group: usize, heads: Heads) -> (Rows<'_>, Rows<'_>) {
        let Heads { groups, dims, .. } = heads;
        let rows = |numbers| Rows { numbers, stride: groups * dims, dims };
        (rows(&self.keys[group * dims..]), rows(&self.values[group * dims..]))
    }
}

impl Norm {
    pub fn apply(&self, rows: &[f32]) -> Vec<f32> {
        let mut out = Vec::with_capacity(rows.len());
        for row in rows.chunks_exact(self.weight.len()) {
            let scale = (sum(row, |x| x * x) / count(row.len()) + self.epsilon).sqrt().recip();
            out.extend(row.iter().zip(&self.weight).map(|(x, weight)| x * scale * weight));
        }
        out
    }
}
