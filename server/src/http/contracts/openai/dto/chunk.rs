//! The parts of an answer that is told as it is written.

use super::answer::{Answering, FinishReason, Usage};
use super::citations::{Annotation, PageCitation};
use folio_core::completions::Outcome;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[schema(as = OpenAiChunk)]
pub struct Chunk {
    id: String,
    #[schema(example = "chat.completion.chunk")]
    object: &'static str,
    created: u64,
    model: String,
    /// One, or none beside the usage.
    choices: Vec<Part>,
    /// Where `stream_options.include_usage` asks for it: null but in the last chunk.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Usage>, required = false)]
    usage: Option<Counted>,
    /// Which page supports which sentence, beside the `finish_reason`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    citations: Option<Vec<PageCitation>>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = OpenAiChunkChoice)]
struct Part {
    index: u32,
    delta: Delta,
    #[schema(required = true)]
    logprobs: Option<()>,
    #[schema(required = true)]
    finish_reason: Option<FinishReason>,
}

#[derive(Default, Serialize, ToSchema)]
#[schema(as = OpenAiDelta)]
struct Delta {
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    annotations: Option<Vec<Annotation>>,
}

/// The usage, which is null until it is known.
#[derive(Serialize)]
#[serde(untagged)]
enum Counted {
    NotYet,
    All(Usage),
}

/// Makes the chunks of one answer.
pub struct Chunks {
    pub answering: Answering,
    pub with_usage: bool,
}

impl Chunks {
    pub fn first(&self) -> Chunk {
        self.chunk(Delta { role: Some("assistant"), content: Some(String::new()), ..Delta::default() }, None)
    }

    pub fn text(&self, text: String) -> Chunk {
        self.chunk(Delta { content: Some(text), ..Delta::default() }, None)
    }

    /// The end, and behind it the usage if that is asked for.
    pub fn last(&self, outcome: Outcome) -> Vec<Chunk> {
        let citations = PageCitation::all(outcome.citations, &self.answering.folio);
        let annotations: Vec<Annotation> = citations.iter().map(Into::into).collect();
        let delta = Delta { annotations: Some(annotations).filter(|all| !all.is_empty()), ..Delta::default() };
        let end = Chunk { citations: Some(citations), ..self.chunk(delta, Some(outcome.finish.into())) };
        let usage = Chunk { choices: Vec::new(), usage: Some(Counted::All(outcome.tokens.into())), ..self.empty() };
        [end].into_iter().chain(self.with_usage.then_some(usage)).collect()
    }

    fn chunk(&self, delta: Delta, finish_reason: Option<FinishReason>) -> Chunk {
        Chunk { choices: vec![Part { index: 0, delta, logprobs: None, finish_reason }], ..self.empty() }
    }

    fn empty(&self) -> Chunk {
        Chunk {
            id: self.answering.id.clone(),
            object: "chat.completion.chunk",
            created: self.answering.created,
            model: self.answering.model.clone(),
            choices: Vec::new(),
            usage: self.with_usage.then_some(Counted::NotYet),
            citations: None,
        }
    }
}
