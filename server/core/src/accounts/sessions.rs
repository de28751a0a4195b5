//! Rows of web sessions. What is in them is the HTTP side's business.

use crate::clock::now;
use crate::db::{Db, on_db};
use crate::error::Result;
use folio_types::Millis;
use std::time::Duration;

/// How often expired sessions are looked for.
const SWEEP: Duration = Duration::from_hours(1);

const LOAD: &str = "SELECT data FROM web_sessions WHERE id = $1 AND expires_at > $2";
const CREATE: &str = "INSERT INTO web_sessions (id, data, expires_at) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING";
const SAVE: &str = "INSERT INTO web_sessions (id, data, expires_at) VALUES ($1, $2, $3)
    ON CONFLICT (id) DO UPDATE SET data = excluded.data, expires_at = excluded.expires_at";
const DELETE: &str = "DELETE FROM web_sessions WHERE id = $1";
const DELETE_EXPIRED: &str = "DELETE FROM web_sessions WHERE expires_at <= $1";

#[derive(Clone, Debug)]
pub struct WebSessions(pub(crate) Db);

impl WebSessions {
    pub async fn load(&self, id: &str) -> Result<Option<String>> {
        Ok(on_db!(read &self.0, pool =>
            sqlx::query_scalar(LOAD).bind(id).bind(now()).fetch_optional(pool).await)?)
    }

    /// False when the id is taken.
    pub async fn create(&self, id: &str, data: &str, expires_at: Millis) -> Result<bool> {
        let made = on_db!(write &self.0, pool =>
            sqlx::query(CREATE).bind(id).bind(data).bind(expires_at).execute(pool).await?.rows_affected());
        Ok(made == 1)
    }

    pub async fn save(&self, id: &str, data: &str, expires_at: Millis) -> Result<()> {
        on_db!(write &self.0, pool =>
            sqlx::query(SAVE).bind(id).bind(data).bind(expires_at).execute(pool).await.map(drop))?;
        Ok(())
    }

    pub async fn delete(&self, id: &str) -> Result<()> {
        on_db!(write &self.0, pool => sqlx::query(DELETE).bind(id).execute(pool).await.map(drop))?;
        Ok(())
    }

    /// Deletes expired sessions now and from time to time, for as long as the program runs.
    pub async fn sweep_forever(self) {
        let mut hours = tokio::time::interval(SWEEP);
        loop {
            hours.tick().await;
            if let Err(fault) = self.delete_expired().await {
                tracing::warn!(fault = fault.diagnosis(), "expired sessions could not be deleted");
            }
        }
    }

    pub async fn delete_expired(&self) -> Result<()> {
        on_db!(write &self.0, pool => sqlx::query(DELETE_EXPIRED).bind(now()).execute(pool).await.map(drop))?;
        Ok(())
    }
}
