//! The live log: what a run has published so far, for anyone who joins.
//!
//! Append-only and numbered from 1. Readers pull at their own pace, replaying what is there and then
//! following until the end, so a slow one holds nobody up and costs no memory of its own.

use folio_types::{Frame, MessageId};
use futures::Stream;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// The number of an event within its run, from 1; 0 is before the first.
pub type Seq = u64;

/// A log stays this long after its end; the stored message answers from then on.
const KEPT: Duration = Duration::from_mins(5);

#[derive(Clone)]
pub struct LiveLog {
    runs: Arc<Mutex<HashMap<MessageId, Arc<Run>>>>,
    kept: Duration,
}

struct Run {
    frames: Mutex<Vec<Frame>>,
    /// The last published number, and whether it was the end.
    head: watch::Sender<(Seq, bool)>,
}

/// Somebody else has written this number already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("event {taken} of this run is taken")]
pub struct Fenced {
    pub taken: Seq,
}

impl Default for LiveLog {
    fn default() -> Self {
        Self { runs: Arc::default(), kept: KEPT }
    }
}

impl LiveLog {
    /// Makes the log of a run that is about to begin, so that readers can join before its first event.
    pub fn open(&self, run: MessageId) {
        held(&self.runs).entry(run).or_insert_with(|| Arc::new(Run::new()));
    }

    /// Publishes `frame` as number `seq`, which must be the next one.
    pub fn append(&self, run: MessageId, seq: Seq, frame: Frame) -> Result<(), Fenced> {
        let log = {
            let mut runs = held(&self.runs);
            Arc::clone(runs.entry(run).or_insert_with(|| Arc::new(Run::new())))
        };
        let ended = matches!(frame, Frame::Done { .. });
        {
            let mut frames = held(&log.frames);
            let next = frames.len() as Seq + 1;
            if seq != next || log.head.borrow().1 {
                return Err(Fenced { taken: seq });
            }
            frames.push(frame);
        }
        log.head.send_replace((seq, ended));
        if ended {
            self.forget_later(run);
        }
        Ok(())
    }

    /// Ends a log whose run can publish no more: its readers' streams end, and the stored message answers.
    pub fn close(&self, run: MessageId) {
        if let Some(log) = held(&self.runs).remove(&run) {
            log.head.send_modify(|(_, ended)| *ended = true);
        }
    }

    /// Whether the run's events are still here.
    pub fn has(&self, run: MessageId) -> bool {
        held(&self.runs).contains_key(&run)
    }

    /// Everything after `after`, then whatever comes, until the end. None when the log is not here.
    pub fn read(&self, run: MessageId, after: Seq) -> Option<impl Stream<Item = (Seq, Frame)> + Send + use<>> {
        let log = Arc::clone(held(&self.runs).get(&run)?);
        let head = log.head.subscribe();
        Some(futures::stream::unfold((log, head, after), |(log, mut head, after)| async move {
            loop {
                let (last, ended) = *head.borrow_and_update();
                if after < last {
                    let frame = held(&log.frames).get(usize::try_from(after).ok()?).cloned()?;
                    return Some(((after + 1, frame), (log, head, after + 1)));
                }
                if ended || head.changed().await.is_err() {
                    return None;
                }
            }
        }))
    }

    fn forget_later(&self, run: MessageId) {
        let (runs, kept) = (Arc::downgrade(&self.runs), self.kept);
        tokio::spawn(async move {
            tokio::time::sleep(kept).await;
            if let Some(runs) = runs.upgrade() {
                held(&runs).remove(&run);
            }
        });
    }
}

impl Run {
    fn new() -> Self {
        Self { frames: Mutex::default(), head: watch::Sender::new((0, false)) }
    }
}

fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
#[path = "log_laws.rs"]
mod laws;
