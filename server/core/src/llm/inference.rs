//! An inference service: a model server that writes with the one model it has loaded, and can be told to load another.

use super::remote::{Diagnosis, Remote, Said, said};
use super::{Offer, Piece, Provider, Reading, Request};
use crate::error::Result;
use async_trait::async_trait;
use futures::stream::BoxStream;
use serde::{Deserialize, Serialize};
use serde_json::json;

pub struct Inference(Remote);

#[derive(Deserialize)]
struct ModelList {
    #[serde(default)]
    current_model: Option<String>,
    models: Vec<ListedModel>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum ListedModel {
    Tag(String),
    Described {
        #[serde(alias = "tag", alias = "id", alias = "name")]
        model_tag: String,
        path: Option<String>,
        loaded: Option<bool>,
    },
}

#[derive(Serialize)]
struct Generation<'a> {
    messages: Vec<ChatMessage<'a>>,
    temperature: f32,
    max_tokens: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_k: Option<u32>,
}

#[derive(Serialize)]
struct ChatMessage<'a> {
    role: &'static str,
    content: &'a str,
}

#[derive(Deserialize)]
struct Event {
    token: Option<String>,
    #[serde(default)]
    done: bool,
    error: Option<serde_json::Value>,
}

impl Inference {
    pub fn new(server: Remote) -> Self {
        Self(server)
    }

    /// Whether it can be used, and why not.
    pub async fn examine(&self) -> Diagnosis {
        let names = |body: &[u8]| {
            let listed: ModelList = serde_json::from_slice(body).ok()?;
            Some(listed.models.into_iter().map(|model| model.described().0).collect())
        };
        self.0.examine("/models", names).await
    }
}

#[async_trait]
impl Provider for Inference {
    fn source(&self) -> &str {
        self.0.host()
    }

    async fn models(&self) -> Result<Vec<Offer>> {
        let ModelList { current_model, models } =
            self.0.get("/models", "list its models as an inference service does").await?;
        let offer = |model: ListedModel| {
            let (tag, path, loaded) = model.described();
            let loaded = loaded.unwrap_or(current_model.as_ref() == Some(&tag));
            let offer = Offer { needs_swap: !loaded, ..Offer::new(tag, loaded, Reading::Many) };
            Offer { path: path.unwrap_or_else(|| offer.path.clone()), ..offer }
        };
        Ok(models.into_iter().map(offer).collect())
    }

    async fn swap(&self, model: &str) -> Result<()> {
        let swapped: Result<serde_json::Value> =
            self.0.post("/models/swap", &json!({ "model_tag": model }), "say that it swapped its model").await;
        swapped.map(drop)
    }

    async fn generate(&self, request: Request) -> Result<BoxStream<'static, Result<Piece>>> {
        let body = Generation {
            messages: request
                .turns
                .iter()
                .map(|turn| ChatMessage { role: turn.speaker.as_str(), content: &turn.content })
                .collect(),
            temperature: request.temperature,
            max_tokens: request.max_tokens,
            top_k: request.top_k,
        };
        self.0.stream("/generate", &body, read).await
    }
}

impl ListedModel {
    /// Its tag, where it lies, and whether it is the one that writes.
    fn described(self) -> (String, Option<String>, Option<bool>) {
        match self {
            Self::Tag(tag) => (tag, None, None),
            Self::Described { model_tag, path, loaded } => (model_tag, path, loaded),
        }
    }
}

fn read(data: &str) -> Result<Said, String> {
    let event: Event = serde_json::from_str(data)
        .map_err(|_| "it sent something that is not an inference service's event stream.".to_owned())?;
    if let Some(error) = event.error.filter(|error| !error.is_null()) {
        return Err(said(&error).unwrap_or_else(|| error.to_string()));
    }
    match event.token {
        Some(token) if !token.is_empty() => Ok(Said::Text(token)),
        _ if event.done => Ok(Said::Done),
        _ => Ok(Said::Nothing),
    }
}
