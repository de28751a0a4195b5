//! The queue: what waits is claimed, run and ended, each by a compare-and-set.

use super::job::{Done, Halt, Job, note};
use super::rows::{Ender, TaskRow};
use super::{Tasks, Work};
use crate::Core;
use crate::accounts::Principal;
use crate::audit::{self, Chain, Origin, Outcome};
use crate::clock::now;
use crate::db::on_db;
use crate::error::{Error, Result};
use crate::library::abandon_books;
use backon::{BackoffBuilder, ExponentialBuilder, Retryable};
use folio_types::{Link, LogLine, Millis, TaskId, TaskState, UserId};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, broadcast};
use uuid::Uuid;

/// Tasks of a kind that one process runs at the same time: what reads books holds up nothing else, nor the other way round.
const LANES: usize = 2;
/// Another process may have queued something, or a wait may be over.
const LOOK: Duration = Duration::from_secs(2);
/// Wait after a fault of ours before looking again.
const BREATH: Duration = Duration::from_secs(5);
/// A task is begun so often at most, retries and crashes together.
const ATTEMPTS: i64 = 5;
const BEHIND: usize = 256;

pub(crate) const INSERT: &str = "INSERT INTO tasks
    (id, owner_id, kind, work, action, target, origin, state, due_at, created_at, updated_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, 'queued', $8, $8, $8)";
/// Queues a [`New`] task in the transaction of what it belongs to; [`Queue::wake`] comes after that.
macro_rules! insert_task {
    ($new:expr, $tx:expr) => {
        sqlx::query($crate::tasks::INSERT)
            .bind($new.id.0)
            .bind($new.owner.0)
            .bind($new.kind)
            .bind(&$new.work)
            .bind(&$new.action)
            .bind(&$new.target)
            .bind(&$new.origin)
            .bind($new.at)
            .execute($tx)
            .await
            .map(drop)?
    };
}
pub(crate) use insert_task;

// whoever has none running goes first
const CLAIM: &str =
    "UPDATE tasks SET state = 'running', node_id = $1, attempts = attempts + 1, seq = seq + 1, updated_at = $2
    WHERE state = 'queued' AND id = (SELECT t.id FROM tasks t
        WHERE t.state = 'queued' AND t.due_at <= $2 AND (t.kind IN ('ingestion', 'reindex')) = $3
        ORDER BY (SELECT COUNT(*) FROM tasks r WHERE r.owner_id = t.owner_id AND r.state = 'running'), t.id LIMIT 1)
    RETURNING *";
const END: &str =
    "UPDATE tasks SET state = $3, outcome = $4, links = $5, log = $6, node_id = NULL, seq = seq + 1, updated_at = $7
    WHERE id = $1 AND node_id = $2 AND state = 'running' RETURNING *";
const WAIT: &str =
    "UPDATE tasks SET state = 'queued', node_id = NULL, due_at = $3, log = $4, seq = seq + 1, updated_at = $5
    WHERE id = $1 AND node_id = $2 AND state = 'running'";
const STOPPED: &str = "SELECT * FROM tasks WHERE id = $1 AND node_id = $2";
const ORPHANS: &str = "SELECT * FROM tasks WHERE state = 'running' AND ($1 IS NULL OR node_id = $1)";
const REQUEUE: &str =
    "UPDATE tasks SET state = 'queued', node_id = NULL, due_at = $2, log = $3, seq = seq + 1, updated_at = $2
    WHERE id = $1 AND state = 'running' AND seq = $4";
const GIVE_UP: &str = "UPDATE tasks SET state = 'failed', node_id = NULL, outcome = $2, seq = seq + 1, updated_at = $3
    WHERE id = $1 AND state = 'running' AND seq = $4";

/// Tells the lanes of new work, and watchers of changes.
#[derive(Clone)]
pub struct Queue {
    reading: Arc<Notify>,
    other: Arc<Notify>,
    told: broadcast::Sender<TaskId>,
}

/// Which tasks are run one after the other.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lane {
    Reading,
    Other,
}

/// A task that is about to be queued.
pub(crate) struct New {
    pub id: TaskId,
    pub owner: UserId,
    pub kind: &'static str,
    pub work: String,
    pub action: String,
    pub target: String,
    pub origin: String,
    pub at: Millis,
}

