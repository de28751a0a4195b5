//! Rows as the databases give them.

use super::Work;
use crate::audit::{Actor, Deed, Origin, Outcome, Sealed};
use crate::clock::now;
use crate::error::{Error, Result};
use folio_types::{LogLine, Task, TaskId, UserId};
use uuid::Uuid;

#[derive(Clone, sqlx::FromRow)]
pub struct TaskRow {
    pub id: Uuid,
    pub owner_id: Uuid,
    kind: String,
    work: String,
    action: String,
    target: String,
    origin: String,
    state: String,
    done: i64,
    total: i64,
    unit: String,
    log: String,
    outcome: Option<String>,
    links: String,
    pub attempts: i64,
    pub seq: i64,
    created_at: i64,
    updated_at: i64,
}

impl TaskRow {
    pub fn work(&self) -> Result<Work> {
        Ok(serde_json::from_str(&self.work)?)
    }

    pub fn log(&self) -> Result<Vec<LogLine>> {
        Ok(serde_json::from_str(&self.log)?)
    }

    pub fn origin(&self) -> Result<Origin> {
        Ok(serde_json::from_str(&self.origin)?)
    }

    /// The record of how it ended, as something that `actor` did.
    pub(crate) fn sealed(&self, outcome: Outcome, detail: &str, actor: Actor) -> Result<Sealed> {
        let deed = Deed::new(outcome, self.action.clone(), self.target.clone()).saying(detail);
        Ok(Sealed::draft(actor, deed, self.origin()?, now()))
    }
}

impl TryFrom<TaskRow> for Task {
    type Error = Error;

    fn try_from(row: TaskRow) -> Result<Self> {
        let wrong = |fault: String| Error::internal(fault);
        Ok(Self {
            id: TaskId(row.id),
            owner_id: UserId(row.owner_id),
            kind: row.kind.parse().map_err(wrong)?,
            log: row.log()?,
            title: row.work()?.title(),
            state: row.state.parse().map_err(wrong)?,
            done: u32::try_from(row.done).unwrap_or_default(),
            total: u32::try_from(row.total).unwrap_or_default(),
            unit: row.unit,
            outcome: row.outcome,
            links: serde_json::from_str(&row.links)?,
            seq: row.seq.unsigned_abs(),
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}
