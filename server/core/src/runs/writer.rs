//! Publish after write: nothing reaches a client before it would survive `kill -9`.
//!
//! One task takes whatever is pending over all runs, stores it in one transaction, and only then publishes.
//! While a transaction is on its way to the disk the next one's work piles up, so commits group themselves
//! by load (natural group commit): no timer, and no disk flush for each token.

use super::log::{LiveLog, Seq};
use crate::clock::now;
use crate::db::{Db, on_db};
use crate::error::Result;
use folio_types::{Citation, Frame, MessageId, MessageStatus, Passage};
use std::collections::HashMap;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

/// Changes that may wait for the writer before runs have to wait themselves.
const PENDING: usize = 1024;
/// Changes in one transaction at most.
const BATCH: usize = 512;

const APPEND: &str = "UPDATE messages SET content = content || $2, seq = seq + $3
    WHERE id = $1 AND status = 'streaming' RETURNING seq";
const SOURCES: &str = "UPDATE messages SET sources = $2 WHERE id = $1 AND status = 'streaming'";
const END: &str = "UPDATE messages SET status = $2, error = $3, error_status = $4, citations = $5, token_count = $6,
    inference_time_ms = $7 WHERE id = $1 AND status = 'streaming'";
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

pub enum Change {
    Started(Frame),
    Sources(Vec<Passage>),
    Text(String),
    Ended(Ending),
}

struct Pending {
    run: MessageId,
    /// Cancelled when the run turns out not to be ours any more.
    alive: CancellationToken,
    change: Change,
}

enum Order {
    Store(Pending),
    /// Answered when everything before it is stored.
    Flush(oneshot::Sender<()>),
}

#[derive(Clone)]
pub struct RunWriter(mpsc::Sender<Order>);

impl RunWriter {
    pub fn start(db: Db, log: LiveLog) -> Self {
        let (sender, receiver) = mpsc::channel(PENDING);
        tokio::spawn(write_all(db, log, receiver));
        Self(sender)
    }

    /// Hands a change over to be stored and then published; waits while too many are pending.
    pub async fn send(&self, run: MessageId, alive: &CancellationToken, change: Change) {
        // it fails only when the program is ending, and then the reaper tells what became of the run
        let _ = self.0.send(Order::Store(Pending { run, alive: alive.clone(), change })).await;
    }

    /// Waits until everything that was sent before is stored and published.
    pub async fn flush(&self) {
        let (done, stored) = oneshot::channel();
        if self.0.send(Order::Flush(done)).await.is_ok() {
            // an error means that the writer is gone, and there is nothing to wait for
            let _ = stored.await;
        }
    }
}

async fn write_all(db: Db, log: LiveLog, mut receiver: mpsc::Receiver<Order>) {
    let mut batch = Vec::new();
    while receiver.recv_many(&mut batch, BATCH).await > 0 {
        let (mut changes, mut flushed) = (Vec::new(), Vec::new());
        for order in batch.drain(..) {
            match order {
                Order::Store(change) => changes.push(change),
                Order::Flush(done) => flushed.push(done),
            }
        }
        let work = by_run(changes);
        match store(&db, &work).await {
            Ok(heads) => publish(&log, work, &heads),
            Err(fault) => {
                tracing::error!(fault = fault.diagnosis(), runs = work.len(), "answers could not be stored");
                for run in &work {
                    run.alive.cancel();
                    log.close(run.run);
                }
            }
        }
        for done in flushed {
            // whoever asked may have stopped waiting
            let _ = done.send(());
        }
    }
}

/// All that is pending for one run, its text joined.
struct Work {
    run: MessageId,
    alive: CancellationToken,
    text: String,
    sources: Option<Vec<Passage>>,
    ending: Option<Ending>,
    frames: Vec<Frame>,
}

fn by_run(changes: Vec<Pending>) -> Vec<Work> {
    let mut work: Vec<Work> = Vec::new();
    let mut places: HashMap<MessageId, usize> = HashMap::new();
    for Pending { run, alive, change } in changes {
        let place = *places.entry(run).or_insert_with(|| {
            work.push(Work { run, alive, text: String::new(), sources: None, ending: None, frames: Vec::new() });
            work.len() - 1
        });
        work[place].take(change);
    }
    work
}

impl Work {
    fn take(&mut self, change: Change) {
        match change {
            Change::Started(frame) => self.frames.push(frame),
            Change::Sources(sources) => {
                self.frames.push(Frame::Sources { sources: sources.clone() });
                self.sources = Some(sources);
            }
            Change::Text(text) => {
                self.text.push_str(&text);
                self.frames.push(Frame::Token { token: text, gpu: 0 });
            }
            Change::Ended(ending) => {
                if !ending.citations.is_empty() {
                    self.frames.push(Frame::Citations { citations: ending.citations.clone() });
                }
                if let Some((error, status_code)) = ending.error.clone() {
                    self.frames.push(Frame::Error { error, status_code });
                }
                self.frames.push(Frame::Done { done: true, status: ending.status });
                self.ending = Some(ending);
            }
        }
    }
}

/// Stores everything in one transaction; answers each run's last event number, or none where it has ended already.
async fn store(db: &Db, work: &[Work]) -> Result<Vec<Option<Seq>>> {
    let mut heads = Vec::with_capacity(work.len());
    on_db!(write db, pool => {
        let mut tx = pool.begin().await?;
        for run in work {
            let id = run.run.0;
            let events = i64::try_from(run.frames.len()).unwrap_or(i64::MAX);
            let head: Option<i64> = sqlx::query_scalar(APPEND).bind(id).bind(&run.text).bind(events)
                .fetch_optional(&mut *tx).await?;
            heads.push(head.map(i64::unsigned_abs));
            if head.is_none() {
                continue;
            }
            if let Some(sources) = &run.sources {
                sqlx::query(SOURCES).bind(id).bind(serde_json::to_string(sources)?).execute(&mut *tx).await?;
            }
            if let Some(ending) = &run.ending {
                let (error, code) = ending.error.clone().unzip();
                sqlx::query(END).bind(id).bind(ending.status.as_str()).bind(error).bind(code.map(i64::from))
                    .bind(serde_json::to_string(&ending.citations)?).bind(ending.token_count.map(i64::from))
                    .bind(ending.inference_time_ms.map(i64::from)).execute(&mut *tx).await?;
                sqlx::query(TOUCH).bind(id).bind(now()).execute(&mut *tx).await?;
            }
        }
        tx.commit().await?;
    });
    Ok(heads)
}

fn publish(log: &LiveLog, work: Vec<Work>, heads: &[Option<Seq>]) {
    for (run, head) in work.into_iter().zip(heads) {
        let Some(head) = head else {
            run.alive.cancel();
            continue;
        };
        let first = head + 1 - run.frames.len() as Seq;
        for (seq, frame) in (first..).zip(run.frames) {
            if let Err(fenced) = log.append(run.run, seq, frame) {
                tracing::warn!(run = %run.run, %fenced, "a second writer was fenced out");
                run.alive.cancel();
                break;
            }
        }
    }
}