/// How a task ended.
pub(super) struct Ending {
    pub state: TaskState,
    pub outcome: String,
    pub links: Vec<Link>,
}

impl Default for Queue {
    fn default() -> Self {
        Self { reading: Arc::default(), other: Arc::default(), told: broadcast::Sender::new(BEHIND) }
    }
}

impl Queue {
    /// There is a task to run.
    pub(crate) fn wake(&self) {
        self.reading.notify_one();
        self.other.notify_one();
    }

    fn work(&self, lane: Lane) -> &Notify {
        match lane {
            Lane::Reading => &self.reading,
            Lane::Other => &self.other,
        }
    }

    pub(super) fn changed(&self, id: TaskId) {
        // nobody watching is fine
        let _ = self.told.send(id);
    }

    pub(super) fn watch(&self) -> broadcast::Receiver<TaskId> {
        self.told.subscribe()
    }
}

impl New {
    /// `action` and `target` are what the audit log will say when it has ended.
    pub fn of(who: &Principal, work: &Work, action: &str, target: &str) -> Result<Self> {
        Ok(Self {
            id: TaskId(Uuid::now_v7()),
            owner: who.id,
            kind: work.kind().as_str(),
            work: serde_json::to_string(work)?,
            action: action.to_owned(),
            target: target.to_owned(),
            origin: serde_json::to_string(&Origin::here())?,
            at: now(),
        })
    }
}

impl Tasks<'_> {
    /// Queues work in the caller's name; whether the caller may is the caller's use case to decide.
    pub(crate) async fn queue(&self, who: &Principal, work: &Work, action: &str, target: &str) -> Result<TaskId> {
        let new = New::of(who, work, action, target)?;
        on_db!(write self.0.db(), pool => insert_task!(new, pool));
        self.0.queue().wake();
        Ok(new.id)
    }

    /// Queues again, or gives up, what a process was running when it went; of all processes, where none is named.
    pub(crate) async fn take_over(&self, node: Option<Uuid>) -> Result<()> {
        let rows: Vec<TaskRow> =
            on_db!(read self.0.db(), pool => sqlx::query_as(ORPHANS).bind(node).fetch_all(pool).await?);
        let mut outcome = Ok(());
        for row in rows {
            // the others do not wait for one that cannot be stored now; whoever asked tries again
            if let Err(fault) = self.adopt(&row).await {
                tracing::error!(task = %row.id, fault = fault.diagnosis(), "a task could not be taken over");
                outcome = Err(fault);
            }
        }
        self.0.queue().wake();
        outcome
    }

    async fn adopt(&self, row: &TaskRow) -> Result<()> {
        let seq = row.seq;
        // what cannot be read cannot be repeated
        let can_be_repeated = row.work().is_ok_and(|work| work.can_be_repeated());
        if can_be_repeated && row.attempts < ATTEMPTS {
            let mut log = row.log();
            note(&mut log, "Folio stopped while this was running; it is begun again.".into());
            let log = serde_json::to_string(&log)?;
            on_db!(write self.0.db(), pool => sqlx::query(REQUEUE).bind(row.id).bind(now()).bind(&log).bind(seq)
                .execute(pool).await.map(drop))?;
        } else {
            let outcome = if can_be_repeated {
                "Folio stopped each of the five times that this was running, so it is given up."
            } else {
                "Folio stopped while this was running. Nobody knows how far it came; look before you repeat it."
            };
            let record = row.sealed(Outcome::Unknown, outcome, row.ender(None));
            let abandoned = on_db!(change self.0.db(), tx => {
                let ended = sqlx::query(GIVE_UP).bind(row.id).bind(outcome).bind(now()).bind(seq)
                    .execute(&mut *tx).await?.rows_affected();
                let abandoned = abandon_books!(&mut *tx);
                if ended == 1 && row.is_recorded(Outcome::Unknown) {
                    tx.append(&record).await?;
                }
                tx.commit().await?;
                abandoned
            });
            self.0.library().tell(abandoned)?;
        }
        self.0.queue().changed(TaskId(row.id));
        Ok(())
    }
}

