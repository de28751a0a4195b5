//! The first account: whoever holds the code that was printed at start may make it.

use rand::Rng;
use rand::distr::Alphanumeric;
use sha2::{Digest, Sha256};
use std::sync::Mutex;

/// A one-time code, kept as a digest and gone once used.
#[derive(Debug, Default)]
pub struct SetupCode(Mutex<Option<[u8; 32]>>);

impl SetupCode {
    /// Makes a new code and forgets the one before.
    pub fn issue(&self) -> String {
        let code: String = rand::rng().sample_iter(Alphanumeric).take(24).map(char::from).collect();
        *self.slot() = Some(Sha256::digest(&code).into());
        code
    }

    pub fn matches(&self, code: &str) -> bool {
        // digests are compared, so the time taken says nothing about the code
        self.slot().is_some_and(|digest| digest == <[u8; 32]>::from(Sha256::digest(code.trim())))
    }

    pub fn spend(&self) {
        *self.slot() = None;
    }

    fn slot(&self) -> std::sync::MutexGuard<'_, Option<[u8; 32]>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
