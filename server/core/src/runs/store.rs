//! What runs write to the database: every change of a message's status is one of these statements, and each asks for
//! the status that it leaves.

use super::log::Seq;
use super::writer::Work;
use crate::clock::now;
use crate::db::{Db, on_db};
use crate::error::Result;
use folio_types::{Citation, Frame, MessageId, MessageStatus};
use serde::Serialize;
use sqlx::{PgConnection, SqliteConnection};
use std::collections::HashMap;
use uuid::Uuid;

const APPEND_SQLITE: &str = "UPDATE messages SET content = content || piece.text, seq = seq + piece.events
    FROM (SELECT unhex(value ->> 'id') AS id, value ->> 'text' AS text, value ->> 'events' AS events
        FROM json_each($1)) AS piece
    WHERE messages.id = piece.id AND status = 'streaming' AND node_id = $2 RETURNING messages.id, seq";
const APPEND_POSTGRES: &str = "UPDATE messages SET content = content || piece.text, seq = seq + piece.events
    FROM UNNEST($1::uuid[], $2::text[], $3::bigint[]) AS piece (id, text, events)
    WHERE messages.id = piece.id AND status = 'streaming' AND node_id = $4 RETURNING messages.id, seq";
const WINDOW: &str = "UPDATE messages SET window_from = $2 WHERE id = $1 AND status = 'streaming'";
const SOURCES: &str = "UPDATE messages SET sources = $2 WHERE id = $1 AND status = 'streaming'";
const END: &str = "UPDATE messages SET status = $2, error = $3, error_status = $4, citations = $5, token_count = $6,
    inference_time_ms = $7 WHERE id = $1 AND status = 'streaming'";
/// Ends what nobody writes any more.
pub(super) const REAP_ALL: &str = "UPDATE messages SET status = 'interrupted', error = $1, error_status = 503
    WHERE status = 'streaming'";
pub(super) const REAP_NODE: &str = "UPDATE messages SET status = 'interrupted', error = $2, error_status = 503
    WHERE status = 'streaming' AND (node_id = $1 OR node_id IS NULL AND $1 IS NULL) RETURNING id, seq";
pub(super) const REAP_ONE: &str = "UPDATE messages SET status = 'interrupted', error = $2, error_status = 503
    WHERE status = 'streaming' AND id = $1 RETURNING id, seq";
/// Opens an answer that broke off again. Readers of its end were told a few events that the row does not count; the
/// numbers go on behind those.
pub(crate) const REOPEN: &str =
    "UPDATE messages SET status = 'streaming', seq = seq + 8, error = NULL, error_status = NULL, stop_asked = FALSE,
    citations = '[]', node_id = $2 WHERE id = $1 AND status IN ('interrupted', 'failed')";
const TOUCH: &str = "UPDATE conversations SET updated_at = $2
    WHERE id = (SELECT conversation_id FROM messages WHERE id = $1)";

/// How a run ends.
#[derive(Clone, Debug)]
pub struct Ending {
    pub status: MessageStatus,
    /// The words for the person, and the status code that says the same to programs.
    pub error: Option<(String, u16)>,
    pub citations: Vec<Citation>,
    pub token_count: Option<u32>,
    pub inference_time_ms: Option<u32>,
}

impl Ending {
    /// What readers are told.
    pub fn frames(&self) -> Vec<Frame> {
        let citations = (!self.citations.is_empty()).then(|| Frame::Citations { citations: self.citations.clone() });
        let error = self.error.clone().map(|(error, status_code)| Frame::Error { error, status_code });
        let done = Frame::Done { done: true, status: self.status };
        citations.into_iter().chain(error).chain([done]).collect()
    }
}

/// Stores all of it or nothing, for runs of this process. Gives the number of each run's last event; a run that has ended already has none.
pub(super) async fn advance(db: &Db, node: Uuid, work: &[Work]) -> Result<HashMap<MessageId, Seq>> {
    let only_text = work.iter().all(Work::is_text);
    let heads = on_db!(write db, pool => {
        if only_text {
            // one statement is a transaction of its own
            pool.acquire().await?.append(node, work).await?
        } else {
            let mut tx = pool.begin().await?;
            let heads = tx.append(node, work).await?;
            for run in work.iter().filter(|run| heads.iter().any(|(id, _)| *id == run.run.0)) {
                if let Some(from) = run.window {
                    sqlx::query(WINDOW).bind(run.run.0).bind(from.0).execute(&mut *tx).await?;
                }
                if let Some(sources) = &run.sources {
                    sqlx::query(SOURCES).bind(run.run.0).bind(serde_json::to_string(sources)?).execute(&mut *tx).await?;
                }
                if let Some(ending) = &run.ending {
                    let (error, code) = ending.error.clone().unzip();
                    sqlx::query(END).bind(run.run.0).bind(ending.status.as_str()).bind(error).bind(code.map(i64::from))
                        .bind(serde_json::to_string(&ending.citations)?).bind(ending.token_count.map(i64::from))
                        .bind(ending.inference_time_ms.map(i64::from)).execute(&mut *tx).await?;
                    sqlx::query(TOUCH).bind(run.run.0).bind(now()).execute(&mut *tx).await?;
                }
            }
            tx.commit().await?;
            heads
        }
    });
    Ok(heads.into_iter().map(|(run, head)| (MessageId(run), head.unsigned_abs())).collect())
}

/// Appends to many answers in one statement, which only the two dialects' own ways of passing a list can say.
trait Append {
    async fn append(&mut self, node: Uuid, work: &[Work]) -> Result<Vec<(Uuid, i64)>>;
}

#[derive(Serialize)]
struct Piece<'a> {
    id: String,
    text: &'a str,
    events: usize,
}

impl Append for SqliteConnection {
    async fn append(&mut self, node: Uuid, work: &[Work]) -> Result<Vec<(Uuid, i64)>> {
        let pieces: Vec<Piece> = work
            .iter()
            .map(|run| Piece { id: run.run.0.simple().to_string(), text: &run.text, events: run.frames.len() })
            .collect();
        Ok(sqlx::query_as(APPEND_SQLITE).bind(serde_json::to_string(&pieces)?).bind(node).fetch_all(self).await?)
    }
}

impl Append for PgConnection {
    async fn append(&mut self, node: Uuid, work: &[Work]) -> Result<Vec<(Uuid, i64)>> {
        let ids: Vec<Uuid> = work.iter().map(|run| run.run.0).collect();
        let texts: Vec<&str> = work.iter().map(|run| run.text.as_str()).collect();
        let events: Vec<i64> = work.iter().map(|run| i64::try_from(run.frames.len()).unwrap_or(i64::MAX)).collect();
        Ok(sqlx::query_as(APPEND_POSTGRES).bind(ids).bind(texts).bind(events).bind(node).fetch_all(self).await?)
    }
}

#[cfg(test)]
#[path = "store_laws.rs"]
mod laws;
