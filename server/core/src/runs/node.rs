//! This process among others: it shows that it lives, hears what others ask of it, and takes over from the dead.
//!
//! A process that writes answers counts up a beat in the database. Whoever sees the beat of another one unchanged for
//! a while, by its own clock, takes it for dead; no two clocks are compared. On SQLite there is one process only.

use super::log::Publication;
use super::store::Ending;
use super::{Runs, Seq};
use crate::db::{Db, on_db};
use crate::error::Result;
use folio_types::{MessageId, MessageStatus};
use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};
use tokio::time::{MissedTickBehavior, interval};
use uuid::Uuid;

const TICK: Duration = Duration::from_millis(500);
/// Without a beat for so long a process is dead; a start and this are less than five seconds.
const DEAD: Duration = Duration::from_millis(3500);
/// Ticks between two looks for answers of our own that nobody writes any more.
const OWN: u32 = 10;

const BEAT: &str = "INSERT INTO nodes (id, beat) VALUES ($1, 1)
    ON CONFLICT (id) DO UPDATE SET beat = nodes.beat + 1";
const WRITING: &str = "SELECT DISTINCT m.node_id, COALESCE(n.beat, 0) FROM messages m
    LEFT JOIN nodes n ON n.id = m.node_id WHERE m.status = 'streaming'";
const STOPS: &str = "SELECT id FROM messages WHERE node_id = $1 AND status = 'streaming' AND stop_asked";
const ASK_TO_STOP: &str = "UPDATE messages SET stop_asked = TRUE WHERE id = $1 AND status = 'streaming'";
const OURS: &str = "SELECT id FROM messages WHERE node_id = $1 AND status = 'streaming'";
const REAP_ALL: &str = "UPDATE messages SET status = 'interrupted', error = $1, error_status = 503
    WHERE status = 'streaming'";
const REAP_NODE: &str = "UPDATE messages SET status = 'interrupted', error = $2, error_status = 503
    WHERE status = 'streaming' AND (node_id = $1 OR node_id IS NULL AND $1 IS NULL) RETURNING id, seq";
const REAP_ONE: &str = "UPDATE messages SET status = 'interrupted', error = $2, error_status = 503
    WHERE status = 'streaming' AND id = $1 RETURNING id, seq";
const FORGET: &str = "DELETE FROM nodes WHERE id = $1";

const BROKEN_OFF: &str = "Folio stopped while this was being written. You can continue it.";

/// What this process has seen of a process that writes.
struct Seen {
    beat: i64,
    since: Instant,
}

/// Marks a run for the process that writes it.
pub(super) async fn ask_to_stop(db: &Db, run: MessageId) -> Result<()> {
    on_db!(write db, pool => sqlx::query(ASK_TO_STOP).bind(run.0).execute(pool).await.map(drop))?;
    Ok(())
}

impl Runs {
    /// Ends what an earlier process left unfinished, where there can be no other process.
    pub async fn reap_at_start(&self) -> Result<()> {
        if let Db::Sqlite { writer, .. } = &self.db {
            let orphans = sqlx::query(REAP_ALL).bind(BROKEN_OFF).execute(writer).await?.rows_affected();
            if orphans > 0 {
                tracing::info!(orphans, "answers that an earlier process left unfinished are marked as interrupted");
            }
        }
        Ok(())
    }

    /// Lives among the other processes until the program ends.
    pub async fn live(self) {
        let mut clock = interval(TICK);
        clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut seen = HashMap::new();
        let mut unwritten = HashSet::new();
        for tick in 0_u32.. {
            clock.tick().await;
            if let Err(fault) = self.tick(tick, &mut seen, &mut unwritten).await {
                tracing::warn!(fault = fault.diagnosis(), "the other processes cannot be seen now");
                // an old sight of a beat proves nothing
                seen.clear();
            }
        }
    }

