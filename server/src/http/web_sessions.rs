//! tower-sessions' records in Folio's own database.

use async_trait::async_trait;
use folio_core::accounts::{Origin, WebSession, WebSessions};
use folio_core::{Core, Principal};
use folio_types::UserId;
use serde::{Deserialize, Serialize};
use std::fmt;
use time::Duration;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result};
use tower_sessions::{Expiry, Session, SessionStore};

/// Where a session keeps whose it is.
const SIGNED_IN: &str = "signed_in";
/// A browser stays signed in this long after it last signed in.
pub const LASTS: Duration = Duration::days(30);

#[derive(Serialize, Deserialize)]
struct SignedIn {
    user_id: UserId,
    epoch: i64,
    user_agent: Option<String>,
    address: Option<String>,
}

/// Signs in: a new session id, so that one planted before is worth nothing.
pub async fn begin(
    session: &Session,
    who: &Principal,
    origin: Origin,
) -> std::result::Result<(), tower_sessions::session::Error> {
    let Origin { user_agent, address } = origin;
    session.clear().await;
    session.set_expiry(Some(Expiry::OnInactivity(LASTS)));
    session.cycle_id().await?;
    session.insert(SIGNED_IN, SignedIn { user_id: who.id, epoch: who.epoch, user_agent, address }).await
}

#[derive(Clone)]
pub struct DbSessions(WebSessions);

impl DbSessions {
    pub fn new(core: &Core) -> Self {
        Self(core.accounts().web_sessions())
    }
}

impl fmt::Debug for DbSessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DbSessions")
    }
}

#[async_trait]
impl SessionStore for DbSessions {
    async fn create(&self, record: &mut Record) -> Result<()> {
        let session = stored(record)?;
        while !self.0.create(&record.id.to_string(), &session).await.map_err(backend)? {
            record.id = Id::default();
        }
        Ok(())
    }

    async fn save(&self, record: &Record) -> Result<()> {
        self.0.save(&record.id.to_string(), &stored(record)?).await.map_err(backend)
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let Some((data, expires_at)) = self.0.load(&id.to_string()).await.map_err(backend)? else { return Ok(None) };
        let data = serde_json::from_str(&data).map_err(|fault| Error::Decode(fault.to_string()))?;
        let expiry_date = time::OffsetDateTime::from_unix_timestamp(expires_at / 1000)
            .map_err(|fault| Error::Decode(fault.to_string()))?;
        Ok(Some(Record { id: *id, data, expiry_date }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        self.0.delete(&id.to_string()).await.map_err(backend)
    }
}

/// The row of a record. The id stays out of it: it is the cookie, and only its digest is stored.
fn stored(record: &Record) -> Result<WebSession> {
    let data = serde_json::to_string(&record.data).map_err(|fault| Error::Encode(fault.to_string()))?;
    let signed_in: Option<SignedIn> = record
        .data
        .get(SIGNED_IN)
        .map(|value| serde_json::from_value(value.clone()))
        .transpose()
        .map_err(|fault| Error::Encode(fault.to_string()))?;
    let expires_at = record.expiry_date.unix_timestamp().saturating_mul(1000);
    Ok(match signed_in {
        Some(SignedIn { user_id, epoch, user_agent, address }) => {
            WebSession { user: Some((user_id, epoch)), data, origin: Origin { user_agent, address }, expires_at }
        }
        None => WebSession { data, expires_at, ..WebSession::default() },
    })
}

fn backend(fault: folio_core::Error) -> Error {
    Error::Backend(fault.diagnosis())
}
