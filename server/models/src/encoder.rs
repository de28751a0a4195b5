//! Sentences to vectors: all-MiniLM-L6-v2, a BERT of six layers.
//!
//! The forward pass is our own, because indexing a book is bounded by it: candle's `BertModel` pads a batch to its
//! longest text, spends a third of its time in scalar `erf` and `exp`, and copies at every transpose. Here the
//! tokens of several texts stand one after the other in one matrix, so that nothing is padded; each worker thread
//! takes such a matrix through all layers alone, which fits its caches and needs no waiting.

mod layer;
mod norm;
mod weights;

use crate::{
    ModelError,
    lanes::{add, sum},
};
use layer::Layer;
use norm::Norm;
use rayon::prelude::*;
use serde::Deserialize;
use std::{fs, ops::Range, path::Path};
use tokenizers::{Tokenizer, TruncationParams};
use weights::Weights;

/// The length that the model was trained for; what a text has beyond it does not count.
const MAX_TOKENS: usize = 256;

/// How many tokens a worker takes at a time: enough for the matrix products to be efficient, few enough to stay in
/// the cache and to share work out evenly.
const TOKENS_AT_ONCE: usize = 512;

/// Turns texts into vectors of meaning: the nearer two vectors (the greater their dot product), the more alike the
/// texts.
pub struct Encoder {
    tokenizer: Tokenizer,
    words: Vec<f32>,
    positions: Vec<f32>,
    norm: Norm,
    layers: Vec<Layer>,
}

/// What `config.json` says of the model, as far as it is not fixed.
#[derive(Deserialize)]
struct Config {
    hidden_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    hidden_act: String,
    layer_norm_eps: f32,
}

/// How long a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measured {
    /// Those that the model reads.
    pub tokens: usize,
    /// Whether the text has more.
    pub is_cut: bool,
}

impl Encoder {
    /// The length of every vector.
    pub const DIMS: usize = 384;

    /// Loads `config.json`, `tokenizer.json` and `model.safetensors` of a directory (90 MB, half a second).
    pub fn load(dir: &Path) -> Result<Self, ModelError> {
        let path = dir.join("config.json");
        let config = fs::read(&path).map_err(|error| ModelError::opening(&path, error))?;
        let config: Config = serde_json::from_slice(&config).map_err(|error| ModelError::unsupported(&path, error))?;
        if config.hidden_size != Self::DIMS || config.hidden_act != "gelu" {
            return Err(ModelError::unsupported(&path, "not a BERT with 384 dimensions and gelu"));
        }
        let tokenizer = load_tokenizer(&dir.join("tokenizer.json"))?;
        let path = dir.join("model.safetensors");
        let bytes = fs::read(&path).map_err(|error| ModelError::opening(&path, error))?;
        let weights = Weights::parse(&bytes).map_err(|reason| ModelError::unsupported(&path, reason))?;
        Self::assemble(tokenizer, &config, &weights).map_err(|reason| ModelError::unsupported(&path, reason))
    }

    fn assemble(tokenizer: Tokenizer, config: &Config, weights: &Weights) -> Result<Self, String> {
        let dims = Self::DIMS;
        let embeddings = weights.under("embeddings");
        // Every token is of the first type, so its vector can be added to the positions once and for all.
        let first_type = embeddings.tensor("token_type_embeddings.weight", &[2, dims])?;
        let mut positions = embeddings.rows("position_embeddings.weight", dims)?;
        if positions.len() < MAX_TOKENS * dims {
            return Err(format!("it has positions for fewer than {MAX_TOKENS} tokens"));
        }
        positions.truncate(MAX_TOKENS * dims);
        positions.chunks_exact_mut(dims).for_each(|position| add(position, &first_type[..dims]));
        let words = embeddings.rows("word_embeddings.weight", dims)?;
        if words.len() < tokenizer.get_vocab_size(true) * dims {
            return Err("its vocabulary is smaller than the tokenizer's".to_owned());
        }
        Ok(Self {
            tokenizer,
            words,
            positions,
            norm: Norm::load(&embeddings.under("LayerNorm"), dims, config.layer_norm_eps)?,
            layers: (0..config.num_hidden_layers)
                .map(|number| {
                    let weights = weights.under(&format!("encoder.layer.{number}"));
                    Layer::load(&weights, dims, config.num_attention_heads, config.layer_norm_eps)
                })
                .collect::<Result<_, _>>()?,
        })
    }

