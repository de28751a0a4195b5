//! A model server at an address: one client, one set of limits and one way of saying what went wrong, whatever protocol
//! is spoken on top.

mod diagnosis;
pub mod guard;
mod limits;
mod wants;
mod words;

pub use diagnosis::{Diagnosis, Finding};
pub use wants::Part;
pub use words::said;

use super::Piece;
use crate::error::{Error, Result};
use crate::settings::{Endpoint, Patience};
use eventsource_stream::{Event, EventStreamError, Eventsource};
use futures::stream::BoxStream;
use futures::{Stream, StreamExt, TryStreamExt};
use guard::{Guard, Refusal};
use reqwest::header::CONTENT_TYPE;
use reqwest::{Method, RequestBuilder, Response, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::error::Error as StdError;
use std::time::Duration;
use wants::Wants;
use words::{explanation, shorten};

/// What a list of models may take.
const LIST: Duration = Duration::from_secs(5);
const LARGEST_JSON: usize = 4 * 1024 * 1024;

/// A server that keeps the connection alive with comments, but says nothing, is waited for so many times as long as a
/// silent one.
const ALIVE: u32 = 4;

/// How a server knows that it is Folio who asks.
pub enum Credential {
    None,
    Bearer(SecretString),
    /// The `X-Internal-API-Key` of services that belong together.
    Internal(SecretString),
}

pub struct Remote {
    url: Url,
    base_url: String,
    guard: Guard,
    host: String,
    http: reqwest::Client,
    patience: Patience,
    credential: Credential,
}

/// What one event of a streamed answer says.
pub enum Said {
    Text(String),
    /// The last text of an answer that has reached the length it may have.
    Last(String),
    /// Some text, and parts of what the model asks for.
    Wants(String, Vec<Part>),
    Nothing,
    Done,
}

impl Remote {
    /// A server that the person who runs Folio named: any address is fine.
    pub fn trusted(name: &'static str, endpoint: &Endpoint, credential: Credential) -> Result<Self> {
        let url = Url::parse(&endpoint.base_url).map_err(|_| Error::invalid(name, format!("{name} is not a URL.")))?;
        let http = client(endpoint.patience).build().map_err(Error::internal)?;
        Ok(Self::of(url, endpoint, Guard::open(), http, credential))
    }

    /// A server that somebody typed in: only where `guard` lets it.
    pub fn guarded(guard: &Guard, endpoint: &Endpoint, credential: Credential) -> Result<Self> {
        let url = guard.check(&endpoint.base_url)?;
        let http = guarded_client(guard, &url, endpoint.patience)?;
        Ok(Self::of(url, endpoint, guard.clone(), http, credential))
    }

    fn of(url: Url, endpoint: &Endpoint, guard: Guard, http: reqwest::Client, credential: Credential) -> Self {
        Self {
            guard,
            base_url: endpoint.base_url.trim_end_matches('/').to_owned(),
            host: url.host_str().unwrap_or_default().to_owned(),
            url,
            http,
            patience: endpoint.patience,
            credential,
        }
    }

    pub fn host(&self) -> &str {
        &self.host
    }

    fn has_key(&self) -> bool {
        !matches!(self.credential, Credential::None)
    }

    /// A small document. `expected` says what it should have been, for the message when it is something else.
    pub async fn get<T: DeserializeOwned>(&self, path: &str, expected: &str) -> Result<T> {
        let response = self.request(Method::GET, path).timeout(LIST).send().await;
        self.document(response.map_err(|fault| self.unreachable(&fault))?, expected).await
    }

    /// As [`Remote::get`], after sending `body`; it may take as long as the beginning of an answer.
    pub async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize, expected: &str) -> Result<T> {
        let sent = self.request(Method::POST, path).json(body).timeout(self.patience.first_byte).send().await;
        self.document(sent.map_err(|fault| self.unreachable(&fault))?, expected).await
    }

    /// The text that the server streams as an answer to `body`, until `read` says that it is done, within the limits of
    /// size and silence. Dropping it closes the connection.
    pub async fn stream(
        &self,
        path: &str,
        body: &impl Serialize,
        read: fn(&str) -> Result<Said, String>,
    ) -> Result<BoxStream<'static, Result<Piece>>> {
        let sent = self.request(Method::POST, path).json(body).send();
        let response = tokio::time::timeout(self.patience.first_byte, sent)
            .await
            .map_err(|_| {
                let (host, seconds) = (&self.host, self.patience.first_byte.as_secs());
                Error::Upstream(format!("The model server at {host} did not begin to answer within {seconds} seconds."))
            })?
            .map_err(|fault| self.unreachable(&fault))?;
        let response = self.streaming(self.accepted(response).await?)?;
        Ok(pieces(self.host.clone(), response, self.patience, read).boxed())
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base_url));
        match &self.credential {
            Credential::None => request,
            Credential::Bearer(key) => request.bearer_auth(key.expose_secret()),
            Credential::Internal(key) => request.header("X-Internal-API-Key", key.expose_secret()),
        }
    }

    async fn document<T: DeserializeOwned>(&self, response: Response, expected: &str) -> Result<T> {
        let body = limits::whole(self.accepted(response).await?, LARGEST_JSON).await;
        let document = body.and_then(|body| serde_json::from_slice(&body).ok());
        document.ok_or_else(|| Error::Upstream(format!("The model server at {} did not {expected}.", self.host)))
    }

    /// The response if it says success, or its own words as an error.
    async fn accepted(&self, response: Response) -> Result<Response> {
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
    fn streaming(&self, response: Response) -> Result<Response> {
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
        match refusal(fault) {
            // it is no use to ask again
            Some(refusal @ Refusal::Private { .. }) => Error::Upstream(refusal.to_string()),
            _ => Error::Unavailable(format!("The model server at {} cannot be reached. Is it running?", self.host)),
        }
    }
}

