//! Browsers' sessions. What else is in them is the HTTP side's business; here is whose they are.

use super::access::{AccessChanges, access_changed};
use super::digest;
use crate::Core;
use crate::clock::now;
use crate::db::on_db;
use crate::error::Result;
use folio_types::{Millis, UserId};
use std::time::Duration;
use uuid::Uuid;

/// How often expired sessions are looked for.
const SWEEP: Duration = Duration::from_hours(1);

const LOAD: &str = "SELECT data, expires_at FROM web_sessions WHERE id = $1 AND expires_at > $2";
const CREATE: &str =
    "INSERT INTO web_sessions (id, user_id, epoch, data, user_agent, address, created_at, seen_at, expires_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8) ON CONFLICT (id) DO NOTHING";
/// Whose it is stays as it was when it was made. One that was ended meanwhile stays ended.
const SAVE: &str = "UPDATE web_sessions SET data = $2, expires_at = $3 WHERE id = $1";
const DELETE: &str = "DELETE FROM web_sessions WHERE id = $1 RETURNING user_id";
const DELETE_EXPIRED: [&str; 2] =
    ["DELETE FROM web_sessions WHERE expires_at <= $1", "DELETE FROM app_sessions WHERE expires_at <= $1"];

#[derive(Clone)]
pub struct WebSessions(pub(crate) Core);

/// Where a sign-in came from, as it was told.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    pub user_agent: Option<String>,
    pub address: Option<String>,
}

/// One session as it is stored.
#[derive(Clone, Debug, Default)]
pub struct WebSession {
    /// Whose it is, and in which epoch of the account it began.
    pub user: Option<(UserId, i64)>,
    pub data: String,
    pub origin: Origin,
    pub expires_at: Millis,
}

impl WebSessions {
    /// What is in it, and when it ends.
    pub async fn load(&self, id: &str) -> Result<Option<(String, Millis)>> {
        Ok(on_db!(read self.0.db(), pool =>
            sqlx::query_as(LOAD).bind(digest(id)).bind(now()).fetch_optional(pool).await)?)
    }

    /// False when the id is taken.
    pub async fn create(&self, id: &str, session: &WebSession) -> Result<bool> {
        let (user, epoch) = owner(session);
        let made = on_db!(write self.0.db(), pool => sqlx::query(CREATE).bind(digest(id)).bind(user).bind(epoch)
            .bind(&session.data).bind(&session.origin.user_agent).bind(&session.origin.address).bind(now())
            .bind(session.expires_at).execute(pool).await?.rows_affected());
        Ok(made == 1)
    }

    pub async fn save(&self, id: &str, session: &WebSession) -> Result<()> {
        on_db!(write self.0.db(), pool => sqlx::query(SAVE).bind(digest(id)).bind(&session.data)
            .bind(session.expires_at).execute(pool).await.map(drop))?;
        Ok(())
    }

    /// Signs out. What was open under the session ends.
    pub async fn delete(&self, id: &str) -> Result<()> {
        let ended = on_db!(change self.0.db(), tx => {
            let user: Option<Option<Uuid>> =
                sqlx::query_scalar(DELETE).bind(digest(id)).fetch_optional(&mut *tx).await?;
            let ended = match user.flatten().map(UserId) {
                Some(user) => Some((user, access_changed!(tx, user))),
                None => None,
            };
            tx.commit().await?;
            ended
        });
        if let Some((user, version)) = ended {
            self.0.access().changed(user, version);
        }
        Ok(())
    }

    /// Deletes what is over now and from time to time, for as long as the program runs.
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
        for sql in DELETE_EXPIRED {
            on_db!(write self.0.db(), pool => sqlx::query(sql).bind(now()).execute(pool).await.map(drop))?;
        }
        AccessChanges::forget(self.0.db()).await
    }
}

fn owner(session: &WebSession) -> (Option<Uuid>, i64) {
    session.user.map_or((None, 0), |(user, epoch)| (Some(user.0), epoch))
}
