//! Answers that nobody writes any more, and those that another process was asked to stop.

use super::log::Publication;
use super::store::{Ending, Orphans, reap, recover};
use super::{Runs, Seq};
use crate::db::{Db, on_db};
use crate::error::Result;
use folio_types::{MessageId, MessageStatus};
use std::collections::HashSet;
use std::sync::Arc;
use uuid::Uuid;

const STOPS: &str = "SELECT id FROM messages WHERE node_id = $1 AND status = 'streaming' AND stop_asked";
const ASK_TO_STOP: &str = "UPDATE messages SET stop_asked = TRUE WHERE id = $1 AND status = 'streaming'";
const OURS: &str = "SELECT id FROM messages WHERE node_id = $1 AND status = 'streaming'";

const BROKEN_OFF: &str = "Folio stopped while this was being written. You can continue it.";

/// Marks a run for the process that writes it.
pub(super) async fn ask_to_stop(db: &Db, run: MessageId) -> Result<()> {
    on_db!(write db, pool => sqlx::query(ASK_TO_STOP).bind(run.0).execute(pool).await.map(drop))?;
    Ok(())
}

impl Runs {
    /// Ends what earlier processes left unfinished, where there can be no other process.
    pub async fn end_all(&self) -> Result<()> {
        recover(&self.db).await?;
        let orphans = reap(&self.db, Orphans::All, BROKEN_OFF).await?.len();
        if orphans > 0 {
            tracing::info!(orphans, "answers that an earlier process left unfinished are marked as interrupted");
        }
        Ok(())
    }

    /// Stops what other processes were asked to stop.
    pub async fn hear_stops(&self) -> Result<()> {
        if self.is_busy() {
            let asked: Vec<Uuid> =
                on_db!(read &self.db, pool => sqlx::query_scalar(STOPS).bind(self.node).fetch_all(pool).await?);
            for run in asked {
                self.halt(MessageId(run));
            }
        }
        Ok(())
    }

    /// Ends what a process that is gone was writing.
    pub async fn take_over(&self, node: Option<Uuid>) -> Result<()> {
        let orphans = reap(&self.db, Orphans::Of(node), BROKEN_OFF).await?;
        if !orphans.is_empty() {
            tracing::warn!(
                ?node,
                orphans = orphans.len(),
                "answers of a process that is gone are marked as interrupted"
            );
        }
        self.tell_ends(orphans);
        Ok(())
    }

    /// Ends answers of this process that were given up because the database refused them; one that is missing from
    /// the active ones once may only just have begun.
    pub async fn end_unwritten(&self, unwritten: &mut HashSet<MessageId>) -> Result<()> {
        let ours: Vec<Uuid> =
            on_db!(read &self.db, pool => sqlx::query_scalar(OURS).bind(self.node).fetch_all(pool).await?);
        let idle: HashSet<MessageId> = ours.into_iter().map(MessageId).filter(|run| !self.is_active(*run)).collect();
        for run in idle.intersection(unwritten) {
            self.tell_ends(reap(&self.db, Orphans::One(*run), BROKEN_OFF).await?);
        }
        *unwritten = idle;
        Ok(())
    }

    /// Readers of the log learn of an end that its own process could not tell.
    fn tell_ends(&self, ended: Vec<(MessageId, Seq)>) {
        if ended.is_empty() {
            return;
        }
        let ending = Ending {
            status: MessageStatus::Interrupted,
            error: Some((BROKEN_OFF.to_owned(), 503)),
            citations: Vec::new(),
            token_count: None,
            inference_time_ms: None,
        };
        let publication = |(run, seq): (MessageId, Seq)| Publication { run, first: seq + 1, frames: ending.frames() };
        let (log, told) = (Arc::clone(&self.log), ended.into_iter().map(publication).collect());
        // a log that is slow to answer must not hold up the beat
        tokio::spawn(async move {
            for told in log.append(told).await {
                if let Err(fault) = told {
                    tracing::debug!(%fault, "readers learn of an end from the database");
                }
            }
        });
    }
}
