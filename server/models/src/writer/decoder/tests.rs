//! Small networks with random weights: candle's own code must come to the same scores.

use super::*;
use candle_core::{
    Device, Tensor,
    quantized::{
        GgmlDType, QTensor,
        gguf_file::{self, Value},
    },
};
use candle_transformers::models::{quantized_llama, quantized_qwen2};
use std::io::Cursor;

const WIDTH: usize = 64;
const HEADS: usize = 4;
const GROUPS: usize = 2;
const FEED: usize = 128;
const VOCABULARY: usize = 50;

/// More tokens than are mapped one by one, then two more steps.
const STEPS: [&[u32]; 3] = [&[7, 1, 4, 9, 22, 3, 3, 3, 49, 0, 12, 30, 31, 8, 6, 5, 44, 45, 2, 1], &[11], &[40, 41, 13]];

#[test]
fn llama_equals_candles() -> Result<()> {
    let file = network("llama", false)?;
    let mut theirs = {
        let mut file = Cursor::new(&file);
        let content = Content::read(&mut file)?;
        quantized_llama::ModelWeights::from_gguf(content, &mut file, &Device::Cpu)?
    };
    compare(&file, |tokens, before| theirs.forward(tokens, before))
}

#[test]
fn qwen2_equals_candles() -> Result<()> {
    let file = network("qwen2", true)?;
    let mut theirs = {
        let mut file = Cursor::new(&file);
        let content = Content::read(&mut file)?;
        quantized_qwen2::ModelWeights::from_gguf(content, &mut file, &Device::Cpu)?
    };
    compare(&file, |tokens, before| theirs.forward(tokens, before))
}

#[test]
fn another_architecture_is_refused() -> Result<()> {
    let file = network("mamba", false)?;
    let mut file = Cursor::new(&file);
    let content = Content::read(&mut file)?;
    let error = Decoder::load(&content, &mut file).err().map(|error| error.to_string());
    assert!(error.is_some_and(|error| error.contains("mamba")));
    Ok(())
}

#[test]
fn a_matrix_of_the_wrong_size_is_refused() -> Result<()> {
    let file = network("llama", false)?;
    let mut file = Cursor::new(&file);
    let mut content = Content::read(&mut file)?;
    content.metadata.insert("llama.feed_forward_length".to_owned(), Value::U32(64));
    let error = Decoder::load(&content, &mut file).err().map(|error| error.to_string());
    assert!(error.is_some_and(|error| error.contains("blk.0.ffn_gate")));
    Ok(())
}

fn compare(file: &[u8], mut theirs: impl FnMut(&Tensor, usize) -> Result<Tensor>) -> Result<()> {
    let mut file = Cursor::new(file);
    let content = Content::read(&mut file)?;
    let ours = Decoder::load(&content, &mut file)?;
    let mut memory = ours.memory(STEPS.iter().map(|step| step.len()).sum());
    let mut before = 0;
    for step in STEPS {
        let scores = ours.read(step, &mut memory)?;
        let expected = theirs(&Tensor::new(step, &Device::Cpu)?.unsqueeze(0)?, before)?.squeeze(0)?.to_vec1::<f32>()?;
        let worst = scores.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(worst < 1e-4, "off by {worst} after {before} tokens");
        before += step.len();
    }
    Ok(())
}

/// A GGUF file of two layers.
fn network(architecture: &str, with_bias: bool) -> Result<Vec<u8>> {
    let mut tensors = vec![("token_embd.weight".to_owned(), random(&[VOCABULARY, WIDTH])?)];
    tensors.push(("output_norm.weight".to_owned(), random(&[WIDTH])?));
    let narrow = WIDTH / HEADS * GROUPS;
    for layer in 0..2 {
        let mut add = |name: &str, shape: &[usize]| -> Result<()> {
            tensors.push((format!("blk.{layer}.{name}"), random(shape)?));
            Ok(())
        };
        for (name, outputs) in [("attn_q", WIDTH), ("attn_k", narrow), ("attn_v", narrow)] {
            add(&format!("{name}.weight"), &[outputs, WIDTH])?;
            if with_bias {
                add(&format!("{name}.bias"), &[outputs])?;
            }
        }
        add("attn_output.weight", &[WIDTH, WIDTH])?;
        add("attn_norm.weight", &[WIDTH])?;
        add("ffn_norm.weight", &[WIDTH])?;
        add("ffn_gate.weight", &[FEED, WIDTH])?;
        add("ffn_up.weight", &[FEED, WIDTH])?;
        add("ffn_down.weight", &[WIDTH, FEED])?;
    }
    let settings = [
        ("block_count", Value::U32(2)),
        ("context_length", Value::U32(128)),
        ("embedding_length", Value::U32(64)),
        ("feed_forward_length", Value::U32(128)),
        ("attention.head_count", Value::U32(4)),
        ("attention.head_count_kv", Value::U32(2)),
        ("attention.layer_norm_rms_epsilon", Value::F32(1e-5)),
        ("rope.freq_base", Value::F32(10_000.0)),
        ("rope.dimension_count", Value::U32(16)),
    ]
    .map(|(key, value)| (format!("{architecture}.{key}"), value));
    let named = Value::String(architecture.to_owned());
    let mut metadata: Vec<(&str, &Value)> = vec![("general.architecture", &named)];
    metadata.extend(settings.iter().map(|(key, value)| (key.as_str(), value)));
    let tensors: Vec<(&str, &QTensor)> = tensors.iter().map(|(name, tensor)| (name.as_str(), tensor)).collect();
    let mut file = Cursor::new(Vec::new());
    gguf_file::write(&mut file, &metadata, &tensors)?;
    Ok(file.into_inner())
}

/// Numbers that survive packing as they are: in each block of 64, whole multiples of its greatest by 127.
fn random(shape: &[usize]) -> Result<QTensor> {
    let width = shape.last().copied().unwrap_or(1);
    let numbers = Tensor::randn(0f32, 40.0, shape, &Device::Cpu)?.clamp(-127.0, 127.0)?.round()?;
    let mut numbers = numbers.reshape(((), width))?.to_vec2::<f32>()?;
    numbers.iter_mut().flat_map(|row| row.chunks_mut(64)).for_each(|block| block[0] = 127.0);
    let numbers = (Tensor::new(numbers.concat(), &Device::Cpu)? * 0.004)?.reshape(shape)?;
    QTensor::quantize(&numbers, GgmlDType::F32)
}
