//! Following an answer: from the live log while it can, else from the stored message.

use super::log::{LiveLog, Seq};
use crate::chats::stored_message;
use crate::db::Db;
use async_stream::stream;
use folio_types::{Frame, Message, MessageStatus};
use futures::StreamExt;
use futures::stream::BoxStream;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until};

/// How often the stored message is asked at most when the log does not help.
const ASK_AGAIN: Duration = Duration::from_millis(500);

/// Exactly what comes after `after`, numbered, until [`Frame::Done`].
pub(super) fn follow(db: Db, log: Arc<dyn LiveLog>, message: Message, after: Seq) -> BoxStream<'static, (Seq, Frame)> {
    let run = message.id;
    let events = stream! {
        let mut after = after;
        // the log of an answer that was gone on with elsewhere may still hold its first end
        let gone_on_with = (message.status == MessageStatus::Streaming).then_some(message.seq);
        // of an answer that ended before, the log only knows what the message says too
        let mut ended = Some(message).filter(|message| message.status != MessageStatus::Streaming && after >= message.seq);
        loop {
            if let Some(message) = ended.take() {
                for event in replay(&message, after) {
                    yield event;
                }
                return;
            }
            let looked = Instant::now();
            let mut events = log.read(run, after);
            while let Some((seq, frame)) = events.next().await {
                let done = matches!(frame, Frame::Done { .. });
                if done && gone_on_with.is_some_and(|known| seq <= known) {
                    break;
                }
                after = seq;
                yield (seq, frame);
                if done {
                    return;
                }
            }
            match stored_message(&db, run).await {
                Ok(Some(message)) if message.status != MessageStatus::Streaming => ended = Some(message),
                Ok(Some(message)) => {
                    let events = catch_up(&message, after);
                    // what had no word yet may have a log from there on
                    let may_go_on = events.is_empty() && message.seq > after;
                    after = after.max(message.seq);
                    for event in events {
                        yield event;
                    }
                    if !may_go_on {
                        sleep_until(looked + ASK_AGAIN).await;
                    }
                }
                Ok(None) => {
                    yield (after + 1, Frame::Done { done: true, status: MessageStatus::Interrupted });
                    return;
                }
                Err(fault) => {
                    tracing::warn!(%run, fault = fault.diagnosis(), "a reader waits for the database");
                    sleep(ASK_AGAIN).await;
                }
            }
        }
    };
    events.boxed()
}

/// A finished answer as the events that would have led to it.
///
/// Where the log has expired and the client has a part, only a snapshot can say what the rest is. The numbers go on
/// after those that the client has, so that it takes every one of these for new.
fn replay(message: &Message, after: Seq) -> Vec<(Seq, Frame)> {
    let mut frames = Vec::new();
    if after < message.seq {
        frames.extend(sources(message).into_iter().chain(calls(message)));
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
        frames.push(Frame::Error { error, status_code: message.error_status.unwrap_or(502) });
    }
    frames.push(Frame::Done { done: true, status: message.status });
    (message.seq.max(after) + 1..).zip(frames).collect()
}

/// What a message that is still being written has beyond `after`, numbered so that its log goes on from there.
fn catch_up(message: &Message, after: Seq) -> Vec<(Seq, Frame)> {
    let text = Some(&message.content).filter(|text| !text.is_empty());
    let mut frames: Vec<Frame> = sources(message).into_iter().chain(calls(message)).collect();
    frames.extend(text.map(|text| Frame::Snapshot { snapshot: text.clone() }));
    let room = usize::try_from(message.seq.saturating_sub(after)).unwrap_or(usize::MAX);
    // the sources and calls came before the text, so with room for one event only the text is new
    let known = frames.len().saturating_sub(room);
    let numbers = message.seq + 1 - (frames.len() - known) as Seq..;
    numbers.zip(frames.into_iter().skip(known)).collect()
}

fn sources(message: &Message) -> Option<Frame> {
    (!message.sources.is_empty()).then(|| Frame::Sources { sources: message.sources.clone() })
}

fn calls(message: &Message) -> Option<Frame> {
    (!message.calls.is_empty()).then(|| Frame::Calls { calls: message.calls.clone() })
}

#[cfg(test)]
#[path = "follow_laws.rs"]
mod laws;
