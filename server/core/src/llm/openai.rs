//! Any endpoint that speaks OpenAI's chat completions: Ollama, vLLM, llama.cpp, a hosted one.

use super::{Offer, Provider, Reading, Request};
use crate::error::{Error, Result};
use crate::settings::{Endpoint, Patience};
use async_trait::async_trait;
use eventsource_stream::{EventStreamError, Eventsource};
use futures::stream::BoxStream;
use futures::{Stream, StreamExt, TryStreamExt};
use reqwest::header::CONTENT_TYPE;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use std::time::Duration;

const LIST: Duration = Duration::from_secs(5);
const LIST_FRESH: Duration = Duration::from_secs(30);
const LONGEST_LINE: usize = 256 * 1024;
const LONGEST_REPLY: usize = 8 * 1024 * 1024;
const LONGEST_EXPLANATION: usize = 300;

pub struct OpenAi {
    endpoint: Endpoint,
    host: String,
    http: reqwest::Client,
    listed: moka::future::Cache<(), Vec<Offer>>,
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
}

#[derive(Default, Deserialize)]
struct Delta {
    content: Option<String>,
}

impl OpenAi {
    pub fn new(endpoint: Endpoint) -> Result<Self> {
        let url = reqwest::Url::parse(&endpoint.base_url)
            .map_err(|_| Error::invalid("OPENAI_BASE_URL", "OPENAI_BASE_URL is not a URL."))?;
        let host = url.host_str().unwrap_or_default().to_owned();
        let http = reqwest::Client::builder()
            .connect_timeout(endpoint.patience.connect)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(Error::internal)?;
        let listed = moka::future::Cache::builder().max_capacity(1).time_to_live(LIST_FRESH).build();
        Ok(Self { endpoint, host, http, listed })
    }

    fn request(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.endpoint.base_url));
        match &self.endpoint.api_key {
            Some(key) => request.bearer_auth(key.expose_secret()),
            None => request,
        }
    }

    async fn fetch_models(&self) -> Result<Vec<Offer>> {
        let response = self
            .request(reqwest::Method::GET, "/models")
            .timeout(LIST)
            .send()
            .await
            .map_err(|fault| self.unreachable(&fault))?;
        let listed: ModelList = self.accepted(response).await?.json().await.map_err(|_| {
            Error::Upstream(format!("The model server at {} did not list its models as OpenAI's API does.", self.host))
        })?;
        Ok(listed.data.into_iter().map(|model| Offer { tag: model.id, loaded: true, reading: Reading::Many }).collect())
    }

    /// The response if it says success, or its own words as an error.
    async fn accepted(&self, response: reqwest::Response) -> Result<reqwest::Response> {
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let words = explanation(response).await;
        let message = format!("The model server at {} answered {status}: {words}", self.host);
        let passing = matches!(status.as_u16(), 429 | 502 | 503 | 504);
        Err(if passing { Error::Overloaded(message) } else { Error::Upstream(message) })
    }

    /// The response if it is an event stream.
    fn streaming(&self, response: reqwest::Response) -> Result<reqwest::Response> {
        let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or("nothing known");
        if kind.starts_with("text/event-stream") {
            return Ok(response);
        }
        Err(Error::Upstream(format!(
            "The model server at {} answered with {} instead of an event stream. Is its address right? It usually ends with /v1.",
            self.host,
            shorten(kind)
        )))
    }

    fn unreachable(&self, fault: &reqwest::Error) -> Error {
        tracing::warn!(host = self.host, ?fault, "a model server cannot be reached");
        Error::Unavailable(format!("The model server at {} cannot be reached. Is it running?", self.host))
    }
}

#[async_trait]
impl Provider for OpenAi {
    fn source(&self) -> &str {
        &self.host
    }

    async fn models(&self) -> Result<Vec<Offer>> {
        self.listed.try_get_with((), self.fetch_models()).await.map_err(|fault| (*fault).clone())
    }

