//! Passwords: argon2id, computed off the async threads, a few at a time.

use crate::error::{Error, Result};
use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString, rand_core::OsRng};
use argon2::{Algorithm, Argon2, Params, Version};
use folio_types::UserId;
use std::sync::LazyLock;
use tokio::sync::Semaphore;

pub const SHORTEST: usize = 8;
/// Longer ones are refused, so that nobody can make the server hash megabytes.
pub const LONGEST: usize = 200;

/// Each computation takes 19 MiB (OWASP's parameters for argon2id), so a crowd must wait its turn.
static TURNS: Semaphore = Semaphore::const_new(2);

/// Compared with when there is no such account, so that the answer takes as long.
static NOBODY: LazyLock<String> = LazyLock::new(|| digest("nobody").unwrap_or_default());

/// A password that was right, and what it was compared with.
#[derive(Clone)]
pub struct Right {
    pub user: UserId,
    pub hash: String,
}

pub async fn hash(password: String) -> Result<String> {
    off_thread(move || digest(&password)).await?
}

/// Whether `password` belongs to `stored`; without an account or a password it takes as long and is always false.
pub async fn verify(password: String, stored: Option<String>) -> Result<bool> {
    off_thread(move || {
        let stored = stored.filter(|stored| !stored.is_empty());
        let known = stored.is_some();
        let stored = stored.unwrap_or_else(|| NOBODY.clone());
        let Ok(parsed) = PasswordHash::new(&stored) else { return false };
        hasher().is_ok_and(|hasher| hasher.verify_password(password.as_bytes(), &parsed).is_ok()) && known
    })
    .await
}

async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let _turn = TURNS.acquire().await.map_err(Error::internal)?;
    tokio::task::spawn_blocking(work).await.map_err(Error::internal)
}

fn digest(password: &str) -> Result<String> {
    let salt = SaltString::generate(&mut OsRng);
    let digest =
        hasher()?.hash_password(password.as_bytes(), &salt).map_err(|fault| Error::internal(fault.to_string()))?;
    Ok(digest.to_string())
}

fn hasher() -> Result<Argon2<'static>> {
    let params = Params::new(19_456, 2, 1, None).map_err(|fault| Error::internal(fault.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}
