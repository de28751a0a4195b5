use super::weights::Weights;
use crate::lanes::{count, sum};

/// Layer normalization: each row gets mean 0 and variance 1, then a learned scale and shift.
pub(super) struct Norm {
    weight: Vec<f32>,
    bias: Vec<f32>,
    epsilon: f32,
}

impl Norm {
    pub fn load(weights: &Weights, dims: usize, epsilon: f32) -> Result<Self, String> {
        let (weight, bias) = (weights.tensor("weight", &[dims])?, weights.tensor("bias", &[dims])?);
        Ok(Self { weight, bias, epsilon })
    }

    pub fn apply(&self, rows: &mut [f32]) {
        for row in rows.chunks_exact_mut(self.weight.len()) {
            let mean = sum(row, |x| x) / count(row.len());
            let variance = sum(row, |x| (x - mean) * (x - mean)) / count(row.len());
            let scale = (variance + self.epsilon).sqrt().recip();
            for ((x, weight), bias) in row.iter_mut().zip(&self.weight).zip(&self.bias) {
                *x = (*x - mean) * scale * weight + bias;
            }
        }
    }
}
