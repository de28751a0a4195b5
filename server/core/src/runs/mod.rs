//! Runs: one generation each, tasks of the server and not of a connection.
//!
//! A client that leaves never stops a run, what a client has seen is stored, and an ended run says so
//! durably. See `ARCHITECTURE.md`, *Runs*.

mod answer;
mod log;
mod markers;
mod prompt;
mod writer;

pub use answer::Plan;
pub use log::{LiveLog, Seq};
pub use writer::{Change, Ending};

use crate::Core;
use crate::db::{Db, on_db};
use crate::error::Result;
use folio_types::{Frame, Message, MessageId, MessageStatus};
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use writer::RunWriter;

const REAP: &str = "UPDATE messages SET status = 'interrupted',
    error = 'Folio stopped while this was being written. Ask again to get a whole answer.'
    WHERE status = 'streaming'";

/// Time that runs get to end by themselves when the program stops.
const GRACE: Duration = Duration::from_secs(4);

/// Why a run was told to end before its model was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Halt {
    Asked,
    Shutdown,
}

#[derive(Clone)]
pub struct Runs {
    log: LiveLog,
    writer: RunWriter,
    active: Arc<Mutex<HashMap<MessageId, RunHandle>>>,
    tasks: TaskTracker,
}

#[derive(Clone)]
struct RunHandle {
    cancel: CancellationToken,
    halt: Arc<Mutex<Option<Halt>>>,
}

impl Runs {
    pub fn start(db: &Db) -> Self {
        let log = LiveLog::default();
        Self {
            writer: RunWriter::start(db.clone(), log.clone()),
            log,
            active: Arc::default(),
            tasks: TaskTracker::new(),
        }
    }

    /// Marks what an earlier process left unfinished. Answers how many there were.
    pub async fn reap(db: &Db) -> Result<u64> {
        Ok(on_db!(write db, pool => sqlx::query(REAP).execute(pool).await?.rows_affected()))
    }

    /// Begins to write an answer whose row is stored already.
    pub async fn spawn(&self, core: Core, plan: Plan) {
        let run = plan.answer;
        let handle = RunHandle { cancel: CancellationToken::new(), halt: Arc::default() };
        self.log.open(run);
        lock(&self.active).insert(run, handle.clone());
        let started = Frame::Started { message_id: run, user_message_id: plan.question };
        self.writer.send(run, &handle.cancel, Change::Started(started)).await;
        let runs = self.clone();
        self.tasks.spawn(async move {
            let ending = answer::write(&core, &runs, &plan, &handle).await;
            runs.writer.send(run, &handle.cancel, Change::Ended(ending)).await;
            lock(&runs.active).remove(&run);
        });
    }

    /// Tells a run to end; what it has written stays. False when it is not running here.
    pub fn stop(&self, run: MessageId) -> bool {
        let handle = lock(&self.active).get(&run).cloned();
        handle.inspect(|handle| handle.halt(Halt::Asked)).is_some()
    }

    /// The events of an answer after `after`: those of the live log, or what the stored message says.
    pub fn follow(&self, message: &Message, after: Seq) -> BoxStream<'static, (Seq, Frame)> {
        match self.log.read(message.id, after) {
            Some(events) => events.boxed(),
            None => stream::iter(replay(message, after)).boxed(),
        }
    }

    /// Ends every run and waits until their endings are stored.
    pub async fn shut_down(&self) {
        self.tasks.close();
        for handle in lock(&self.active).values() {
            handle.halt(Halt::Shutdown);
        }
        if tokio::time::timeout(GRACE, self.tasks.wait()).await.is_err() {
            tracing::warn!("some answers did not end in time; they will be marked at the next start");
        }
        // the endings are sent; a store that hangs must not hold up the exit
        let _ = tokio::time::timeout(Duration::from_secs(1), self.writer.flush()).await;
    }

    fn text(&self) -> &RunWriter {
        &self.writer
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

/// A finished answer as the events that would have led to it.
///
/// Where the log has expired and the client has a part, only a snapshot can say what the rest is. The numbers go on
/// after those that the client has, so that it takes every one of these for new.
fn replay(message: &Message, after: Seq) -> Vec<(Seq, Frame)> {
    let mut frames = Vec::new();
    if after < message.seq {
        if !message.sources.is_empty() {
            frames.push(Frame::Sources { sources: message.sources.clone() });
        }
        if after > 0 {
            frames.push(Frame::Snapshot { snapshot: message.content.clone() });
        } else if !message.content.is_empty() {
            frames.push(Frame::Token { token: message.content.clone(), gpu: 0 });
        }
        if !message.citations.is_empty() {
            frames.push(Frame::Citations { citations: message.citations.clone() });
        }
    }
    if let Some(error) = message.error.clone() {
        frames.push(Frame::Error { error, status_code: 502 });
    }
    let status = match message.status {
        MessageStatus::Streaming => MessageStatus::Interrupted,
        ended => ended,
    };
    frames.push(Frame::Done { done: true, status });
    (message.seq.max(after) + 1..).zip(frames).collect()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