/// Runs whatever waits until the program stops.
pub async fn work_forever(core: Core) {
    let stopping = core.shelf().stopping().clone();
    let lanes = [Lane::Reading, Lane::Other].into_iter().cycle().take(2 * LANES).map(|lane| serve(&core, lane));
    stopping.run_until_cancelled_owned(futures::future::join_all(lanes)).await;
}

async fn serve(core: &Core, lane: Lane) {
    loop {
        match claim(core, lane).await {
            Ok(Some(row)) => {
                // perhaps there is one more
                core.queue().work(lane).notify_one();
                if let Err(fault) = run(core, &row).await {
                    tracing::error!(task = %row.id, fault = fault.diagnosis(), "a task's end could not be stored");
                }
            }
            Ok(None) => {
                let _ = tokio::time::timeout(LOOK, core.queue().work(lane).notified()).await;
            }
            Err(fault) => {
                tracing::error!(fault = fault.diagnosis(), "waiting tasks cannot be claimed");
                tokio::time::sleep(BREATH).await;
            }
        }
    }
}

async fn claim(core: &Core, lane: Lane) -> Result<Option<TaskRow>> {
    let node = core.runs().node();
    let row: Option<TaskRow> = on_db!(write core.db(), pool =>
        sqlx::query_as(CLAIM).bind(node).bind(now()).bind(lane == Lane::Reading).fetch_optional(pool).await?);
    if let Some(row) = &row {
        core.queue().changed(TaskId(row.id));
    }
    Ok(row)
}

async fn run(core: &Core, row: &TaskRow) -> Result<()> {
    let mut log = row.log();
    // the account may have changed since it was queued
    let Some(who) = stored(|| async { core.accounts().principal(UserId(row.owner_id)).await }).await? else {
        let nobody = Ending::failed("The account that asked for this may not sign in any more.");
        return stored(|| end(core, row, &log, &nobody, Outcome::Denied, row.ender(None))).await;
    };
    let owner = row.ender(Some(&who));
    let work = row.work().and_then(|work| work.check_right(&who, &row.action).map(|()| work));
    let work = match work {
        Ok(work) => work,
        Err(fault) => {
            let (ending, outcome) = failed(row, &fault);
            return stored(|| end(core, row, &log, &ending, outcome, owner.clone())).await;
        }
    };
    let job = Arc::new(Job::new(core, who, row));
    let running = {
        let (job, origin) = (Arc::clone(&job), row.origin());
        // dropped with this lane, so that a program that stops leaves nothing half-running behind
        let handle = tokio::spawn(audit::from(origin, async move { work.run(&job).await }));
        AbortOnDrop(handle)
    };
    let result = running.join().await;
    log = job.lines();
    let (ending, outcome) = match result {
        Ok(Ok(Done { text, links })) => (Ending { state: TaskState::Succeeded, outcome: text, links }, Outcome::Ran),
        Ok(Err(Halt::Lost)) => return Ok(()),
        Ok(Err(Halt::Cancelled)) => return stored(|| stop(core, row, &log, &owner)).await,
        Ok(Err(Halt::Fault(fault))) if passes(&fault) && row.attempts < ATTEMPTS => {
            let pause = pause_after(row.attempts);
            note(&mut log, format!("{fault} It is tried again in {} seconds.", pause.as_secs()));
            return stored(|| wait(core, row, &log, pause)).await;
        }
        Ok(Err(Halt::Fault(fault))) => failed(row, &fault),
        Err(panic) => {
            tracing::error!(task = %row.id, %panic, "a task panicked");
            (Ending::failed("Something went wrong on the server. It has been logged."), Outcome::Failed)
        }
    };
    stored(|| end(core, row, &log, &ending, outcome, owner.clone())).await
}

/// A task whose end is not stored would run for ever, so a database that is away is asked until it answers.
async fn stored<T, F: Future<Output = Result<T>>>(store: impl FnMut() -> F) -> Result<T> {
    let patience = ExponentialBuilder::default().with_max_delay(BREATH).without_max_times();
    let told = |fault: &Error, _| tracing::warn!(fault = fault.diagnosis(), "what came of a task is stored again");
    store.retry(patience).when(passes).notify(told).await
}

