//! One layer of the encoder: attention between the tokens of a text, then a feed-forward net on each token.

use super::{norm::Norm, weights::Weights};
use crate::{
    functions::{gelu, softmax},
    lanes::{add, count},
    matrix::Matrix,
};

pub(super) struct Layer {
    dims: usize,
    heads: usize,
    /// Query, key and value in one product.
    attend: Linear,
    gather: Linear,
    gather_norm: Norm,
    widen: Linear,
    narrow: Linear,
    narrow_norm: Norm,
}

/// An affine map. The matrix is kept with a row for each input, the order in which it is read.
struct Linear {
    weight: Vec<f32>,
    bias: Vec<f32>,
}

impl Layer {
    pub fn load(weights: &Weights, dims: usize, heads: usize, epsilon: f32) -> Result<Self, String> {
        if heads == 0 || !dims.is_multiple_of(heads) {
            return Err(format!("{dims} dimensions cannot be shared out to {heads} heads"));
        }
        let own = weights.under("attention.self");
        let gather = weights.under("attention.output");
        let output = weights.under("output");
        Ok(Self {
            dims,
            heads,
            attend: Linear::load(&[own.under("query"), own.under("key"), own.under("value")], dims, dims)?,
            gather: Linear::load(&[gather.under("dense")], dims, dims)?,
            gather_norm: Norm::load(&gather.under("LayerNorm"), dims, epsilon)?,
            widen: Linear::load(&[weights.under("intermediate.dense")], dims, 4 * dims)?,
            narrow: Linear::load(&[output.under("dense")], 4 * dims, dims)?,
            narrow_norm: Norm::load(&output.under("LayerNorm"), dims, epsilon)?,
        })
    }

    /// Transforms `tokens`, which are the rows of texts of these `lengths` one after the other.
    pub fn forward(&self, tokens: &mut [f32], lengths: &[usize]) {
        let attended = self.attention(tokens, lengths);
        self.gather.add_to(tokens, &attended);
        self.gather_norm.apply(tokens);
        let mut wide = self.widen.apply(tokens);
        gelu(&mut wide);
        self.narrow.add_to(tokens, &wide);
        self.narrow_norm.apply(tokens);
    }

    /// For each token, what the other tokens of its text have to say to it, head by head.
    fn attention(&self, tokens: &[f32], lengths: &[usize]) -> Vec<f32> {
        let (dims, head_dims) = (self.dims, self.dims / self.heads);
        let row = 3 * dims;
        let projected = self.attend.apply(tokens);
        let mut attended = vec![0.0; tokens.len()];
        let longest = lengths.iter().copied().max().unwrap_or(0);
        let mut scores = vec![0.0; longest * longest];
        let scale = count(head_dims).sqrt().recip();
        let mut start = 0;
        for &length in lengths {
            let scores = &mut scores[..length * length];
            for head in 0..self.heads {
                let of = |part: usize| {
                    let offset = start * row + part * dims + head * head_dims;
                    Matrix::strided(&projected[offset..], length, head_dims, row)
                };
                let (query, key, value) = (of(0), of(1), of(2));
                query.write_product(key.turned(), scale, scores, length);
                scores.chunks_exact_mut(length).for_each(softmax);
                let place = &mut attended[start * dims + head * head_dims..];
                Matrix::of(scores, length).write_product(value, 1.0, place, dims);
            }
            start += length;
        }
        attended
    }
}

impl Linear {
    /// Loads maps of the same input as one, their outputs side by side.
    fn load(parts: &[Weights], inputs: usize, outputs: usize) -> Result<Self, String> {
        let width = parts.len() * outputs;
        let mut weight = vec![0.0; inputs * width];
        let mut bias = Vec::with_capacity(width);
        for (number, part) in parts.iter().enumerate() {
            let by_output = part.tensor("weight", &[outputs, inputs])?;
            for (output, row) in by_output.chunks_exact(inputs).enumerate() {
                for (input, &x) in row.iter().enumerate() {
                    weight[input * width + number * outputs + output] = x;
                }
            }
            bias.extend(part.tensor("bias", &[outputs])?);
        }
        Ok(Self { weight, bias })
    }

    fn apply(&self, rows: &[f32]) -> Vec<f32> {
        let count = rows.len() / self.inputs();
        let mut out = vec![0.0; count * self.bias.len()];
        self.add_to(&mut out, rows);
        out
    }

    /// Adds the mapped `rows` to `sum`, in which a residual may stand.
    fn add_to(&self, sum: &mut [f32], rows: &[f32]) {
        let width = self.bias.len();
        sum.chunks_exact_mut(width).for_each(|row| add(row, &self.bias));
        Matrix::of(rows, self.inputs()).add_product(Matrix::of(&self.weight, width), sum, width);
    }

    fn inputs(&self) -> usize {
        self.weight.len() / self.bias.len()
    }
}
