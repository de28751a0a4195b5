//! Counts that several processes share in Redis.

use super::{Key, Limit};
use crate::rest::Rest;
use governor::Quota;
use redis::aio::ConnectionManager;
use redis::{RedisResult, Script};
use std::time::Duration;
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
    rest: Rest,
}

/// A request waits no longer for Redis.
const PATIENCE: Duration = Duration::from_secs(1);

/// Redis cannot be asked now.
pub(super) struct Away;

impl SharedCount {
    pub fn new(redis: ConnectionManager) -> Self {
        Self { redis, script: Script::new(COUNT), rest: Rest::default() }
    }

    /// Counts one more, or answers how long to wait.
    pub(super) async fn count(&self, limit: Limit, key: &Key, quota: Quota) -> Result<Option<Duration>, Away> {
        if self.rest.is_on() {
            return Err(Away);
        }
        match timeout(PATIENCE, self.ask(limit, key, quota)).await {
            Ok(Ok(wait)) => return Ok(wait),
            Ok(Err(fault)) => tracing::warn!(%fault, "limits are counted by each process alone"),
            Err(_) => tracing::warn!("Redis does not answer; limits are counted by each process alone"),
        }
        self.rest.begin();
        Err(Away)
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
