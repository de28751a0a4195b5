//! tower-sessions' records in Folio's own database.

use async_trait::async_trait;
use folio_core::Core;
use folio_core::accounts::WebSessions;
use std::fmt;
use tower_sessions::SessionStore;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result};

#[derive(Clone)]
pub struct DbSessions(WebSessions);

impl DbSessions {
    pub fn new(core: Core) -> Self {
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
        loop {
            let made = self.0.create(&record.id.to_string(), &encoded(record)?, expiry(record)).await;
            if made.map_err(backend)? {
                return Ok(());
            }
            record.id = Id::default();
        }
    }

    async fn save(&self, record: &Record) -> Result<()> {
        self.0.save(&record.id.to_string(), &encoded(record)?, expiry(record)).await.map_err(backend)
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let data = self.0.load(&id.to_string()).await.map_err(backend)?;
        data.map(|data| serde_json::from_str(&data).map_err(|fault| Error::Decode(fault.to_string()))).transpose()
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        self.0.delete(&id.to_string()).await.map_err(backend)
    }
}

fn encoded(record: &Record) -> Result<String> {
    serde_json::to_string(record).map_err(|fault| Error::Encode(fault.to_string()))
}

fn expiry(record: &Record) -> i64 {
    record.expiry_date.unix_timestamp().saturating_mul(1000)
}

fn backend(fault: folio_core::Error) -> Error {
    Error::Backend(fault.diagnosis())
}