    async fn generate(&self, request: Request) -> Result<BoxStream<'static, Result<String>>> {
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
        let sent = self.request(reqwest::Method::POST, "/chat/completions").json(&body).send();
        let patience = self.endpoint.patience;
        let response = tokio::time::timeout(patience.first_byte, sent)
            .await
            .map_err(|_| {
                let (host, seconds) = (&self.host, patience.first_byte.as_secs());
                Error::Upstream(format!("The model server at {host} did not begin to answer within {seconds} seconds."))
            })?
            .map_err(|fault| self.unreachable(&fault))?;
        let response = self.streaming(self.accepted(response).await?)?;
        Ok(pieces(self.host.clone(), response, patience).boxed())
    }
}

/// The text in an event stream, until its `[DONE]`, within the limits of size and silence.
fn pieces(
    host: String,
    response: reqwest::Response,
    patience: Patience,
) -> impl Stream<Item = Result<String>> + Send + 'static {
    let broke = move |why: String| Error::Upstream(format!("The model server at {host} broke off: {why}"));
    let bytes = response.bytes_stream().map_err(|_| "the connection ended before the answer did.".to_owned());
    let events = Box::pin(limit(awaited(bytes, patience)).eventsource());
    futures::stream::try_unfold((events, broke), |(mut events, broke)| async move {
        loop {
            let event = match events.next().await {
                None => return Err(broke("the connection ended before the answer did.".into())),
                Some(Err(EventStreamError::Transport(fault))) => return Err(broke(fault)),
                Some(Err(_)) => return Err(broke("it sent something that is not an event stream.".into())),
                Some(Ok(event)) => event,
            };
            if event.data.trim() == "[DONE]" {
                return Ok(None);
            }
            let chunk: Chunk = serde_json::from_str(&event.data)
                .map_err(|_| broke("it sent something that is not OpenAI's event stream.".into()))?;
            if let Some(error) = chunk.error {
                return Err(broke(said(&error).unwrap_or_else(|| error.to_string())));
            }
            let text: String = chunk.choices.into_iter().filter_map(|choice| choice.delta.content).collect();
            if !text.is_empty() {
                return Ok(Some((text, (events, broke))));
            }
        }
    })
}

/// Passes bytes on as long as none lets itself be waited for too long; comments that only keep a connection open count.
fn awaited<B>(
    bytes: impl Stream<Item = Result<B, String>> + Send,
    patience: Patience,
) -> impl Stream<Item = Result<B, String>> + Send {
    futures::stream::unfold((Box::pin(bytes), patience.first_byte), move |(mut bytes, limit)| async move {
        let next = tokio::time::timeout(limit, bytes.next()).await;
        let silent = |_| Some(Err(format!("it was silent for {} seconds.", limit.as_secs())));
        next.unwrap_or_else(silent).map(|next| (next, (bytes, patience.idle)))
    })
}

/// Passes bytes on until a line or the whole grows beyond its limit.
fn limit<B: AsRef<[u8]>>(
    bytes: impl Stream<Item = Result<B, String>> + Send,
) -> impl Stream<Item = Result<B, String>> + Send {
    let mut line = 0;
    let mut whole = 0;
    bytes.map(move |bytes| {
        let bytes = bytes?;
        for byte in bytes.as_ref() {
            line = if *byte == b'\n' { 0 } else { line + 1 };
            if line > LONGEST_LINE {
                return Err("it sent a line of more than 256 KiB.".to_owned());
            }
        }
        whole += bytes.as_ref().len();
        if whole > LONGEST_REPLY { Err("its answer is longer than 8 MiB.".to_owned()) } else { Ok(bytes) }
    })
}

/// What an error's body says, in a line.
async fn explanation(response: reqwest::Response) -> String {
    let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if kind.starts_with("text/html") {
        return "a web page instead of an explanation".into();
    }
    let mut body = Vec::new();
    let mut stream = response.bytes_stream();
    while let Some(Ok(bytes)) = stream.next().await {
        body.extend_from_slice(&bytes);
        if body.len() > 16 * 1024 {
            break;
        }
    }
    let text = String::from_utf8_lossy(&body);
    let json = serde_json::from_str::<serde_json::Value>(&text).ok();
    json.as_ref().and_then(|json| said(json.get("error")?)).unwrap_or_else(|| shorten(&text))
}

/// The words in an error object.
fn said(error: &serde_json::Value) -> Option<String> {
    error.get("message").unwrap_or(error).as_str().map(shorten)
}

fn shorten(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().take(LONGEST_EXPLANATION).collect()
}