/// A client that connects to the checked `url` only where `guard` lets it, and follows no redirects.
pub fn guarded_client(guard: &Guard, url: &Url, patience: Patience) -> Result<reqwest::Client> {
    client(patience).dns_resolver(guard.resolver(url)).build().map_err(Error::internal)
}

fn client(patience: Patience) -> reqwest::ClientBuilder {
    reqwest::Client::builder().connect_timeout(patience.connect).redirect(reqwest::redirect::Policy::none()).no_proxy()
}

/// What the guard said, if it was the guard who stopped a request.
fn refusal(fault: &reqwest::Error) -> Option<&Refusal> {
    let mut cause = fault.source();
    while let Some(fault) = cause {
        if let Some(refusal) = fault.downcast_ref() {
            return Some(refusal);
        }
        cause = fault.source();
    }
    None
}

fn pieces(
    host: String,
    response: Response,
    patience: Patience,
    read: fn(&str) -> Result<Said, String>,
) -> impl Stream<Item = Result<Piece>> + Send + 'static {
    let broke = move |why: String| Error::Upstream(format!("The model server at {host} broke off: {why}"));
    let events = Box::pin(events(response, patience));
    let wants = Wants::default();
    futures::stream::try_unfold((events, broke, wants), move |(mut events, broke, mut wants)| async move {
        loop {
            let Some(event) = events.next().await else {
                return Err(broke("the connection ended before the answer did.".into()));
            };
            let event = event.map_err(&broke)?;
            match read(&event.data).map_err(&broke)? {
                Said::Done => {
                    let wants = wants.take().map_err(&broke)?;
                    let last = (!wants.is_empty()).then(|| Piece { wants, ..Piece::default() });
                    return Ok(last.map(|last| (last, (events, broke, Wants::default()))));
                }
                Said::Last(text) => {
                    let last = Piece { text, is_cut: true, wants: Vec::new() };
                    return Ok(Some((last, (events, broke, wants))));
                }
                Said::Wants(text, parts) => {
                    wants.add(parts);
                    if !text.is_empty() {
                        return Ok(Some((text.into(), (events, broke, wants))));
                    }
                }
                Said::Text(text) if !text.is_empty() => return Ok(Some((text.into(), (events, broke, wants)))),
                Said::Text(_) | Said::Nothing => {}
            }
        }
    })
}

fn events(response: Response, patience: Patience) -> impl Stream<Item = Result<Event, String>> + Send {
    let bytes = response.bytes_stream().map_err(|_| "the connection ended before the answer did.".to_owned());
    let bytes = limits::awaited(bytes, patience, |seconds| format!("it was silent for {seconds} seconds."));
    let events = limits::limit(bytes).eventsource().map_err(|fault| match fault {
        EventStreamError::Transport(fault) => fault,
        EventStreamError::Utf8(_) | EventStreamError::Parser(_) => {
            "it sent something that is not an event stream.".into()
        }
    });
    let alive = Patience { first_byte: patience.first_byte * ALIVE, idle: patience.idle * ALIVE, ..patience };
    limits::awaited(events, alive, |seconds| format!("it sent nothing but comments for {seconds} seconds."))
}
