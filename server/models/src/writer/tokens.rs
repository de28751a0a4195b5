//! The tokenizer that a GGUF file describes.

use crate::chat_template::ChatTemplate;
use candle_core::{
    Result,
    quantized::{
        gguf_file::{Content, Value},
        tokenizer::TokenizerFromGguf,
    },
};
use tokenizers::{
    PreTokenizerWrapper, Tokenizer,
    pre_tokenizers::{byte_level::ByteLevel, digits::Digits, sequence::Sequence},
};

const PRE: &str = "tokenizer.ggml.pre";

/// Builds the tokenizer. Special tokens in a text are never recognized: they are plain characters there.
pub(super) fn tokenizer(content: &mut Content) -> Result<Tokenizer> {
    let pre = content.metadata.get(PRE).and_then(|name| name.to_string().ok()).cloned().unwrap_or_default();
    if pre == "llama-bpe" {
        // The same rules by the name that candle knows.
        content.metadata.insert(PRE.to_owned(), Value::String("llama3".to_owned()));
    }
    let mut tokenizer = Tokenizer::from_gguf(content)?;
    if let Some(rules) = gpt2_rules(&pre) {
        tokenizer.with_pre_tokenizer(Some(rules));
    }
    tokenizer.set_encode_special_tokens(true);
    Ok(tokenizer)
}

/// How GPT-2's relatives cut text into words. candle would put a space before each text, which these models never
/// saw after a mark, and leave numbers whole, which the default model reads digit by digit.
fn gpt2_rules(pre: &str) -> Option<PreTokenizerWrapper> {
    let words = ByteLevel::new(false, true, true);
    match pre {
        "smollm" => Some(Sequence::new(vec![Digits::new(true).into(), words.into()]).into()),
        "" | "default" | "gpt-2" => Some(words.into()),
        _ => None,
    }
}

/// The tokens after which nothing more is to be said.
pub(super) fn ends(content: &Content, tokenizer: &Tokenizer, template: &ChatTemplate) -> Vec<u32> {
    let named = content.metadata.get("tokenizer.ggml.eos_token_id").and_then(|id| id.to_u32().ok());
    let common = ["<|endoftext|>", "<|end_of_text|>"].into_iter().filter_map(|mark| tokenizer.token_to_id(mark));
    [template.end()].into_iter().chain(named).chain(common).collect()
}
