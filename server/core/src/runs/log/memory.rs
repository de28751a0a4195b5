//! The live log of a single process.

use super::{KEPT, LiveLog, NotPublished, Publication, REACH, Seq, is_end};
use async_trait::async_trait;
use folio_types::{Frame, MessageId};
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

#[derive(Clone)]
pub struct MemoryLog {
    runs: Arc<Mutex<HashMap<MessageId, Arc<Run>>>>,
    kept: Duration,
}

struct Run {
    events: Mutex<Events>,
    head: watch::Sender<Head>,
}

/// The newest events of a run.
struct Events {
    /// The number of the first one here.
    first: Seq,
    frames: VecDeque<Frame>,
}

#[derive(Clone, Copy)]
struct Head {
    /// The last published number.
    last: Seq,
    ended: bool,
}

impl Default for MemoryLog {
    fn default() -> Self {
        Self::keeping(KEPT)
    }
}

impl MemoryLog {
    /// A log that stays this long after its end.
    pub fn keeping(kept: Duration) -> Self {
        Self { runs: Arc::default(), kept }
    }

    fn publish(&self, publication: Publication) -> Result<(), NotPublished> {
        let Publication { run, first, frames } = publication;
        let fenced = NotPublished::Fenced { run, first };
        let Some(log) = held(&self.runs).get(&run).cloned() else { return Err(fenced) };
        let ended = frames.iter().any(is_end);
        let last = {
            let mut events = held(&log.events);
            let next = events.first + events.frames.len() as Seq;
            if first != next || log.head.borrow().ended {
                return Err(fenced);
            }
            events.frames.extend(frames);
            events.trim();
            events.first + events.frames.len() as Seq - 1
        };
        log.head.send_replace(Head { last, ended });
        if ended {
            self.forget_later(run, &log);
        }
        Ok(())
    }

    fn forget_later(&self, run: MessageId, log: &Arc<Run>) {
        let (runs, log, kept) = (Arc::downgrade(&self.runs), Arc::downgrade(log), self.kept);
        tokio::spawn(async move {
            tokio::time::sleep(kept).await;
            let (Some(runs), Some(log)) = (runs.upgrade(), log.upgrade()) else { return };
            let mut runs = held(&runs);
            // an answer that is being continued has a new log
            if runs.get(&run).is_some_and(|current| Arc::ptr_eq(current, &log)) {
                runs.remove(&run);
            }
        });
    }

    #[cfg(test)]
    pub fn has(&self, run: MessageId) -> bool {
        held(&self.runs).contains_key(&run)
    }
}

#[async_trait]
impl LiveLog for MemoryLog {
    async fn open(&self, run: MessageId, after: Seq) -> Result<(), NotPublished> {
        let replaced = held(&self.runs).insert(run, Arc::new(Run::after(after)));
        if let Some(old) = replaced {
            old.head.send_modify(|head| head.ended = true);
        }
        Ok(())
    }

    async fn append(&self, publications: Vec<Publication>) -> Vec<Result<(), NotPublished>> {
        publications.into_iter().map(|publication| self.publish(publication)).collect()
    }

    fn read(&self, run: MessageId, after: Seq) -> BoxStream<'static, (Seq, Frame)> {
        let Some(log) = held(&self.runs).get(&run).cloned() else { return stream::empty().boxed() };
        let head = log.head.subscribe();
        let next = |(log, mut head, after): (Arc<Run>, watch::Receiver<Head>, Seq)| async move {
            loop {
                let Head { last, ended } = *head.borrow_and_update();
                if after < last {
                    let frame = held(&log.events).at(after + 1)?;
                    return Some(((after + 1, frame), (log, head, after + 1)));
                }
                if ended || head.changed().await.is_err() {
                    return None;
                }
            }
        };
        stream::unfold((log, head, after), next).boxed()
    }

    async fn close(&self, run: MessageId, last: Seq) {
        let mut runs = held(&self.runs);
        if runs.get(&run).is_some_and(|log| log.head.borrow().last <= last)
            && let Some(log) = runs.remove(&run)
        {
            log.head.send_modify(|head| head.ended = true);
        }
    }
}

impl Run {
    fn after(after: Seq) -> Self {
        let events = Events { first: after + 1, frames: VecDeque::new() };
        Self { events: Mutex::new(events), head: watch::Sender::new(Head { last: after, ended: false }) }
    }
}

impl Events {
    /// None for an event that is gone.
    fn at(&self, seq: Seq) -> Option<Frame> {
        let place = usize::try_from(seq.checked_sub(self.first)?).ok()?;
        self.frames.get(place).cloned()
    }

    fn trim(&mut self) {
        if self.frames.len() > 2 * REACH {
            let gone = self.frames.len() - REACH;
            self.frames.drain(..gone);
            self.first += gone as Seq;
        }
    }
}

fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}
