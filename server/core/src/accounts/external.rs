//! An auth service that says whose a token is (`AUTH_SERVICE_URL`).

use super::identities::Profile;
use crate::Core;
use crate::error::{Error, Result};
use crate::settings::AuthService;
use folio_types::UserId;
use futures::StreamExt;
use moka::Expiry;
use moka::future::Cache;
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::time::{Duration, Instant};

const VALID_FOR: Duration = Duration::from_mins(5);
const INVALID_FOR: Duration = Duration::from_secs(10);
const CONNECT: Duration = Duration::from_secs(5);
const WHOLE: Duration = Duration::from_secs(10);
const LONGEST_REPLY: usize = 64 * 1024;
const MOST: u64 = 50_000;

pub struct External {
    http: Client,
    service: AuthService,
    verdicts: Cache<[u8; 32], Verdict>,
}

#[derive(Clone)]
enum Verdict {
    Valid(UserId),
    Invalid,
}

#[derive(Serialize)]
struct Ask<'a> {
    token: &'a str,
}

#[derive(Deserialize)]
struct Answer {
    valid: bool,
    user: Option<Said>,
}

#[derive(Deserialize)]
struct Said {
    id: Id,
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    is_admin: bool,
}

/// Services number their users, or name them.
#[derive(Deserialize)]
#[serde(untagged)]
enum Id {
    Number(i64),
    Text(String),
}

/// How long a verdict holds.
struct Holds;

impl External {
    pub fn new(service: AuthService) -> Result<Self> {
        // a redirect could carry the internal key elsewhere
        let http = Client::builder().redirect(Policy::none()).connect_timeout(CONNECT).timeout(WHOLE).build();
        Ok(Self {
            http: http.map_err(Error::internal)?,
            service,
            verdicts: Cache::builder().max_capacity(MOST).expire_after(Holds).build(),
        })
    }

    /// Whose token it is. The service is asked once for however many requests arrive meanwhile.
    pub async fn user(&self, core: &Core, token: &str) -> Result<UserId> {
        let key: [u8; 32] = Sha256::digest(token).into();
        let verdict = self.verdicts.try_get_with(key, self.judge(core, token)).await;
        match verdict.map_err(|fault| (*fault).clone())? {
            Verdict::Valid(user) => Ok(user),
            Verdict::Invalid => Err(Error::Unauthenticated("This token is not valid, or not any more.".into())),
        }
    }

    async fn judge(&self, core: &Core, token: &str) -> Result<Verdict> {
        let url = format!("{}/auth/validate", self.service.url);
        let key = self.service.key.as_ref().map(SecretString::expose_secret).unwrap_or_default();
        let asked = self.http.post(url).header("X-Internal-API-Key", key).json(&Ask { token }).send().await;
        let answer = asked.map_err(|fault| away(&fault.without_url()))?;
        match answer.status() {
            StatusCode::UNAUTHORIZED => return Ok(Verdict::Invalid),
            status if !status.is_success() => return Err(away(&status)),
            _ => {}
        }
        let mut body = Vec::new();
        let mut pieces = answer.bytes_stream();
        while let Some(piece) = pieces.next().await {
            body.extend_from_slice(&piece.map_err(|fault| away(&fault.without_url()))?);
            if body.len() > LONGEST_REPLY {
                return Err(away(&"it says too much"));
            }
        }
        let answer: Answer = serde_json::from_slice(&body).map_err(|fault| away(&fault))?;
        match answer {
            Answer { valid: false, .. } => Ok(Verdict::Invalid),
            Answer { user: None, .. } => Err(away(&"it names no user")),
            Answer { user: Some(said), .. } => {
                let user = core.accounts().known_elsewhere(&self.service.url, said.into()).await?;
                Ok(Verdict::Valid(user))
            }
        }
    }
}

impl Expiry<[u8; 32], Verdict> for Holds {
    fn expire_after_create(&self, _: &[u8; 32], verdict: &Verdict, _: Instant) -> Option<Duration> {
        Some(match verdict {
            Verdict::Valid(_) => VALID_FOR,
            Verdict::Invalid => INVALID_FOR,
        })
    }
}

impl From<Said> for Profile {
    fn from(said: Said) -> Self {
        let subject = match said.id {
            Id::Number(number) => number.to_string(),
            Id::Text(text) => text,
        };
        Self {
            subject,
            email: said.email.unwrap_or_default(),
            // whoever sets an auth service lets it say who people are
            email_is_theirs: true,
            name: said.name.unwrap_or_default(),
            is_admin: Some(said.is_admin),
        }
    }
}

fn away(fault: &dyn std::fmt::Display) -> Error {
    tracing::warn!(%fault, "the auth service cannot be asked");
    Error::Unavailable("The auth service cannot be reached right now. Try again in a moment.".into())
}
