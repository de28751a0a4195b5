//! Runs: one generation each, tasks of the server and not of a connection.
//!
//! A client that leaves never stops a run, what a client has seen is stored, and an ended run says so
//! durably. See `ARCHITECTURE.md`, *Runs*.

mod answer;
pub(crate) mod attached;
mod calls;
mod citing;
mod follow;
pub(crate) mod grounded;
pub(crate) mod history;
mod journal;
mod log;
mod markers;
mod orphans;
pub(crate) mod pen;
mod prompt;
pub(crate) mod stops;
mod store;
pub(crate) mod writer;

pub use answer::{Ask, Plan};
pub(crate) use calls::length;
pub(crate) use store::REOPEN;

pub use log::{LiveLog, MemoryLog, NotPublished, Publication, RedisLog, Seq};

use crate::Core;
use crate::audit;
use crate::db::Db;
use crate::error::Result;
use folio_types::{Frame, Message, MessageId, MessageStatus};
use futures::stream::BoxStream;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{Instrument, info_span};
use uuid::Uuid;
use writer::{Change, RunWriter, Term};

/// Time that runs get to end by themselves when the program stops.
const GRACE: Duration = Duration::from_secs(3);

/// Why a run was told to end before its model was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Halt {
    Asked,
    Shutdown,
    /// The answer is being gone on with by another task.
    Replaced,
}

#[derive(Clone)]
pub struct Runs {
    db: Db,
    log: Arc<dyn LiveLog>,
    writer: RunWriter,
    /// This process, as the rows of its answers name it.
    node: Uuid,
    active: Arc<Mutex<Runners>>,
    tasks: TaskTracker,
    /// Cancelled when the program stops.
    stopping: CancellationToken,
}

/// What is being written here.
#[derive(Default)]
struct Runners {
    by_run: HashMap<MessageId, RunHandle>,
    /// The program stops: whatever begins now is told to end at once.
    closing: bool,
}

/// Somebody who writes an answer.
#[derive(Clone)]
pub(crate) struct RunHandle {
    term: Term,
    cancel: CancellationToken,
    halt: Arc<Mutex<Option<Halt>>>,
}

impl Runs {
    pub fn new(db: &Db, log: Arc<dyn LiveLog>) -> Self {
        let node = Uuid::now_v7();
        Self {
            writer: RunWriter::start(db.clone(), Arc::clone(&log), node),
            db: db.clone(),
            log,
            node,
            active: Arc::default(),
            tasks: TaskTracker::new(),
            stopping: CancellationToken::new(),
        }
    }

    /// The id of this process.
    pub fn node(&self) -> Uuid {
        self.node
    }

    /// Begins to write an answer whose row is stored already, or goes on with one. Returns when readers can join; a
    /// caller who goes before that changes nothing.
    pub async fn spawn(&self, core: Core, plan: Plan) {
        let active = Active::new(self, plan.answer);
        let (opened, ready) = oneshot::channel();
        let span = info_span!("run", run = %plan.answer);
        let work = audit::from(audit::Origin::here(), active.write(core, plan, opened));
        self.tasks.spawn(work.instrument(span));
        // it fails only when the program is ending
        let _ = ready.await;
    }

    /// Tells a run to end, wherever it is; what it has written stays.
    pub async fn stop(&self, run: MessageId) -> Result<()> {
        if !self.halt(run) {
            orphans::ask_to_stop(&self.db, run).await?;
        }
        Ok(())
    }

