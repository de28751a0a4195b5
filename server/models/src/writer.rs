//! Chats continued: a small language model in the GGUF format.

mod chooser;
mod decoder;
mod file;
mod layer;
mod packed;
mod rotary;
mod tokens;

use crate::{ChatTurn, ModelError, chat_template::ChatTemplate};
use candle_core::quantized::gguf_file;
use chooser::Chooser;
use decoder::Decoder;
use rayon::ThreadPool;
use std::{fs::File, io::BufReader, ops::ControlFlow, path::Path};
use tokenizers::Tokenizer;

/// How many tokens of a prompt are read between two chances to stop.
const PROMPT_STEP: usize = 256;

/// A chat model. Several generations may run at the same time on one; each has a memory of its own (46 KB a token
/// for the default model) and they share the weights.
pub struct Writer {
    tokenizer: Tokenizer,
    template: ChatTemplate,
    /// The tokens that end an answer.
    ends: Vec<u32>,
    decoder: Decoder,
    /// Where the work is done. In the pool that all share it would queue behind the passages of a book.
    readers: ThreadPool,
}

/// How the next token is chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct Sampling {
    /// 0 takes the likeliest token always; the greater, the more surprising the text.
    pub temperature: f32,
    /// Chooses among this many likeliest tokens only.
    pub top_k: Option<usize>,
    /// The length of the answer at most, in tokens.
    pub max_tokens: usize,
    /// The same seed gives the same text.
    pub seed: u64,
    /// Makes what the answer has said already less likely; 1 does nothing.
    pub repeat_penalty: f32,
}

/// What a generation came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finish {
    pub reason: FinishReason,
    pub prompt_tokens: usize,
    pub new_tokens: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FinishReason {
    /// The model had said all.
    EndOfTurn,
    /// `max_tokens`, or what the model can read at all, was reached.
    Length,
    /// The receiver of the text asked for it.
    Stopped,
}

impl Default for Sampling {
    /// What suits short answers from a passage.
    fn default() -> Self {
        Self { temperature: 0.0, top_k: None, max_tokens: 256, seed: 0, repeat_penalty: 1.0 }
    }
}

impl Writer {
    /// Loads a chat model of the llama or qwen2 architecture from a GGUF file, whatever its packing, into one byte
    /// of memory a parameter (145 MB for the default model, in half a second).
    pub fn load(gguf: &Path) -> Result<Self, ModelError> {
        let file = File::open(gguf).map_err(|error| ModelError::opening(gguf, error))?;
        let mut file = BufReader::new(file);
        let unsupported = |error: candle_core::Error| ModelError::unsupported(gguf, error);
        let mut content = gguf_file::Content::read(&mut file).map_err(unsupported)?;
        let tokenizer = tokens::tokenizer(&mut content).map_err(unsupported)?;
        let template = content.metadata.get("tokenizer.chat_template").and_then(|text| text.to_string().ok());
        let template = ChatTemplate::detect(&tokenizer, template.map(String::as_str))
            .ok_or_else(|| ModelError::unsupported(gguf, "its chat template is neither ChatML nor Llama 3"))?;
        let ends = tokens::ends(&content, &tokenizer, &template);
        // The vocabulary's text is in the tokenizer now: some ten megabytes that need not be there twice.
        content.metadata.retain(|key, _| !key.starts_with("tokenizer."));
        let decoder = Decoder::load(&content, &mut file).map_err(unsupported)?;
        let readers = rayon::ThreadPoolBuilder::new().thread_name(|number| format!("reader-{number}")).build();
        let readers = readers.map_err(|error| ModelError::Failed(error.to_string()))?;
        Ok(Self { tokenizer, template, ends, decoder, readers })
    }

    /// How many tokens chat and answer may have together.
    pub fn context_tokens(&self) -> usize {
        self.decoder.context_tokens()
    }

    /// How many tokens a text has for this model. A turn of a chat costs about five more.
    pub fn count_tokens(&self, text: &str) -> usize {
        self.tokenizer.encode_fast(text, false).map_or(0, |encoding| encoding.len())
    }

    /// Writes the assistant's next turn, blocking the thread.
    ///
    /// `on_text` receives each new piece of text, always whole characters, and while a long chat is still being
    /// read now and then an empty piece; the generation stops as soon as it breaks.
    pub fn generate(
        &self,
        chat: &[ChatTurn],
        options: &Sampling,
        on_text: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<Finish, ModelError> {
        let prompt = self.template.encode(&self.tokenizer, chat)?;
        let limit = self.context_tokens();
        if prompt.len() >= limit {
            return Err(ModelError::TooLong { tokens: prompt.len(), limit });
        }
        let room = options.max_tokens.min(limit - prompt.len());
        let mut memory = self.decoder.memory(prompt.len() + room);
        let mut answer = Vec::new();
        let mut next = None;
        for step in prompt.chunks(PROMPT_STEP) {
            if on_text("").is_break() {
                return Ok(finish(FinishReason::Stopped, &prompt, &answer));
            }
            next = Some(self.readers.install(|| self.decoder.read(step, &mut memory))?);
        }
        let mut chooser = Chooser::new(options);
        let mut text = self.tokenizer.decode_stream(true);
        while let Some(scores) = next.take().filter(|_| answer.len() < room) {
            let token = chooser.choose(scores, &answer);
            if self.ends.contains(&token) {
                return Ok(finish(FinishReason::EndOfTurn, &prompt, &answer));
            }
            answer.push(token);
            if let Some(piece) = text.step(token)?
                && on_text(&piece).is_break()
            {
                return Ok(finish(FinishReason::Stopped, &prompt, &answer));
            }
            next = Some(self.readers.install(|| self.decoder.read(&[token], &mut memory))?);
        }
        Ok(finish(FinishReason::Length, &prompt, &answer))
    }
}

fn finish(reason: FinishReason, prompt: &[u32], answer: &[u32]) -> Finish {
    Finish { reason, prompt_tokens: prompt.len(), new_tokens: answer.len() }
}
