//! How a chat becomes the tokens that a model was trained to continue.

use crate::ModelError;
use tokenizers::Tokenizer;

/// Who speaks in a chat with a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Instructions that stand above the chat; at most once, first.
    System,
    User,
    Assistant,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatTurn {
    pub role: Role,
    pub content: String,
}

/// The marks that separate turns.
///
/// They are put in as tokens; what people and books say is always encoded as plain text, so that a `<|im_end|>` in
/// a question is eight harmless characters and ends nothing.
#[derive(Debug)]
pub(crate) enum ChatTemplate {
    /// Qwen, the default model and many more: `<|im_start|>user\nHello<|im_end|>\n`.
    ChatMl { start: u32, end: u32 },
    /// Llama 3: `<|start_header_id|>user<|end_header_id|>\n\nHello<|eot_id|>`.
    Llama3 { begin: u32, start: u32, headed: u32, end: u32 },
}

impl ChatTemplate {
    /// Chooses by the template text that the model's file carries, or, if it has none, by its vocabulary.
    pub fn detect(tokenizer: &Tokenizer, template: Option<&str>) -> Option<Self> {
        let id = |mark: &str| {
            let used = template.is_none_or(|template| template.contains(mark));
            used.then(|| tokenizer.token_to_id(mark)).flatten()
        };
        if let (Some(start), Some(end)) = (id("<|im_start|>"), id("<|im_end|>")) {
            return Some(Self::ChatMl { start, end });
        }
        Some(Self::Llama3 {
            begin: tokenizer.token_to_id("<|begin_of_text|>")?,
            start: id("<|start_header_id|>")?,
            headed: id("<|end_header_id|>")?,
            end: id("<|eot_id|>")?,
        })
    }

    /// The token that ends a turn.
    pub fn end(&self) -> u32 {
        match *self {
            Self::ChatMl { end, .. } | Self::Llama3 { end, .. } => end,
        }
    }

    /// The chat's tokens, up to where the assistant begins to speak.
    pub fn encode(&self, tokenizer: &Tokenizer, chat: &[ChatTurn]) -> Result<Vec<u32>, ModelError> {
        let mut tokens = Vec::new();
        if let Self::Llama3 { begin, .. } = *self {
            tokens.push(begin);
        }
        for turn in chat {
            self.open(turn.role, turn.content.trim(), tokenizer, &mut tokens)?;
            tokens.push(self.end());
            if let Self::ChatMl { .. } = self {
                push_text(tokenizer, "\n", &mut tokens)?;
            }
        }
        self.open(Role::Assistant, "", tokenizer, &mut tokens)?;
        Ok(tokens)
    }

    fn open(&self, role: Role, text: &str, tokenizer: &Tokenizer, tokens: &mut Vec<u32>) -> Result<(), ModelError> {
        let role = match role {
            Role::System => "system",
            Role::User => "user",
            Role::Assistant => "assistant",
        };
        match *self {
            Self::ChatMl { start, .. } => {
                tokens.push(start);
                push_text(tokenizer, &format!("{role}\n{text}"), tokens)
            }
            Self::Llama3 { start, headed, .. } => {
                tokens.push(start);
                push_text(tokenizer, role, tokens)?;
                tokens.push(headed);
                push_text(tokenizer, &format!("\n\n{text}"), tokens)
            }
        }
    }
}

fn push_text(tokenizer: &Tokenizer, text: &str, tokens: &mut Vec<u32>) -> Result<(), ModelError> {
    tokens.extend_from_slice(tokenizer.encode_fast(text, false)?.get_ids());
    Ok(())
}
