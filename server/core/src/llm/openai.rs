//! Any endpoint that speaks OpenAI's chat completions: Ollama, vLLM, llama.cpp, a hosted one.

use super::remote::{Diagnosis, Remote, Said, said};
use super::{Offer, Picture, Piece, Provider, Reading, Request, Turn};
use crate::error::Result;
use async_trait::async_trait;
use base64::prelude::{BASE64_STANDARD, Engine};
use futures::stream::BoxStream;
use serde::{Deserialize, Serialize};

pub struct OpenAi {
    server: Remote,
    takes_images: bool,
}

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
    content: Content<'a>,
}

/// Only text, or text and pictures.
#[derive(Serialize)]
#[serde(untagged)]
enum Content<'a> {
    Text(&'a str),
    Parts(Vec<Part<'a>>),
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Part<'a> {
    Text { text: &'a str },
    ImageUrl { image_url: ImageUrl },
}

#[derive(Serialize)]
struct ImageUrl {
    url: String,
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
        Self { server, takes_images: false }
    }

    /// Says whether pictures can be sent to its models.
    #[must_use]
    pub fn taking_images(self, takes_images: bool) -> Self {
        Self { takes_images, ..self }
    }

    /// Whether it can be used, and why not.
    pub async fn examine(&self) -> Diagnosis {
        let names = |body: &[u8]| {
            let listed: ModelList = serde_json::from_slice(body).ok()?;
            Some(listed.data.into_iter().map(|model| model.id).collect())
        };
        self.server.examine("/models", names).await
    }
}

#[async_trait]
impl Provider for OpenAi {
    fn source(&self) -> &str {
        self.server.host()
    }

    async fn models(&self) -> Result<Vec<Offer>> {
        let listed: ModelList = self.server.get("/models", "list its models as OpenAI's API does").await?;
        let offer =
            |model: ListedModel| Offer { takes_images: self.takes_images, ..Offer::new(model.id, true, Reading::Many) };
        Ok(listed.data.into_iter().map(offer).collect())
    }

    async fn generate(&self, request: Request) -> Result<BoxStream<'static, Result<Piece>>> {
        let body = Completion {
            model: &request.model,
            messages: request.turns.iter().map(ChatMessage::from).collect(),
            temperature: request.temperature,
            max_tokens: request.max_tokens,
            top_k: request.top_k,
            stream: true,
        };
        self.server.stream("/chat/completions", &body, read).await
    }
}

impl<'a> From<&'a Turn> for ChatMessage<'a> {
    fn from(turn: &'a Turn) -> Self {
        let text = turn.content.as_str();
        let picture = |picture: &Picture| {
            let url = format!("data:{};base64,{}", picture.media_type, BASE64_STANDARD.encode(&picture.bytes));
            Part::ImageUrl { image_url: ImageUrl { url } }
        };
        let content = if turn.pictures.is_empty() {
            Content::Text(text)
        } else {
            Content::Parts([Part::Text { text }].into_iter().chain(turn.pictures.iter().map(picture)).collect())
        };
        Self { role: turn.speaker.as_str(), content }
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
