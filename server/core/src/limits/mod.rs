//! How much one person, or one address, may do in a minute.
//!
//! By the generic cell rate algorithm: as many at once as in a minute, then one by one as time passes. Each process counts
//! for itself, or, where there is a Redis, all of them together (`shared.rs`). A Redis that is away takes nobody's access:
//! each process counts for itself until it is back.

mod shared;

pub use shared::SharedCount;

use crate::error::{Error, Result};
use folio_types::UserId;
use governor::clock::Clock;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use shared::Away;
use std::fmt;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Limit {
    /// Every request.
    Requests,
    /// Whatever makes a model write.
    Questions,
    /// Every comparison of a password.
    SignIns,
}

/// How often each may happen in a minute; none is as often as one likes.
#[derive(Clone, Copy, Debug)]
pub struct Quotas {
    pub requests: Option<NonZeroU32>,
    pub questions: Option<NonZeroU32>,
    pub sign_ins: Option<NonZeroU32>,
}

/// Whose requests are counted together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    User(UserId),
    Address(IpAddr),
}

/// Counts of everyone who was here lately.
pub struct Limits {
    requests: Option<Meter>,
    questions: Option<Meter>,
    sign_ins: Option<Meter>,
    shared: Option<SharedCount>,
}

struct Meter {
    quota: Quota,
    here: DefaultKeyedRateLimiter<Key>,
}

impl Limits {
    pub fn new(quotas: Quotas, shared: Option<SharedCount>) -> Self {
        Self {
            requests: quotas.requests.map(Meter::new),
            questions: quotas.questions.map(Meter::new),
            sign_ins: quotas.sign_ins.map(Meter::new),
            shared,
        }
    }

    /// Counts one more of `limit` for `key`; [`Error::TooMany`] when that is more than may be.
    pub async fn count(&self, limit: Limit, key: Key) -> Result<()> {
        let Some(meter) = self.meter(limit) else { return Ok(()) };
        let wait = match &self.shared {
            Some(shared) => match shared.count(limit, &key, meter.quota).await {
                Ok(wait) => wait,
                Err(Away) => meter.count(&key),
            },
            None => meter.count(&key),
        };
        let Some(wait) = wait else { return Ok(()) };
        crate::metrics::refused(limit);
        Err(Error::TooMany { what: limit.plural(), wait })
    }

    /// Forgets who has not been here for so long that it makes no difference.
    pub async fn sweep_forever(&self) {
        let mut minutes = tokio::time::interval(Duration::from_mins(1));
        loop {
            minutes.tick().await;
            for meter in [&self.requests, &self.questions, &self.sign_ins].into_iter().flatten() {
                meter.here.retain_recent();
                meter.here.shrink_to_fit();
            }
        }
    }

    fn meter(&self, limit: Limit) -> Option<&Meter> {
        match limit {
            Limit::Requests => self.requests.as_ref(),
            Limit::Questions => self.questions.as_ref(),
            Limit::SignIns => self.sign_ins.as_ref(),
        }
    }
}

impl Meter {
    fn new(allowed: NonZeroU32) -> Self {
        let quota = Quota::per_minute(allowed);
        Self { quota, here: RateLimiter::keyed(quota) }
    }

    /// How long to wait, when it is too often.
    fn count(&self, key: &Key) -> Option<Duration> {
        // a clock of its own for each count would ask the processor what it is, which is slow on a virtual machine
        self.here.check_key(key).err().map(|refused| refused.wait_time_from(self.here.clock().now()))
    }
}

impl Limit {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Questions => "questions",
            Self::SignIns => "sign_ins",
        }
    }

    fn plural(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Questions => "questions",
            Self::SignIns => "attempts to sign in",
        }
    }
}

impl Default for Quotas {
    fn default() -> Self {
        let number = |number| NonZeroU32::new(number);
        Self { requests: number(600), questions: number(60), sign_ins: number(30) }
    }
}

impl Key {
    /// Whoever has an IPv6 address has all of its /64, so that is one.
    pub fn address(address: IpAddr) -> Self {
        Self::Address(match address.to_canonical() {
            IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() & (u128::MAX << 64)).into()),
            v4 @ IpAddr::V4(_) => v4,
        })
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => write!(f, "user:{id}"),
            Self::Address(address) => write!(f, "address:{address}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quotas(each: u32) -> Quotas {
        let each = NonZeroU32::new(each);
        Quotas { requests: each, questions: each, sign_ins: None }
    }

    fn key(address: &str) -> Key {
        Key::address(address.parse().expect("an address"))
    }

    #[tokio::test]
    async fn as_many_as_in_a_minute_and_then_one_must_wait() {
        let limits = Limits::new(quotas(3), None);
        for _ in 0..3 {
            limits.count(Limit::Requests, key("192.0.2.1")).await.expect("within the limit");
        }
        let refused = limits.count(Limit::Requests, key("192.0.2.1")).await.expect_err("one too many");
        let Error::TooMany { wait, .. } = refused else { panic!("{refused}") };
        assert!(wait > Duration::from_secs(15) && wait <= Duration::from_secs(20), "a third of a minute: {wait:?}");
    }

    #[tokio::test]
    async fn each_key_and_each_limit_is_counted_alone() {
        let limits = Limits::new(quotas(1), None);
        for (limit, key) in [
            (Limit::Requests, key("192.0.2.1")),
            (Limit::Questions, key("192.0.2.1")),
            (Limit::Requests, key("192.0.2.2")),
            (Limit::Requests, Key::User(UserId(uuid::Uuid::nil()))),
        ] {
            limits.count(limit, key).await.expect("the first one");
        }
        limits.count(Limit::Requests, key("::ffff:192.0.2.1")).await.expect_err("the same address in another form");
    }

    #[tokio::test]
    async fn what_has_no_quota_is_not_counted() {
        let limits = Limits::new(quotas(1), None);
        for _ in 0..100 {
            limits.count(Limit::SignIns, key("192.0.2.1")).await.expect("no limit");
        }
    }

    #[test]
    fn a_whole_network_of_one_person_is_one_address() {
        assert_eq!(key("2001:db8:1:2:3::4"), key("2001:db8:1:2:ffff::1"));
        assert_ne!(key("2001:db8:1:2::"), key("2001:db8:1:3::"));
    }
}
