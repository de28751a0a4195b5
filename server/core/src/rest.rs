//! Leaving alone what did not answer, so that few wait for it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

const REST: Duration = Duration::from_secs(2);

/// Whether something is left alone, after it did not answer.
#[derive(Debug, Default)]
pub struct Rest(Mutex<Option<Instant>>);

impl Rest {
    pub fn is_on(&self) -> bool {
        self.until().is_some_and(|until| until > Instant::now())
    }

    pub fn begin(&self) {
        *self.until() = Some(Instant::now() + REST);
    }

    fn until(&self) -> MutexGuard<'_, Option<Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
