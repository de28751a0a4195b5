//! Counts that several processes share in Redis.

use super::{Key, Limit};
use governor::Quota;
use redis::aio::ConnectionManager;
use redis::{RedisResult, Script};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::time::timeout;

/// The generic cell rate algorithm (ITU-T I.371, annex A) by the clock of Redis. Stored is the time, in microseconds, at
/// which the next one would be due if they came evenly; it may lie ahead by what may come at once. Answers the microseconds
/// to wait, 0 when it was counted.
const COUNT: &str = r"
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local apart, ahead = tonumber(ARGV[1]), tonumber(ARGV[2])
local due = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now)
if due - now > ahead then return due - now - ahead end
due = due + apart
redis.call('SET', KEYS[1], string.format('%.0f', due), 'PX', math.max(math.ceil((due - now) / 1000), 1))
return 0
";

/// A Redis that counts for all processes.
pub struct SharedCount {
    redis: ConnectionManager,
    script: Script,
    /// Until when nobody tries again.
    rests_until: Mutex<Option<Instant>>,
}

/// A request waits no longer for Redis.
const PATIENCE: Duration = Duration::from_secs(1);
/// A Redis that did not answer is left alone for this long, so that few wait for it.
const REST: Duration = Duration::from_secs(2);

/// Redis cannot be asked now.
pub(super) struct Away;

impl SharedCount {
    pub fn new(redis: ConnectionManager) -> Self {
        Self { redis, script: Script::new(COUNT), rests_until: Mutex::default() }
    }

    /// Counts one more, or answers how long to wait.
    pub(super) async fn count(&self, limit: Limit, key: &Key, quota: Quota) -> Result<Option<Duration>, Away> {
        if self.rests_until().is_some_and(|until| until > Instant::now()) {
            return Err(Away);
        }
        match timeout(PATIENCE, self.ask(limit, key, quota)).await {
            Ok(Ok(wait)) => return Ok(wait),
            Ok(Err(fault)) => tracing::warn!(%fault, "limits are counted by each process alone"),
            Err(_) => tracing::warn!("Redis does not answer; limits are counted by each process alone"),
        }
        *self.rests_until() = Some(Instant::now() + REST);
        Err(Away)
    }

    fn rests_until(&self) -> MutexGuard<'_, Option<Instant>> {
        self.rests_until.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn ask(&self, limit: Limit, key: &Key, quota: Quota) -> RedisResult<Option<Duration>> {
        let apart = quota.replenish_interval();
        let ahead = apart * (quota.burst_size().get() - 1);
        let wait: u64 = self
            .script
            .key(format!("folio:limit:{}:{key}", limit.as_str()))
            .arg(micros(apart))
            .arg(micros(ahead))
            .invoke_async(&mut self.redis.clone())
            .await?;
        Ok((wait > 0).then(|| Duration::from_micros(wait)))
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
