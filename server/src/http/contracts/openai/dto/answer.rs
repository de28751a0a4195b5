//! A whole answer.

use super::citations::{Annotation, PageCitation};
use folio_core::completions::{Finish, Outcome, Tokens};
use serde::Serialize;
use std::time::{SystemTime, UNIX_EPOCH};
use utoipa::ToSchema;
use uuid::Uuid;

/// What all parts of one answer have in common.
pub struct Answering {
    pub id: String,
    pub created: u64,
    pub model: String,
    /// Where people find Folio.
    pub folio: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = OpenAiCompletion)]
pub struct Answer {
    #[schema(example = "chatcmpl-01a21f51a05575469b490c816ead8a81")]
    id: String,
    #[schema(example = "chat.completion")]
    object: &'static str,
    /// In seconds since 1970.
    #[schema(example = 1_795_824_000)]
    created: u64,
    #[schema(example = "library")]
    model: String,
    choices: Vec<Choice>,
    usage: Usage,
    /// Which page supports which sentence; empty where no book was asked or nothing was found.
    citations: Vec<PageCitation>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = OpenAiChoice)]
struct Choice {
    index: u32,
    message: Spoken,
    #[schema(required = true)]
    logprobs: Option<()>,
    finish_reason: FinishReason,
}

#[derive(Serialize, ToSchema)]
#[schema(as = OpenAiAnswerMessage)]
struct Spoken {
    #[schema(example = "assistant")]
    role: &'static str,
    #[schema(example = "Bees tell each other where flowers are by dancing.")]
    content: String,
    #[schema(required = true)]
    refusal: Option<String>,
    annotations: Vec<Annotation>,
}

/// Why the model wrote no more.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = OpenAiFinishReason)]
pub enum FinishReason {
    /// It had said all, or met something to stop at.
    Stop,
    /// The answer is as long as it may be.
    Length,
}

/// Counted by the model's tokenizer where that is at hand, else as four characters a token.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[schema(as = OpenAiUsage)]
#[expect(clippy::struct_field_names, reason = "OpenAI's names")]
pub struct Usage {
    /// What the model read, the passages of books among it.
    prompt_tokens: usize,
    completion_tokens: usize,
    total_tokens: usize,
}

impl Answering {
    pub fn of(model: &str, folio: &str) -> Self {
        Self {
            id: format!("chatcmpl-{}", Uuid::now_v7().simple()),
            created: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()),
            model: model.to_owned(),
            folio: folio.to_owned(),
        }
    }

    pub fn whole(self, content: String, outcome: Outcome) -> Answer {
        let citations = PageCitation::all(outcome.citations, &self.folio);
        let annotations = citations.iter().map(Into::into).collect();
        let message = Spoken { role: "assistant", content, refusal: None, annotations };
        Answer {
            id: self.id,
            object: "chat.completion",
            created: self.created,
            model: self.model,
            choices: vec![Choice { index: 0, message, logprobs: None, finish_reason: outcome.finish.into() }],
            usage: outcome.tokens.into(),
            citations,
        }
    }
}

impl From<Finish> for FinishReason {
    fn from(finish: Finish) -> Self {
        match finish {
            // no functions are offered there
            Finish::Said | Finish::Wants(_) => Self::Stop,
            Finish::Cut => Self::Length,
        }
    }
}

impl From<Tokens> for Usage {
    fn from(tokens: Tokens) -> Self {
        let Tokens { read, written } = tokens;
        Self { prompt_tokens: read, completion_tokens: written, total_tokens: read + written }
    }
}
