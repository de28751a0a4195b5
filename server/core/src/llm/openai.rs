//! Any endpoint that speaks OpenAI's chat completions: Ollama, vLLM, llama.cpp, a hosted one.

use super::remote::{Diagnosis, Part as WantPart, Remote, Said, said};
use super::{Function, Offer, Picture, Piece, Provider, Reading, Request, Turn, Want};
use crate::error::Result;
use async_trait::async_trait;
use base64::prelude::{BASE64_STANDARD, Engine};
use futures::stream::BoxStream;
use serde::{Deserialize, Serialize};

pub struct OpenAi {
    server: Remote,
    takes: Takes,
}

/// What its models take beside text, which no server says of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Takes {
    pub images: bool,
    /// Functions that the model may ask for.
    pub tools: bool,
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
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Tool<'a>>,
    stream: bool,
}

#[derive(Serialize)]
struct ChatMessage<'a> {
    role: &'static str,
    content: Content<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<ToolCall<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_call_id: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Tool<'a> {
    Function { function: Declared<'a> },
}

#[derive(Serialize)]
struct Declared<'a> {
    name: &'a str,
    description: &'a str,
    parameters: &'a serde_json::Value,
}

#[derive(Serialize)]
struct ToolCall<'a> {
    id: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    function: Called<'a>,
}

#[derive(Serialize)]
struct Called<'a> {
    name: &'a str,
    arguments: &'a str,
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
    #[serde(default)]
    tool_calls: Option<Vec<CallDelta>>,
}

#[derive(Deserialize)]
struct CallDelta {
    #[serde(default)]
    index: usize,
    id: Option<String>,
    #[serde(default)]
    function: FunctionDelta,
}

#[derive(Default, Deserialize)]
struct FunctionDelta {
    name: Option<String>,
    arguments: Option<String>,
}

impl OpenAi {
    /// The server's base URL includes `/v1`.
    pub fn new(server: Remote) -> Self {
        Self { server, takes: Takes::default() }
    }

    /// Says what its models take beside text.
    #[must_use]
    pub fn taking(self, takes: Takes) -> Self {
        Self { takes, ..self }
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
        let offer = |model: ListedModel| Offer::new(model.id, true, Reading::Many).taking(self.takes);
        Ok(listed.data.into_iter().map(offer).collect())
    }

    async fn generate(&self, request: Request) -> Result<BoxStream<'static, Result<Piece>>> {
        let body = Completion {
            model: &request.model,
            messages: request.turns.iter().map(ChatMessage::from).collect(),
            temperature: request.temperature,
            max_tokens: request.max_tokens,
            top_k: request.top_k,
            tools: request.functions.iter().map(Tool::from).collect(),
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
        Self {
            role: if turn.answers.is_some() { "tool" } else { turn.speaker.as_str() },
            content,
            tool_calls: turn.wants.iter().map(ToolCall::from).collect(),
            tool_call_id: turn.answers.as_deref(),
        }
    }
}

impl<'a> From<&'a Want> for ToolCall<'a> {
    fn from(want: &'a Want) -> Self {
        let called = Called { name: &want.name, arguments: &want.arguments };
        Self { id: &want.id, kind: "function", function: called }
    }
}

impl<'a> From<&'a Function> for Tool<'a> {
    fn from(function: &'a Function) -> Self {
        let Function { name, description, parameters } = function;
        Self::Function { function: Declared { name, description, parameters } }
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
    let deltas = chunk.choices.into_iter().map(|choice| choice.delta);
    let (mut text, mut wants) = (String::new(), Vec::new());
    for Delta { content, tool_calls } in deltas {
        text.push_str(content.as_deref().unwrap_or_default());
        wants.extend(tool_calls.into_iter().flatten().map(WantPart::from));
    }
    Ok(match (is_cut, wants.is_empty()) {
        (true, _) => Said::Last(text),
        (false, true) => Said::Text(text),
        (false, false) => Said::Wants(text, wants),
    })
}

impl From<CallDelta> for WantPart {
    fn from(delta: CallDelta) -> Self {
        let CallDelta { index, id, function: FunctionDelta { name, arguments } } = delta;
        let want = Want {
            id: id.unwrap_or_default(),
            name: name.unwrap_or_default(),
            arguments: arguments.unwrap_or_default(),
        };
        Self { index, want }
    }
}
