//! Changes of access, heard by every process within a second.
//!
//! Whoever changes something of an account's access counts up one number in the same transaction and writes down whose it
//! was. The number's row is locked until the commit, so changes become visible in the order of their numbers.

use crate::db::{Db, on_db};
use crate::error::Result;
use folio_types::UserId;
use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};
use uuid::Uuid;

pub const LOOK: Duration = Duration::from_millis(300);
/// Beyond this many, it is simpler to look everyone up once more.
const MOST: usize = 10_000;

pub const COUNT: &str = "UPDATE access_clock SET version = version + 1 WHERE id = 1 RETURNING version";
pub const NOTE: &str = "INSERT INTO access_changes (version, user_id) VALUES ($1, $2)";
const NOW: &str = "SELECT version FROM access_clock WHERE id = 1";
const SINCE: &str = "SELECT version, user_id FROM access_changes WHERE version > $1 ORDER BY version LIMIT 1000";
const FORGET: &str =
    "DELETE FROM access_changes WHERE version <= (SELECT version FROM access_clock WHERE id = 1) - 10000";

/// Writes down, inside the transaction, that the user's access changed. Give the version to [`super::Access::changed`] after
/// the commit, so that this process need not wait until it looks.
macro_rules! access_changed {
    ($tx:expr, $user:expr) => {{
        let version: i64 = sqlx::query_scalar($crate::accounts::access::COUNT).fetch_one(&mut *$tx).await?;
        sqlx::query($crate::accounts::access::NOTE).bind(version).bind($user.0).execute(&mut *$tx).await?;
        version
    }};
}
pub(crate) use access_changed;

pub struct Changes {
    /// All changes up to this one are in `last`.
    seen: AtomicI64,
    last: Mutex<Last>,
    news: watch::Sender<()>,
}

#[derive(Default)]
struct Last {
    of_user: HashMap<UserId, i64>,
    of_all: i64,
}

impl Changes {
    pub async fn new(db: &Db) -> Result<Self> {
        let seen: i64 = on_db!(read db, pool => sqlx::query_scalar(NOW).fetch_one(pool).await)?;
        Ok(Self { seen: AtomicI64::new(seen), last: Mutex::default(), news: watch::Sender::new(()) })
    }

    pub fn seen(&self) -> i64 {
        self.seen.load(Ordering::Acquire)
    }

    /// Whether nothing of the user's access changed after `version`, as far as this process heard.
    pub fn knows(&self, user: UserId, version: i64) -> bool {
        let last = self.last();
        last.of_all <= version && last.of_user.get(&user).is_none_or(|change| *change <= version)
    }

    pub fn subscribe(&self) -> watch::Receiver<()> {
        self.news.subscribe()
    }

    pub fn note(&self, user: UserId, version: i64) {
        let mut last = self.last();
        let newest = last.of_user.entry(user).or_default();
        *newest = version.max(*newest);
        if last.of_user.len() > MOST {
            *last = Last { of_user: HashMap::new(), of_all: version };
        }
        drop(last);
        self.news.send_replace(());
    }

    pub async fn poll_forever(&self, db: &Db) {
        let mut clock = interval(LOOK);
        clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            clock.tick().await;
            if let Err(fault) = self.poll(db).await {
                tracing::warn!(fault = fault.diagnosis(), "changes of access cannot be heard now");
            }
        }
    }

    pub async fn forget(db: &Db) -> Result<()> {
        on_db!(write db, pool => sqlx::query(FORGET).execute(pool).await.map(drop))?;
        Ok(())
    }

    async fn poll(&self, db: &Db) -> Result<()> {
        let seen = self.seen();
        let changes: Vec<(i64, Uuid)> =
            on_db!(read db, pool => sqlx::query_as(SINCE).bind(seen).fetch_all(pool).await)?;
        let Some((newest, _)) = changes.last().copied() else { return Ok(()) };
        if changes.first().is_some_and(|(oldest, _)| *oldest != seen + 1) {
            // some were swept before they were heard
            self.last().of_all = newest;
        }
        for (version, user) in changes {
            self.note(UserId(user), version);
        }
        self.seen.store(newest, Ordering::Release);
        Ok(())
    }

    fn last(&self) -> MutexGuard<'_, Last> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
