//! The live log of several processes: one Redis stream for each run.
//!
//! Event `n` is the entry `n-0`, so that Redis itself refuses a number that is taken. Who appends also calls out the
//! runs on a channel; readers wait for that call, and look for themselves now and then in case one was lost.

use super::{KEPT, LiveLog, NotPublished, Publication, REACH, Seq, is_end};
use crate::rest::Rest;
use async_stream::stream;
use async_trait::async_trait;
use folio_types::{Frame, MessageId};
use futures::StreamExt;
use futures::stream::BoxStream;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::streams::{StreamId, StreamMaxlen, StreamRangeReply};
use redis::{Client, ErrorKind, FromRedisValue, Pipeline, RedisError, RedisResult};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

/// A run whose process died without an end must not stay for ever.
const FORGOTTEN: Duration = Duration::from_hours(1);
/// Readers look for themselves this often.
const LOOK: Duration = Duration::from_secs(1);
/// A reader who looked so often in vain asks the database: whoever had something to say may not have reached Redis.
const IN_VAIN: u32 = 5;
/// Events that a reader takes at once.
const AT_ONCE: usize = 256;
/// All answers wait for this at the writer, so it is short.
const PATIENCE: Duration = Duration::from_millis(500);
const CHANNEL: &str = "folio:runs";
const FIELD: &str = "frame";
/// Deletes a stream that nobody else has opened since or added to.
const CLOSE: &str = r"
local newest = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
if newest and tonumber(string.match(newest[1], '^%d+')) <= tonumber(ARGV[1]) then redis.call('DEL', KEYS[1]) end
return 0
";

#[derive(Clone)]
pub struct RedisLog {
    redis: ConnectionManager,
    calls: Calls,
    rest: Arc<Rest>,
}

impl RedisLog {
    /// Connects to the Redis behind `url` (`redis://…` or `rediss://…`). One that is away is connected to when it comes.
    ///
    /// # Errors
    /// Where `url` is none, or Redis refuses who asks.
    pub async fn connect(url: &str) -> RedisResult<Self> {
        let client = Client::open(url)?;
        let patience = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE))
            .set_number_of_retries(1);
        let redis = ConnectionManager::new_lazy_with_config(client.clone(), patience)?;
        let log = Self { redis, calls: Calls::default(), rest: Arc::default() };
        match log.ask::<()>(redis::pipe().cmd("PING").ignore()).await {
            Err(fault) if !is_away(&fault) => return Err(fault),
            Err(fault) => tracing::warn!(%fault, "Redis cannot be reached yet; until then each process is on its own"),
            Ok(()) => {}
        }
        tokio::spawn(log.calls.clone().hear_forever(client));
        Ok(log)
    }

    /// The connection, for what else is shared.
    pub fn connection(&self) -> ConnectionManager {
        self.redis.clone()
    }

    /// Asks Redis, unless it did not answer a moment ago.
    async fn ask<T: FromRedisValue>(&self, pipe: &Pipeline) -> RedisResult<T> {
        if self.rest.is_on() {
            return Err((ErrorKind::Io, "it did not answer a moment ago").into());
        }
        let answer = pipe.query_async(&mut self.redis.clone()).await;
        if answer.as_ref().is_err_and(is_away) {
            self.rest.begin();
        }
        answer
    }

    async fn publish(&self, publications: &[Publication]) -> RedisResult<Vec<RedisResult<()>>> {
        let mut pipe = redis::pipe();
        for publication in publications {
            publication.write(&mut pipe);
        }
        let called: Vec<String> = publications.iter().map(|publication| publication.run.to_string()).collect();
        pipe.publish(CHANNEL, called.join(" ")).ignore();
        // one answer for each event
        let answers: Vec<RedisResult<String>> = self.ask(pipe.ignore_errors()).await?;
        let mut answers = answers.into_iter();
        Ok(publications
            .iter()
            .map(|publication| answers.by_ref().take(publication.frames.len()).try_for_each(|answer| answer.map(drop)))
            .collect())
    }

    /// The events right after `after`; none when the log is not here or does not reach back.
    async fn after(&self, run: MessageId, after: Seq) -> RedisResult<Option<Vec<(Seq, Frame)>>> {
        let key = key(run);
        let mut pipe = redis::pipe();
        pipe.xrange_count(&key, format!("{}-0", after + 1), "+", AT_ONCE).exists(&key);
        let (found, exists): (StreamRangeReply, bool) = self.ask(&pipe).await?;
        let events: Vec<(Seq, Frame)> = found.ids.iter().filter_map(event).collect();
        let goes_on = events.iter().zip(after + 1..).all(|((seq, _), next)| *seq == next);
        Ok((exists && goes_on).then_some(events))
    }
}

#[async_trait]
impl LiveLog for RedisLog {
    async fn open(&self, run: MessageId, after: Seq) -> Result<(), NotPublished> {
        let key = key(run);
        // a mark before the first event says that the log is there
        let mark = format!("{after}-1");
        let mut pipe = redis::pipe();
        pipe.del(&key).ignore().xadd(&key, mark, &[("opened", "")]).ignore();
        pipe.expire(&key, seconds(FORGOTTEN)).ignore();
        self.ask::<()>(&pipe).await.map_err(unreachable)
    }

