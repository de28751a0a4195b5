//! Work that takes longer than a request: queued durably, run by one process at a time, ended for good.
//!
//! A process that runs a task is named in its row, and beats as it does for answers and books (`nodes.rs`). Whoever
//! takes over from a dead process queues the task again where doing it twice is doing it once, and otherwise says that
//! nobody knows how far it came. Every change of a running task is made in the name of its process, so that one
//! that was taken for dead stops at its next step.

mod follow;
mod job;
mod kinds;
mod queue;
mod rows;

pub(crate) use job::Halt;
pub use job::{Done, Job};
pub use kinds::{Named, Work};
pub(crate) use kinds::{export_file, sweep_exports};
pub(crate) use queue::{INSERT, New, Queue, insert_task, work_forever};

use crate::Core;
use crate::accounts::Principal;
use crate::audit::{Chain, Outcome};
use crate::clock::now;
use crate::db::on_db;
use crate::error::{Error, Result};
use crate::library::abandon_books;
use folio_types::{Role, Task, TaskId};
use futures::Stream;
use rows::{Ender, TaskRow};
use uuid::Uuid;

/// A caller's own tasks, or everyone's where `$1` names nobody.
const LIST: &str = "SELECT * FROM tasks WHERE ($1 IS NULL OR owner_id = $1) ORDER BY id DESC LIMIT $2 OFFSET $3";
const COUNT: &str = "SELECT COUNT(*) FROM tasks WHERE ($1 IS NULL OR owner_id = $1)";
const ONE: &str = "SELECT * FROM tasks WHERE id = $1 AND ($2 IS NULL OR owner_id = $2)";
/// Books are counted by the library.
const OPEN: &str = "SELECT COUNT(*) FROM tasks
    WHERE owner_id = $1 AND state IN ('queued', 'running') AND kind <> 'ingestion'";
const CANCEL_WAITING: &str = "UPDATE tasks SET state = 'cancelled', outcome = $2, seq = seq + 1, updated_at = $3
    WHERE id = $1 AND state = 'queued' RETURNING *";
/// Whoever asks first has stopped it.
const ASK_TO_STOP: &str =
    "UPDATE tasks SET stop_asked = TRUE, stopped_by = COALESCE(stopped_by, $3), seq = seq + 1, updated_at = $2
    WHERE id = $1 AND state = 'running' RETURNING *";

/// Tasks of one person that have not ended, at most.
const MOST_OPEN: i64 = 20;

pub struct Tasks<'a>(pub(crate) &'a Core);

/// Tasks, newest first, and how many there are.
#[derive(Clone, Debug)]
pub struct Found {
    pub items: Vec<Task>,
    pub total: u64,
}