/// Ends it in the name of whoever asked it to stop.
async fn stop(core: &Core, row: &TaskRow, log: &[LogLine], owner: &Ender) -> Result<()> {
    let node = core.runs().node();
    let now: Option<TaskRow> = on_db!(read core.db(), pool =>
        sqlx::query_as(STOPPED).bind(row.id).bind(node).fetch_optional(pool).await?);
    let stopper = now.and_then(|row| row.stopped_by()).unwrap_or_else(|| owner.clone());
    let text = "It was cancelled. What was done before that stays done; the log says what.";
    let ending = Ending { state: TaskState::Cancelled, outcome: text.into(), links: Vec::new() };
    end(core, row, log, &ending, Outcome::Cancelled, stopper).await
}

/// Stores the end and its record together, if the task is still ours.
async fn end(
    core: &Core,
    row: &TaskRow,
    log: &[LogLine],
    ending: &Ending,
    outcome: Outcome,
    ender: Ender,
) -> Result<()> {
    let (log, links) = (serde_json::to_string(log)?, serde_json::to_string(&ending.links)?);
    let (node, record) = (core.runs().node(), row.sealed(outcome, &ending.outcome, ender));
    let abandoned = on_db!(change core.db(), tx => {
        let ended: Option<TaskRow> = sqlx::query_as(END).bind(row.id).bind(node).bind(ending.state.as_str())
            .bind(&ending.outcome).bind(&links).bind(&log).bind(now()).fetch_optional(&mut *tx).await?;
        let abandoned = abandon_books!(&mut *tx);
        if ended.is_some() && row.is_recorded(outcome) {
            tx.append(&record).await?;
        }
        tx.commit().await?;
        abandoned
    });
    core.queue().changed(TaskId(row.id));
    core.library().tell(abandoned)
}

/// Puts it back for later.
async fn wait(core: &Core, row: &TaskRow, log: &[LogLine], pause: Duration) -> Result<()> {
    let (node, log) = (core.runs().node(), serde_json::to_string(log)?);
    let due = now() + i64::try_from(pause.as_millis()).unwrap_or(i64::MAX / 2);
    on_db!(write core.db(), pool => sqlx::query(WAIT).bind(row.id).bind(node).bind(due).bind(log).bind(now())
        .execute(pool).await.map(drop))?;
    core.queue().changed(TaskId(row.id));
    Ok(())
}

/// Whether the same thing may go well later.
fn passes(fault: &Error) -> bool {
    match fault {
        Error::Unavailable(_) | Error::Overloaded(_) => true,
        Error::Internal(fault) => fault.downcast_ref::<io::Error>().is_some_and(|fault| {
            use io::ErrorKind::{Interrupted, QuotaExceeded, ResourceBusy, StorageFull, TimedOut, WouldBlock};
            // somebody makes room on a full disk
            matches!(fault.kind(), Interrupted | QuotaExceeded | ResourceBusy | StorageFull | TimedOut | WouldBlock)
        }),
        _ => false,
    }
}

/// What it means for a task that it cannot be done.
fn failed(row: &TaskRow, fault: &Error) -> (Ending, Outcome) {
    if let Error::Internal(_) = fault {
        tracing::error!(task = %row.id, fault = fault.diagnosis(), "a task failed");
    }
    let outcome = if let Error::Denied(_) = fault { Outcome::Denied } else { Outcome::Failed };
    (Ending::failed(fault.to_string()), outcome)
}

/// Longer after each attempt: 2 s, 6 s, 18 s, 54 s.
fn pause_after(attempts: i64) -> Duration {
    let pauses = ExponentialBuilder::new()
        .with_min_delay(Duration::from_secs(2))
        .with_factor(3.0)
        .with_max_delay(Duration::from_mins(5))
        .with_max_times(usize::try_from(ATTEMPTS).unwrap_or_default());
    let nth = usize::try_from(attempts - 1).unwrap_or_default();
    pauses.build().nth(nth).unwrap_or(Duration::from_mins(5))
}

impl Ending {
    fn failed(why: impl Into<String>) -> Self {
        Self { state: TaskState::Failed, outcome: why.into(), links: Vec::new() }
    }
}

struct AbortOnDrop<T>(tokio::task::JoinHandle<T>);

impl<T> AbortOnDrop<T> {
    async fn join(mut self) -> std::result::Result<T, tokio::task::JoinError> {
        (&mut self.0).await
    }
}

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