    async fn append(&self, publications: Vec<Publication>) -> Vec<Result<(), NotPublished>> {
        match self.publish(&publications).await {
            Ok(answers) => answers
                .into_iter()
                .zip(&publications)
                .map(|(answer, publication)| answer.map_err(|fault| refused(&fault, publication)))
                .collect(),
            Err(fault) => publications.iter().map(|_| Err(unreachable(fault.clone()))).collect(),
        }
    }

    fn read(&self, run: MessageId, after: Seq) -> BoxStream<'static, (Seq, Frame)> {
        let log = self.clone();
        let call = self.calls.waited_for(run);
        let events = stream! {
            let (mut after, mut in_vain) = (after, 0);
            while in_vain < IN_VAIN {
                let called = call.notify.notified();
                let events = match log.after(run, after).await {
                    Ok(Some(events)) => events,
                    Ok(None) => return,
                    Err(fault) => {
                        tracing::warn!(%run, %fault, "a live log cannot be read");
                        return;
                    }
                };
                if !events.is_empty() {
                    in_vain = 0;
                } else if timeout(LOOK, called).await.is_err() {
                    // a lost call is made up for by the next look
                    in_vain += 1;
                }
                for (seq, frame) in events {
                    let ended = is_end(&frame);
                    after = seq;
                    yield (seq, frame);
                    if ended {
                        return;
                    }
                }
            }
        };
        events.boxed()
    }

    async fn close(&self, run: MessageId, last: Seq) {
        let mut pipe = redis::pipe();
        pipe.cmd("EVAL").arg(CLOSE).arg(1).arg(key(run)).arg(last).ignore();
        if let Err(fault) = self.ask::<()>(&pipe).await {
            tracing::warn!(%run, %fault, "a live log could not be closed");
        }
        self.calls.call(run);
    }
}

impl Publication {
    fn write(&self, pipe: &mut Pipeline) {
        let key = key(self.run);
        let reach = StreamMaxlen::Approx(2 * REACH);
        for (seq, frame) in (self.first..).zip(&self.frames) {
            let json = serde_json::to_string(frame).unwrap_or_default();
            pipe.xadd_maxlen(&key, reach, format!("{seq}-0"), &[(FIELD, json)]);
        }
        let kept = if self.frames.iter().any(is_end) { KEPT } else { FORGOTTEN };
        pipe.expire(&key, seconds(kept)).ignore();
    }
}

/// Who waits for a run to be called out: how many for each, and what wakes them.
#[derive(Clone, Default)]
struct Calls(Arc<Mutex<Readers>>);

type Readers = HashMap<MessageId, (usize, Arc<Notify>)>;

/// A reader's wait; the last one of a run takes its place away.
struct Waiting {
    calls: Calls,
    run: MessageId,
    notify: Arc<Notify>,
}

impl Calls {
    fn waited_for(&self, run: MessageId) -> Waiting {
        let mut held = self.held();
        let (readers, notify) = held.entry(run).or_default();
        *readers += 1;
        Waiting { calls: self.clone(), run, notify: Arc::clone(notify) }
    }

    fn call(&self, run: MessageId) {
        if let Some((_, notify)) = self.held().get(&run) {
            notify.notify_waiters();
        }
    }

    async fn hear_forever(self, client: Client) {
        loop {
            if let Err(fault) = self.hear(&client).await {
                tracing::warn!(%fault, "Redis does not say what is new; readers look for themselves");
            }
            sleep(LOOK).await;
        }
    }

    async fn hear(&self, client: &Client) -> RedisResult<()> {
        let mut channel = client.get_async_pubsub().await?;
        channel.subscribe(CHANNEL).await?;
        let mut messages = channel.into_on_message();
        while let Some(message) = messages.next().await {
            let called: String = message.get_payload()?;
            called.split(' ').filter_map(|run| run.parse().ok()).for_each(|run| self.call(run));
        }
        Ok(())
    }

    fn held(&self) -> MutexGuard<'_, Readers> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Entry::Occupied(mut waited_for) = self.calls.held().entry(self.run) {
            waited_for.get_mut().0 -= 1;
            if waited_for.get().0 == 0 {
                waited_for.remove();
            }
        }
    }
}

fn key(run: MessageId) -> String {
    format!("folio:run:{run}")
}

fn event(entry: &StreamId) -> Option<(Seq, Frame)> {
    let seq = entry.id.split('-').next()?.parse().ok()?;
    let json: String = entry.get(FIELD)?;
    Some((seq, serde_json::from_str(&json).ok()?))
}

fn seconds(time: Duration) -> i64 {
    i64::try_from(time.as_secs()).unwrap_or(i64::MAX)
}

fn is_away(fault: &RedisError) -> bool {
    fault.is_timeout() || fault.is_io_error()
}

fn unreachable(fault: RedisError) -> NotPublished {
    NotPublished::Unreachable(fault.to_string())
}

/// Redis refuses an entry only because its number is not above the last one.
fn refused(fault: &RedisError, publication: &Publication) -> NotPublished {
    match fault.code() {
        Some("ERR") => NotPublished::Fenced { run: publication.run, first: publication.first },
        _ => NotPublished::Unreachable(fault.to_string()),
    }
}