    /// One vector of length 1 for each text, in the same order. Only the first 256 tokens (about 190 English
    /// words) of a text count.
    ///
    /// Many texts are shared out to the threads of the current rayon pool. A single one is not, so that a question
    /// need not queue behind a book that is being indexed.
    pub fn encode(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, ModelError> {
        if let [text] = texts {
            return Ok(self.encode_batch(&[self.tokens(text)?]));
        }
        let texts: Vec<Vec<u32>> = texts.par_iter().map(|text| self.tokens(text)).collect::<Result<_, _>>()?;
        let batches = batches(&texts);
        Ok(batches.into_par_iter().flat_map_iter(|batch| self.encode_batch(&texts[batch])).collect())
    }

    /// How much of a text counts.
    pub fn measure(&self, text: &str) -> Result<Measured, ModelError> {
        let encoding = self.tokenizer.encode_fast(text, true)?;
        Ok(Measured { tokens: encoding.len(), is_cut: !encoding.get_overflowing().is_empty() })
    }

    fn tokens(&self, text: &str) -> Result<Vec<u32>, ModelError> {
        Ok(self.tokenizer.encode_fast(text, true)?.get_ids().to_vec())
    }

    fn encode_batch(&self, texts: &[Vec<u32>]) -> Vec<Vec<f32>> {
        let lengths: Vec<usize> = texts.iter().map(Vec::len).collect();
        let mut tokens = self.embed(texts);
        for layer in &self.layers {
            layer.forward(&mut tokens, &lengths);
        }
        let mut rest = tokens.as_slice();
        lengths
            .into_iter()
            .map(|length| {
                let (text, others) = rest.split_at(length * Self::DIMS);
                rest = others;
                unit_mean(text, Self::DIMS)
            })
            .collect()
    }

    /// One row for each token: the sum of what its word and its place mean, normalized.
    fn embed(&self, texts: &[Vec<u32>]) -> Vec<f32> {
        let mut tokens = Vec::with_capacity(texts.iter().map(Vec::len).sum::<usize>() * Self::DIMS);
        for text in texts {
            for (&word, position) in text.iter().zip(self.positions.chunks_exact(Self::DIMS)) {
                let start = word as usize * Self::DIMS;
                let word = &self.words[start..start + Self::DIMS];
                tokens.extend(word.iter().zip(position).map(|(word, position)| word + position));
            }
        }
        self.norm.apply(&mut tokens);
        tokens
    }
}

fn load_tokenizer(path: &Path) -> Result<Tokenizer, ModelError> {
    let bytes = fs::read(path).map_err(|error| ModelError::opening(path, error))?;
    let mut tokenizer = Tokenizer::from_bytes(bytes).map_err(|error| ModelError::unsupported(path, error))?;
    // The file asks for 128 tokens, cut or filled up; the model reads 256, and nothing needs filling up.
    let truncation = TruncationParams { max_length: MAX_TOKENS, ..TruncationParams::default() };
    tokenizer.with_truncation(Some(truncation)).map_err(|error| ModelError::unsupported(path, error))?;
    tokenizer.with_padding(None);
    Ok(tokenizer)
}

/// Splits texts into runs of about [`TOKENS_AT_ONCE`] tokens.
fn batches(texts: &[Vec<u32>]) -> Vec<Range<usize>> {
    let mut batches = Vec::new();
    let (mut start, mut tokens) = (0, 0);
    for (index, text) in texts.iter().enumerate() {
        if index > start && tokens + text.len() > TOKENS_AT_ONCE {
            batches.push(start..index);
            (start, tokens) = (index, 0);
        }
        tokens += text.len();
    }
    if start < texts.len() {
        batches.push(start..texts.len());
    }
    batches
}

/// The mean of rows, scaled to length 1.
fn unit_mean(rows: &[f32], dims: usize) -> Vec<f32> {
    let mut mean = vec![0.0; dims];
    rows.chunks_exact(dims).for_each(|row| add(&mut mean, row));
    // The length takes the division by the number of rows with it.
    let scale = sum(&mean, |x| x * x).sqrt().max(f32::MIN_POSITIVE).recip();
    mean.into_iter().map(|x| x * scale).collect()
}
