//! The live log: what a run has published so far, for anyone who joins.
//!
//! Append-only and numbered. Readers pull at their own pace, replaying what is there and then following until
//! the end, so a slow one holds nobody up. A log reaches back a bounded way and goes some minutes after its end;
//! whoever needs more asks the stored message, which always has at least what was published.

mod memory;
mod redis;

pub use memory::MemoryLog;
pub use redis::RedisLog;

use crate::error::Result;
use async_trait::async_trait;
use folio_types::{Frame, MessageId};
use futures::stream::BoxStream;
use std::time::Duration;

/// The number of an event within its run, from 1; 0 is before the first.
pub type Seq = u64;

/// A log stays this long after its end.
const KEPT: Duration = Duration::from_mins(5);
/// Events that a log reaches back at least; it holds twice as many at most.
const REACH: usize = 2048;

/// Events of one run, numbered from `first` on without a gap.
#[derive(Clone, Debug, PartialEq)]
pub struct Publication {
    pub run: MessageId,
    pub first: Seq,
    pub frames: Vec<Frame>,
}

#[derive(Debug, thiserror::Error)]
pub enum NotPublished {
    /// Another writer has published one of these numbers, or the end.
    #[error("event {first} of run {run} is taken")]
    Fenced { run: MessageId, first: Seq },
    /// Readers will find the events in the stored message instead.
    #[error("the live log cannot be reached: {0}")]
    Unreachable(String),
}

#[async_trait]
pub trait LiveLog: Send + Sync {
    /// Makes the log of a run whose next event is `after + 1`, so that readers can join before it. What a log of
    /// this run held before is gone.
    async fn open(&self, run: MessageId, after: Seq) -> Result<(), NotPublished>;

    /// Publishes what is stored already; one answer for each publication, in order.
    async fn append(&self, publications: Vec<Publication>) -> Vec<Result<(), NotPublished>>;

    /// Everything after `after`, then whatever comes. It ends after [`Frame::Done`]; if it ends without, the log is
    /// not here, does not reach back to `after`, can go on no more, or was silent for so long that it may have missed
    /// something.
    fn read(&self, run: MessageId, after: Seq) -> BoxStream<'static, (Seq, Frame)>;

    /// Ends a log whose run can publish no more after `last`. One that another writer has opened since goes on.
    async fn close(&self, run: MessageId, last: Seq);
}

fn is_end(frame: &Frame) -> bool {
    matches!(frame, Frame::Done { .. })
}

#[cfg(test)]
mod laws;
