//! Watching a task, or all that somebody has.

use crate::Core;
use crate::accounts::Principal;
use crate::db::on_db;
use crate::error::Result;
use folio_types::{Role, Task};
use futures::Stream;
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;
use uuid::Uuid;

/// Another process tells nothing, so the row is looked at this often.
const LOOK: Duration = Duration::from_millis(700);
/// A list is told no more often.
const OFTEN: Duration = Duration::from_millis(200);

/// Something else after any change of what has not ended, and after a new one.
const MARK: &str = "SELECT COUNT(*), CAST(COALESCE(SUM(seq), 0) AS BIGINT),
    (SELECT id FROM tasks WHERE $1 IS NULL OR owner_id = $1 ORDER BY id DESC LIMIT 1)
    FROM tasks WHERE state IN ('queued', 'running') AND ($1 IS NULL OR owner_id = $1)";
type Mark = (i64, i64, Option<Uuid>);

/// The task as it is, and then every change until its end. It ends early for whoever may not see it any more.
pub fn follow(core: Core, who: Principal, task: Task) -> impl Stream<Item = Task> + Send {
    async_stream::stream! {
        let (id, mut seq, mut ended) = (task.id, task.seq, task.state.is_ended());
        let mut told = core.queue().watch();
        let stopping = core.shelf().stopping().clone();
        yield task;
        while !ended {
            tokio::select! {
                () = stopping.cancelled() => return,
                changed = told.recv() => {
                    // having missed some is a reason to look
                    if changed.is_ok_and(|changed| changed != id) {
                        continue;
                    }
                }
                () = tokio::time::sleep(LOOK) => {}
            }
            // a person who was disabled meanwhile is let go
            let Ok(Some(still)) = core.accounts().principal(who.id).await else { return };
            match core.tasks().unrecorded(&still, id).await {
                Ok(now) if now.seq > seq => {
                    (seq, ended) = (now.seq, now.state.is_ended());
                    yield now;
                }
                Ok(_) => {}
                Err(_) => return,
            }
        }
    }
}

/// The newest tasks of somebody, or of everyone, as they are and after every change, until the program stops. It ends for
/// whoever may not see them any more.
pub fn watch(core: Core, who: Principal, everyone: bool, limit: u32) -> impl Stream<Item = Vec<Task>> + Send {
    async_stream::stream! {
        let whose = (!everyone).then_some(who.id.0);
        let mut told = core.queue().watch();
        let stopping = core.shelf().stopping().clone();
        let mut last: Option<Mark> = None;
        loop {
            let Ok(mark) = mark(&core, whose).await else { return };
            if last.replace(mark) != Some(mark) {
                let Ok(Some(still)) = core.accounts().principal(who.id).await else { return };
                if everyone && still.role < Role::Admin {
                    return;
                }
                let Ok(tasks) = core.tasks().newest(whose, 0, limit).await else { return };
                yield tasks;
                tokio::time::sleep(OFTEN).await;
            }
            tokio::select! {
                () = stopping.cancelled() => return,
                told = told.recv() => if told == Err(RecvError::Closed) { return },
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }
}

async fn mark(core: &Core, whose: Option<Uuid>) -> Result<Mark> {
    Ok(on_db!(read core.db(), pool => sqlx::query_as(MARK).bind(whose).fetch_one(pool).await?))
}
