//! Any endpoint that speaks OpenAI's chat completions: Ollama, vLLM, llama.cpp, a hosted one.

use super::remote::{Diagnosis, Remote, Said, said};
use super::{Offer, Piece, Provider, Reading, Request};
use crate::error::Result;
use async_trait::async_trait;
use futures::stream::BoxStream;
use serde::{Deserialize, Serialize};

pub struct OpenAi(Remote);

#[derive(Deserialize)]
struct ModelList {
    data: Vec<ListedModel>,
}

#[derive(Deserialize)]
struct ListedModel {
    id: String,
}

#[derive(Serialize)]
struct Completion<'a> {
    model: &'a str,
    messages: Vec<ChatMessage<'a>>,
    temperature: f32,
    max_tokens: u32,
    /// Not every server knows it, so it is only sent where someone asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    top_k: Option<u32>,
    stream: bool,
}

#[derive(Serialize)]
struct ChatMessage<'a> {
    role: &'static str,
    content: &'a str,
}

#[derive(Deserialize)]
struct Chunk {
    #[serde(default)]
    choices: Vec<Choice>,
    error: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    delta: Delta,
    finish_reason: Option<String>,
}

#[derive(Default, Deserialize)]
struct Delta {
    content: Option<String>,
}

impl OpenAi {
    /// The server's base URL includes `/v1`.
    pub fn new(server: Remote) -> Self {
        Self(server)
    }

    /// Whether it can be used, and why not.
    pub async fn examine(&self) -> Diagnosis {
        let names = |body: &[u8]| {
            let listed: ModelList = serde_json::from_slice(body).ok()?;
            Some(listed.data.into_iter().map(|model| model.id).collect())
        };
        self.0.examine("/models", names).await
    }
}

#[async_trait]
impl Provider for OpenAi {
    fn source(&self) -> &str {
        self.0.host()
    }

    async fn models(&self) -> Result<Vec<Offer>> {
        let listed: ModelList = self.0.get("/models", "list its models as OpenAI's API does").await?;
        Ok(listed.data.into_iter().map(|model| Offer::new(model.id, true, Reading::Many)).collect())
    }

    async fn generate(&self, request: Request) -> Result<BoxStream<'static, Result<Piece>>> {
        let body = Completion {
            model: &request.model,
            messages: request
                .turns
                .iter()
                .map(|turn| ChatMessage { role: turn.speaker.as_str(), content: &turn.content })
                .collect(),
            temperature: request.temperature,
            max_tokens: request.max_tokens,
            top_k: request.top_k,
            stream: true,
        };
        self.0.stream("/chat/completions", &body, read).await
    }
}

fn read(data: &str) -> Result<Said, String> {
    if data.trim() == "[DONE]" {
        return Ok(Said::Done);
    }
    let chunk: Chunk =
        serde_json::from_str(data).map_err(|_| "it sent something that is not OpenAI's event stream.".to_owned())?;
    if let Some(error) = chunk.error {
        return Err(said(&error).unwrap_or_else(|| error.to_string()));
    }
    let is_cut = chunk.choices.iter().any(|choice| choice.finish_reason.as_deref() == Some("length"));
    let text: String = chunk.choices.into_iter().filter_map(|choice| choice.delta.content).collect();
    Ok(if is_cut { Said::Last(text) } else { Said::Text(text) })
}
