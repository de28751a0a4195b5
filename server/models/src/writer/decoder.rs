//! The network: tokens in, scores of the next token out.
//!
//! candle-transformers has these networks too. This one differs in what a server needs: the weights are shared by
//! generations that each have their own memory (`quantized_qwen2` cannot be cloned), a matrix of words is never
//! unpacked as a whole, the context may exceed 4096 tokens, and threads never wait for each other while writing (see
//! [`packed`](super::packed)).

use super::{
    file::{Settings, Tensors},
    layer::{Heads, Layer, LayerMemory, Norm, Shape},
    packed::Packed,
    rotary::{Pairs, Rotary},
};
use candle_core::{Result, bail, quantized::gguf_file::Content};
use rayon::prelude::*;
use std::io::{Read, Seek};

/// No chat may be longer, whatever the model allows: attention's memory grows with it.
const MAX_CONTEXT: usize = 8192;

/// Fewer tokens than this are not worth another thread, since each thread unpacks the matrices for itself.
const TOKENS_A_THREAD: usize = 32;

pub(super) struct Decoder {
    context: usize,
    heads: Heads,
    rotary: Rotary,
    words: Packed,
    layers: Vec<Layer>,
    norm: Norm,
    /// Absent where the matrix of words serves for both ends.
    output: Option<Packed>,
}

/// What a generation has read and written so far.
pub(super) struct Memory {
    tokens: usize,
    layers: Vec<LayerMemory>,
}

impl Decoder {
    pub fn load<R: Read + Seek>(content: &Content, file: &mut R) -> Result<Self> {
        let settings = Settings::read(content)?;
        let pairs = match settings.architecture {
            "llama" => Pairs::Neighbours,
            "qwen2" => Pairs::Halves,
            other => bail!("the architecture {other} is not known here, only llama and qwen2 are"),
        };
        if settings.size("expert_count").is_ok_and(|experts| experts > 0) {
            bail!("mixtures of experts are not known here");
        }
        let shape = Shape {
            heads: heads(&settings)?,
            feed: settings.size("feed_forward_length")?,
            epsilon: settings.number("attention.layer_norm_rms_epsilon")?,
        };
        let (heads, epsilon) = (shape.heads, shape.epsilon);
        let width = heads.count * heads.dims;
        let mut tensors = Tensors { content, file, prefix: String::new() };
        let vocabulary = tensors.height("token_embd.weight")?;
        let base = settings.number("rope.freq_base").unwrap_or(10_000.0);
        let stretch = tensors.vectors_if_any(["rope_freqs.weight"], heads.dims / 2)?;
        let words = tensors.packed(["token_embd.weight"], vocabulary, width)?;
        let norm = Norm { weight: tensors.vector("output_norm.weight", width)?, epsilon };
        let output = "output.weight";
        let output = tensors.has(output).then(|| tensors.packed([output], vocabulary, width)).transpose()?;
        let layer = |number| {
            tensors.prefix = format!("blk.{number}.");
            Layer::load(&mut tensors, shape)
        };
        Ok(Self {
            context: settings.size("context_length")?.min(MAX_CONTEXT),
            heads,
            rotary: Rotary::new(heads.dims, base, pairs, &stretch),
            words,
            layers: (0..settings.size("block_count")?).map(layer).collect::<Result<_>>()?,
            norm,
            output,
        })
    }

    pub fn context_tokens(&self) -> usize {
        self.context
    }

    /// An empty memory with room for so many tokens.
    pub fn memory(&self, tokens: usize) -> Memory {
        let layers = self.layers.iter().map(|_| LayerMemory::new(self.heads, tokens)).collect();
        Memory { tokens: 0, layers }
    }

    /// Reads on, and gives a score to each token that might come next. Many tokens are shared out to the threads of
    /// the current rayon pool.
    pub fn read(&self, tokens: &[u32], memory: &mut Memory) -> Result<Vec<f32>> {
        let before = memory.tokens;
        let turns = self.rotary.turns(before..before + tokens.len());
        let share = tokens.len().div_ceil(rayon::current_num_threads()).max(TOKENS_A_THREAD);
        let width = self.norm.weight.len();
        let mut x = self.embed(tokens)?;
        for (layer, memory) in self.layers.iter().zip(&mut memory.layers) {
            let shares = x.par_chunks(share * width).enumerate();
            let projected = shares.map(|(number, x)| layer.project(x, &turns, number * share)).collect::<Vec<_>>();
            for projected in &projected {
                layer.remember(projected, memory);
            }
            let shares = x.par_chunks_mut(share * width).zip(&projected).enumerate();
            shares.for_each(|(number, (x, projected))| layer.transform(x, projected, memory, before + number * share));
        }
        memory.tokens += tokens.len();
        let last = self.norm.apply(&x[x.len() - width..]);
        Ok(self.output.as_ref().unwrap_or(&self.words).map(&last))
    }

    fn embed(&self, tokens: &[u32]) -> Result<Vec<f32>> {
        let mut rows = Vec::with_capacity(tokens.len() * self.norm.weight.len());
        for &token in tokens {
            match self.words.unpack_row(token as usize) {
                Some(row) => rows.extend(row),
                None => bail!("there is no token {token}"),
            }
        }
        Ok(rows)
    }
}

fn heads(settings: &Settings) -> Result<Heads> {
    let count = settings.size("attention.head_count")?;
    let groups = settings.size("attention.head_count_kv").unwrap_or(count);
    let width = settings.size("embedding_length")?;
    if groups == 0 || !count.is_multiple_of(groups) || !width.is_multiple_of(count) {
        bail!("{width} dimensions, {count} heads and {groups} groups do not fit each other");
    }
    let dims = width / count;
    if settings.size("rope.dimension_count").is_ok_and(|turned| turned != dims) {
        bail!("heads that turn in part are not known here");
    }
    Ok(Heads { count, groups, dims })
}

#[cfg(test)]
mod tests;