    /// The events of an answer after `after`, wherever it is written, until its end.
    pub fn follow(&self, message: Message, after: Seq) -> BoxStream<'static, (Seq, Frame)> {
        follow::follow(self.db.clone(), Arc::clone(&self.log), message, after)
    }

    /// Ends every run and waits until their endings are stored.
    pub async fn shut_down(&self) {
        self.tasks.close();
        self.stopping.cancel();
        self.halt_all();
        if tokio::time::timeout(GRACE, self.tasks.wait()).await.is_err() {
            tracing::warn!("some answers did not end in time; they will be marked at the next start");
        }
        // the endings are sent; a store that hangs must not hold up the exit
        let _ = tokio::time::timeout(Duration::from_secs(1), self.writer.flush()).await;
    }

    /// Waits until no run has anything left to do.
    #[cfg(feature = "testing")]
    pub async fn settled(&self) {
        self.tasks.close();
        self.tasks.wait().await;
        self.tasks.reopen();
    }

    /// Who writes this answer here, as of now.
    pub(crate) fn writing(&self, run: MessageId) -> Option<RunHandle> {
        lock(&self.active).by_run.get(&run).cloned()
    }

    /// Lets go of somebody who still writes an answer that has ended: nothing more of that is stored.
    pub(crate) async fn let_go(&self, run: MessageId, stale: RunHandle) {
        stale.halt(Halt::Replaced);
        self.writer.forget(run, stale.term).await;
    }

    /// Also whatever begins from now on.
    fn halt_all(&self) {
        let mut active = lock(&self.active);
        active.closing = true;
        for handle in active.by_run.values() {
            handle.halt(Halt::Shutdown);
        }
    }

    /// False when it is not running here.
    fn halt(&self, run: MessageId) -> bool {
        self.writing(run).inspect(|handle| handle.halt(Halt::Asked)).is_some()
    }

    fn is_active(&self, run: MessageId) -> bool {
        lock(&self.active).by_run.contains_key(&run)
    }

    /// How many answers this process is writing.
    pub fn active(&self) -> usize {
        lock(&self.active).by_run.len()
    }

    fn is_busy(&self) -> bool {
        self.active() > 0
    }
}

/// A run's place among the active ones, given back however its task ends.
struct Active {
    runs: Runs,
    run: MessageId,
    handle: RunHandle,
}

impl Active {
    fn new(runs: &Runs, run: MessageId) -> Self {
        let term = runs.writer.term();
        let handle = RunHandle { term, cancel: CancellationToken::new(), halt: Arc::default() };
        let mut active = lock(&runs.active);
        if active.closing {
            handle.halt(Halt::Shutdown);
        }
        if let Some(before) = active.by_run.insert(run, handle.clone()) {
            // it was ended by another process, has not noticed, and is gone on with
            before.halt(Halt::Replaced);
        }
        drop(active);
        Self { runs: runs.clone(), run, handle }
    }

    async fn write(self, core: Core, plan: Plan, opened: oneshot::Sender<()>) {
        let (run, writer, term) = (self.run, &self.runs.writer, self.handle.term);
        if let Err(fault) = self.runs.log.open(run, plan.after).await {
            tracing::warn!(%run, %fault, "readers must ask the database");
        }
        writer.open(run, term, plan.after, self.handle.cancel.clone()).await;
        // whoever asked may have gone
        let _ = opened.send(());
        if plan.after == 0 {
            let started = Frame::Started { message_id: run, user_message_id: plan.question };
            writer.send(run, term, Change::Said(started)).await;
        }
        let ending = answer::write(&core, &self.runs, &plan, &self.handle).await;
        let is_whole = ending.status == MessageStatus::Complete;
        if self.handle.why() != Some(Halt::Replaced) {
            writer.send(run, term, Change::Ended(ending)).await;
            writer.flush().await;
        }
        let stopping = self.runs.stopping.clone();
        drop(self);
        if is_whole {
            stopping.run_until_cancelled(Box::pin(history::summarize(&core, &plan))).await;
        }
    }
}

impl Drop for Active {
    fn drop(&mut self) {
        let mut active = lock(&self.runs.active);
        if active.by_run.get(&self.run).is_some_and(|current| current.term == self.handle.term) {
            active.by_run.remove(&self.run);
        }
    }
}

impl RunHandle {
    fn halt(&self, why: Halt) {
        *lock(&self.halt) = Some(why);
        self.cancel.cancel();
    }

    fn why(&self) -> Option<Halt> {
        *lock(&self.halt)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
