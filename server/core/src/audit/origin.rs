//! Where a request comes from. It travels beside the work, not through every function.

use serde::{Deserialize, Serialize};
use std::future::Future;
use std::net::IpAddr;

/// Where something was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The door: `web`, `api`, `command line` or `folio`.
    pub via: String,
    /// The peer's network address, where there is one.
    pub address: Option<IpAddr>,
}

tokio::task_local! {
    static HERE: Origin;
}

/// Does `work` as something that was asked for at `origin`.
pub fn from<T>(origin: Origin, work: impl Future<Output = T>) -> impl Future<Output = T> {
    // an async function would keep `work` twice: as it was given, and as it is awaited
    HERE.scope(origin, work)
}

impl Origin {
    /// What [`from`] said around the caller, or else the program itself.
    pub fn here() -> Self {
        HERE.try_with(Clone::clone).unwrap_or_else(|_| Self { via: "folio".into(), address: None })
    }
}
