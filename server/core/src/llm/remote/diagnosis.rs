//! Why a model server does not answer as it should, found out step by step.

use super::guard::Refusal;
use super::words::{explanation, shorten};
use super::{Remote, limits, refusal};
use reqwest::header::{CONTENT_TYPE, LOCATION};
use reqwest::{Method, Response, StatusCode};
use std::error::Error as StdError;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// What each step may take.
const STEP: Duration = Duration::from_secs(5);
const LARGEST_LIST: usize = 4 * 1024 * 1024;
/// Names that are told; a hosted server has hundreds.
const MOST_TOLD: usize = 1000;

/// What came of asking a server for its models.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    pub finding: Finding,
    /// In words, with what can be done.
    pub message: String,
    /// The names of the models that it lists.
    pub models: Vec<String>,
    pub elapsed_ms: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    Works,
    /// It answers, but has no model.
    NoModels,
    UnknownHost,
    /// It is in a network that providers may not reach.
    Private,
    /// Nothing listens at the port.
    Refused,
    /// Nothing answers in time.
    Silent,
    /// The encrypted connection could not be made.
    Tls,
    /// The key is missing or wrong.
    Unauthorized,
    /// There is no list of models at this address.
    NotFound,
    Redirected,
    /// Another status than success.
    Failed,
    /// It answers with something else than a list of models.
    NotAList,
}

type Found = (Finding, String);

impl Remote {
    /// Connects, asks for `path`, and lets `names` find the models in the answer.
    pub async fn examine(&self, path: &str, names: fn(&[u8]) -> Option<Vec<String>>) -> Diagnosis {
        let began = Instant::now();
        let (finding, message, models) = match self.list(path, names).await {
            Ok(models) if models.is_empty() => {
                let message = format!("{} answers, but lists no models. Load or add one there.", self.host);
                (Finding::NoModels, message, models)
            }
            Ok(models) => {
                let count = if models.len() == 1 { "one model".to_owned() } else { format!("{} models", models.len()) };
                (Finding::Works, format!("It works: {} offers {count}.", self.host), models)
            }
            Err((finding, message)) => (finding, message, Vec::new()),
        };
        let elapsed_ms = u32::try_from(began.elapsed().as_millis()).unwrap_or(u32::MAX);
        Diagnosis { finding, message, models: models.into_iter().take(MOST_TOLD).collect(), elapsed_ms }
    }

    async fn list(&self, path: &str, names: fn(&[u8]) -> Option<Vec<String>>) -> Result<Vec<String>, Found> {
        self.knock().await?;
        let response = self.request(Method::GET, path).timeout(STEP).send().await;
        let response = self.successful(response.map_err(|fault| self.broken(&fault))?).await?;
        let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).map(shorten);
        let body = limits::whole(response, LARGEST_LIST).await.unwrap_or_default();
        names(&body).ok_or_else(|| {
            let what = match kind.as_deref() {
                Some(kind) if kind.starts_with("text/html") => "a web page".to_owned(),
                Some(kind) if !kind.contains("json") => kind.to_owned(),
                _ => "something else".to_owned(),
            };
            (
                Finding::NotAList,
                format!("{} answers with {what} instead of a list of models.{}", self.host, self.hint()),
            )
        })
    }

    /// Finds the host and connects to its port, which tells more than a request that fails does.
    async fn knock(&self) -> Result<(), Found> {
        let host = &self.host;
        let silent =
            || (Finding::Silent, format!("{host} does not answer. Is the address right, and is no firewall between?"));
        let addresses = timeout(STEP, self.guard.addresses(&self.url)).await.map_err(|_| silent())?;
        let addresses = addresses.map_err(|refusal| (finding_of(&refusal), refusal.to_string()))?;
        match timeout(STEP, TcpStream::connect(&*addresses)).await {
            Err(_) => Err(silent()),
            Ok(Err(fault)) => Err(unconnected(host, &addresses, &fault)),
            Ok(Ok(_)) => Ok(()),
        }
    }

    async fn successful(&self, response: Response) -> Result<Response, Found> {
        let (host, status) = (&self.host, response.status());
        if status.is_success() {
            return Ok(response);
        }
        if status.is_redirection() {
            let to = response.headers().get(LOCATION).and_then(|to| to.to_str().ok()).map(shorten).unwrap_or_default();
            return Err((Finding::Redirected, format!("{host} says that it moved to {to}. Use that address instead.")));
        }
        let words = explanation(response).await;
        Err(match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN if !self.has_key() => {
                (Finding::Unauthorized, format!("{host} wants a key ({status}). Add one."))
            }
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                (Finding::Unauthorized, format!("{host} does not take this key ({status}): {words}"))
            }
            StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => (
                Finding::NotFound,
                format!("{host} answers, but has no models at this address ({status}).{}", self.hint()),
            ),
            _ => (Finding::Failed, format!("{host} answered {status}: {words}")),
        })
    }

    /// Why a request to a port that is open failed.
    fn broken(&self, fault: &reqwest::Error) -> Found {
        let host = &self.host;
        if let Some(refusal) = refusal(fault) {
            return (finding_of(refusal), refusal.to_string());
        }
        if fault.is_timeout() {
            return (Finding::Silent, format!("{host} takes the connection, but does not answer within {STEP:?}."));
        }
        if fault.is_connect() && self.url.scheme() == "https" {
            let why = shorten(&innermost(fault).to_string());
            let message = format!(
                "No encrypted connection to {host} could be made: {why}. Is it https there, and is its certificate valid?"
            );
            return (Finding::Tls, message);
        }
        let message =
            format!("{host} takes the connection, but does not speak HTTP. Should the address start with https://?");
        (Finding::NotAList, message)
    }

    /// What is wrong most often.
    fn hint(&self) -> &'static str {
        let versioned =
            self.url.path().split('/').any(|part| part.starts_with('v') && part[1..].parse::<u32>().is_ok());
        if versioned { "" } else { " The address of an OpenAI-compatible server usually ends with /v1." }
    }
}

fn innermost(fault: &dyn StdError) -> &dyn StdError {
    fault.source().map_or(fault, innermost)
}

fn unconnected(host: &str, addresses: &[SocketAddr], fault: &io::Error) -> Found {
    let port = addresses.first().map_or(0, SocketAddr::port);
    match fault.kind() {
        io::ErrorKind::ConnectionRefused => {
            (Finding::Refused, format!("Nothing listens at port {port} of {host}. Is the server running?"))
        }
        _ => (Finding::Silent, format!("{host} cannot be reached at port {port}: {fault}")),
    }
}

fn finding_of(refusal: &Refusal) -> Finding {
    match refusal {
        Refusal::Unknown { .. } => Finding::UnknownHost,
        Refusal::Private { .. } => Finding::Private,
    }
}