    async fn tick(
        &self,
        tick: u32,
        seen: &mut HashMap<Option<Uuid>, Seen>,
        unwritten: &mut HashSet<MessageId>,
    ) -> Result<()> {
        if matches!(self.db, Db::Postgres(_)) {
            if self.is_busy() {
                self.beat().await?;
                self.hear_stops().await?;
            }
            self.watch_others(seen).await?;
        }
        if tick % OWN == OWN - 1 {
            self.end_unwritten(unwritten).await?;
        }
        Ok(())
    }

    async fn beat(&self) -> Result<()> {
        on_db!(write &self.db, pool => sqlx::query(BEAT).bind(self.node).execute(pool).await.map(drop))?;
        Ok(())
    }

    async fn hear_stops(&self) -> Result<()> {
        let asked: Vec<Uuid> =
            on_db!(read &self.db, pool => sqlx::query_scalar(STOPS).bind(self.node).fetch_all(pool).await?);
        for run in asked {
            self.halt(MessageId(run));
        }
        Ok(())
    }

    async fn watch_others(&self, seen: &mut HashMap<Option<Uuid>, Seen>) -> Result<()> {
        let writing: Vec<(Option<Uuid>, i64)> =
            on_db!(read &self.db, pool => sqlx::query_as(WRITING).fetch_all(pool).await?);
        let now = Instant::now();
        seen.retain(|node, _| writing.iter().any(|(other, _)| other == node));
        for (node, beat) in writing.into_iter().filter(|(node, _)| *node != Some(self.node)) {
            let known = seen.entry(node).or_insert(Seen { beat, since: now });
            if known.beat != beat {
                *known = Seen { beat, since: now };
            } else if now.duration_since(known.since) > DEAD {
                self.take_over(node).await?;
                seen.remove(&node);
            }
        }
        Ok(())
    }

    async fn take_over(&self, node: Option<Uuid>) -> Result<()> {
        let orphans: Vec<(Uuid, i64)> = on_db!(write &self.db, pool => {
            let orphans = sqlx::query_as(REAP_NODE).bind(node).bind(BROKEN_OFF).fetch_all(pool).await?;
            sqlx::query(FORGET).bind(node).execute(pool).await?;
            orphans
        });
        tracing::warn!(?node, orphans = orphans.len(), "a process that wrote answers is gone; they are interrupted");
        self.tell_ends(orphans).await;
        Ok(())
    }

    /// Ends answers of this process that were given up because the database refused them; one that is missing from
    /// the active ones once may only just have begun.
    async fn end_unwritten(&self, unwritten: &mut HashSet<MessageId>) -> Result<()> {
        let ours: Vec<Uuid> =
            on_db!(read &self.db, pool => sqlx::query_scalar(OURS).bind(self.node).fetch_all(pool).await?);
        let idle: HashSet<MessageId> = ours.into_iter().map(MessageId).filter(|run| !self.is_active(*run)).collect();
        for run in idle.intersection(unwritten) {
            let ended: Vec<(Uuid, i64)> = on_db!(write &self.db, pool =>
                sqlx::query_as(REAP_ONE).bind(run.0).bind(BROKEN_OFF).fetch_all(pool).await?);
            self.tell_ends(ended).await;
        }
        *unwritten = idle;
        Ok(())
    }

    /// Readers of the log learn of an end that its own process could not tell.
    async fn tell_ends(&self, ended: Vec<(Uuid, i64)>) {
        let ending = Ending {
            status: MessageStatus::Interrupted,
            error: Some((BROKEN_OFF.to_owned(), 503)),
            citations: Vec::new(),
            token_count: None,
            inference_time_ms: None,
        };
        let publication = |(run, seq): (Uuid, i64)| Publication {
            run: MessageId(run),
            first: seq.unsigned_abs() as Seq + 1,
            frames: ending.frames(),
        };
        for told in self.log.append(ended.into_iter().map(publication).collect()).await {
            if let Err(fault) = told {
                tracing::debug!(%fault, "readers learn of an end from the database");
            }
        }
    }
}
