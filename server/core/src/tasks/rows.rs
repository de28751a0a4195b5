//! Rows as the databases give them.

use super::Work;
use crate::accounts::Principal;
use crate::audit::{Actor, Deed, Origin, Outcome, Sealed};
use crate::clock::now;
use crate::error::{Error, Result};
use folio_types::{LogLine, Task, TaskId, TaskKind, UserId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Clone, sqlx::FromRow)]
pub struct TaskRow {
    pub id: Uuid,
    pub owner_id: Uuid,
    kind: String,
    work: String,
    pub action: String,
    target: String,
    origin: String,
    state: String,
    done: i64,
    total: i64,
    unit: String,
    log: String,
    outcome: Option<String>,
    links: String,
    stopped_by: Option<String>,
    pub attempts: i64,
    pub seq: i64,
    created_at: i64,
    updated_at: i64,
}

/// In whose name a task ends, and from where that came.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Ender {
    /// None is the program itself.
    person: Option<(UserId, String)>,
    origin: Origin,
}

impl TaskRow {
    pub fn work(&self) -> Result<Work> {
        Ok(serde_json::from_str(&self.work)?)
    }

    /// One that cannot be read is no reason to leave the task undone.
    pub fn log(&self) -> Vec<LogLine> {
        serde_json::from_str(&self.log).unwrap_or_default()
    }

    /// Where it was asked for.
    pub fn origin(&self) -> Origin {
        serde_json::from_str(&self.origin).unwrap_or_else(|_| Origin::here())
    }

    /// Who asked it to stop, where that is known.
    pub fn stopped_by(&self) -> Option<Ender> {
        serde_json::from_str(self.stopped_by.as_deref()?).ok()
    }

    /// Ends it as what its owner asked for, or as what the program does by itself.
    pub fn ender(&self, who: Option<&Principal>) -> Ender {
        Ender { person: who.map(|who| (who.id, who.email.clone())), origin: self.origin() }
    }

    /// The record of how it ended. Its owner finds it among their own, whoever ended it.
    pub(crate) fn sealed(&self, outcome: Outcome, detail: &str, ender: Ender) -> Sealed {
        let owner = UserId(self.owner_id);
        let deed = Deed::new(outcome, self.action.clone(), self.target.clone()).saying(detail);
        let (actor, is_owner) = match ender.person {
            Some((id, name)) => (Actor::Person(id, name), id == owner),
            None => (Actor::Program("folio"), false),
        };
        Sealed::draft(actor, if is_owner { deed } else { deed.about(owner) }, ender.origin, now())
    }

    /// Whether the audit log has how it ended. A book is read because it was added, and only who stops that does something.
    pub fn is_recorded(&self, outcome: Outcome) -> bool {
        self.kind != TaskKind::Ingestion.as_str() || outcome == Outcome::Cancelled
    }

    /// What it does, for people; also where an older or newer program wrote it.
    fn title(&self) -> String {
        self.work()
            .map_or_else(|_| format!("Something that cannot be read any more ({})", self.action), |work| work.title())
    }
}

impl Ender {
    /// Who ends it now, from where the request came.
    pub fn now(who: &Principal) -> Self {
        Self { person: Some((who.id, who.email.clone())), origin: Origin::here() }
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
            log: row.log(),
            title: row.title(),
            state: row.state.parse().map_err(wrong)?,
            done: u32::try_from(row.done).unwrap_or_default(),
            total: u32::try_from(row.total).unwrap_or_default(),
            unit: row.unit,
            outcome: row.outcome,
            links: serde_json::from_str(&row.links).unwrap_or_default(),
            seq: row.seq.unsigned_abs(),
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}