impl Tasks<'_> {
    /// The caller's own tasks, or everyone's for an administrator who asks for them.
    pub async fn list(&self, who: &Principal, everyone: bool, offset: u32, limit: u32) -> Result<Found> {
        self.may_look(who, everyone).await?;
        let whose = (!everyone).then_some(who.id.0);
        let total: i64 = on_db!(read self.0.db(), pool => sqlx::query_scalar(COUNT).bind(whose).fetch_one(pool).await?);
        Ok(Found { items: self.newest(whose, offset, limit).await?, total: total.unsigned_abs() })
    }

    /// The newest of [`Tasks::list`] now, and again after every change of one of them.
    pub async fn watch(
        &self,
        who: &Principal,
        everyone: bool,
        limit: u32,
    ) -> Result<impl Stream<Item = Vec<Task>> + Send + use<>> {
        self.may_look(who, everyone).await?;
        Ok(follow::watch(self.0.clone(), who.clone(), everyone, limit))
    }

    async fn may_look(&self, who: &Principal, everyone: bool) -> Result<()> {
        if everyone && who.role < Role::Admin {
            return Err(Error::Denied("Only administrators may see the tasks of others.".into()));
        }
        if everyone { self.0.audit().look(who, "tasks", "the tasks of everyone", None).await } else { Ok(()) }
    }

    async fn newest(&self, whose: Option<Uuid>, offset: u32, limit: u32) -> Result<Vec<Task>> {
        let rows: Vec<TaskRow> = on_db!(read self.0.db(), pool => sqlx::query_as(LIST).bind(whose)
            .bind(i64::from(limit)).bind(i64::from(offset)).fetch_all(pool).await?);
        Ok(rows.into_iter().filter_map(readable).collect())
    }

    /// One task of the caller's, or of anyone for an administrator.
    pub async fn task(&self, who: &Principal, id: TaskId) -> Result<Task> {
        let task = self.unrecorded(who, id).await?;
        if task.owner_id != who.id {
            self.0.audit().look(who, "tasks", &task.title, Some(task.owner_id)).await?;
        }
        Ok(task)
    }

    /// As [`Tasks::task`], for looks that are part of what is recorded anyway.
    pub(crate) async fn unrecorded(&self, who: &Principal, id: TaskId) -> Result<Task> {
        self.row(who, id).await?.try_into()
    }

    /// The task now and after every change, until it has ended.
    pub async fn follow(&self, who: &Principal, id: TaskId) -> Result<impl Stream<Item = Task> + Send + use<>> {
        let task = self.task(who, id).await?;
        Ok(follow::follow(self.0.clone(), who.clone(), task))
    }

    /// Cancels a task that waits, and tells one that runs to stop at its next step. What was done stays done.
    pub async fn cancel(&self, who: &Principal, id: TaskId) -> Result<Task> {
        const EARLY: &str = "It was cancelled before it began.";
        let row = self.row(who, id).await?;
        let (ender, at) = (Ender::now(who), now());
        let stopped_by = serde_json::to_string(&ender)?;
        let record = row.sealed(Outcome::Cancelled, EARLY, ender);
        let (ended, abandoned): (Option<TaskRow>, _) = on_db!(change self.0.db(), tx => {
            let ended: Option<TaskRow> = sqlx::query_as(CANCEL_WAITING).bind(id.0).bind(EARLY).bind(at)
                .fetch_optional(&mut *tx).await?;
            let abandoned = abandon_books!(&mut *tx);
            if ended.is_some() {
                tx.append(&record).await?;
            }
            tx.commit().await?;
            (ended, abandoned)
        });
        let changed = match ended {
            Some(ended) => Some(ended),
            None => on_db!(write self.0.db(), pool => sqlx::query_as(ASK_TO_STOP).bind(id.0).bind(at).bind(&stopped_by)
                .fetch_optional(pool).await?),
        };
        let changed = changed.ok_or_else(|| Error::Conflict("This task has ended already.".into()))?;
        self.0.queue().changed(id);
        self.0.library().tell(abandoned)?;
        changed.try_into()
    }

    /// Refuses one task more for somebody who has many that have not ended.
    pub(crate) async fn has_room(&self, who: &Principal) -> Result<()> {
        let open: i64 =
            on_db!(read self.0.db(), pool => sqlx::query_scalar(OPEN).bind(who.id.0).fetch_one(pool).await?);
        if open < MOST_OPEN {
            return Ok(());
        }
        Err(Error::Conflict(format!("{open} tasks of yours have not ended yet. Wait for them, or cancel some.")))
    }

    async fn row(&self, who: &Principal, id: TaskId) -> Result<TaskRow> {
        let whose: Option<Uuid> = (who.role < Role::Admin).then_some(who.id.0);
        let row: Option<TaskRow> = on_db!(read self.0.db(), pool =>
            sqlx::query_as(ONE).bind(id.0).bind(whose).fetch_optional(pool).await?);
        row.ok_or(Error::NotFound("Task"))
    }
}

/// One that cannot be read hides no other.
fn readable(row: TaskRow) -> Option<Task> {
    let id = row.id;
    let task = Task::try_from(row);
    task.inspect_err(|fault| tracing::error!(task = %id, fault = fault.diagnosis(), "a task cannot be read")).ok()
}
