//! Outcomes that a caller can act on. Every message is written for the person who reads it.

use std::sync::Arc;
use std::time::Duration;

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// It is not there, or it is someone else's: both look the same.
    #[error("{0} not found.")]
    NotFound(&'static str),
    #[error("{message}")]
    Invalid { field: &'static str, message: String },
    /// The caller is known but may not do this.
    #[error("{0}")]
    Denied(String),
    /// The credentials are wrong.
    #[error("{0}")]
    Unauthenticated(String),
    #[error("{0}")]
    Conflict(String),
    #[error("No books are available as knowledge sources.")]
    NoBooks,
    #[error("{0}")]
    TooLarge(String),
    /// It came too often; `wait` says when one more may come.
    #[error("Too many {what}. Try again in {}.", seconds(*wait))]
    TooMany { what: &'static str, wait: Duration },
    /// Something that this needs cannot be reached now.
    #[error("{0}")]
    Unavailable(String),
    /// A model server is there, but takes no more just now; worth another try.
    #[error("{0}")]
    Overloaded(String),
    /// A model server answered wrongly or broke off.
    #[error("{0}")]
    Upstream(String),
    /// It was sent to another program, and nobody knows whether that did it.
    #[error("{0} It may or may not have been done; look before you repeat it.")]
    Unsure(String),
    /// Our own fault; the details go to the log, never to the caller.
    #[error("Something went wrong on the server. It has been logged.")]
    Internal(#[source] Arc<dyn std::error::Error + Send + Sync>),
}

impl Error {
    pub fn invalid(field: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid { field, message: message.into() }
    }

    /// Wraps a fault of ours, keeping its chain for the log.
    pub fn internal(fault: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(Arc::from(fault.into()))
    }

    /// Whole seconds to wait before it is worth another try, where that is known.
    pub fn retry_after(&self) -> Option<u64> {
        match self {
            Self::TooMany { wait, .. } => Some(whole_seconds(*wait)),
            _ => None,
        }
    }

    /// What the log should say: the whole chain of an internal fault.
    pub fn diagnosis(&self) -> String {
        let mut text = self.to_string();
        if let Self::Internal(fault) = self {
            text = fault.to_string();
            let mut source = fault.source();
            while let Some(cause) = source {
                text = format!("{text}: {cause}");
                source = cause.source();
            }
        }
        text
    }
}

fn whole_seconds(wait: Duration) -> u64 {
    u64::try_from(wait.as_millis().div_ceil(1000)).unwrap_or(u64::MAX).max(1)
}

fn seconds(wait: Duration) -> String {
    match whole_seconds(wait) {
        1 => "a second".to_owned(),
        more => format!("{more} seconds"),
    }
}

impl From<sqlx::Error> for Error {
    fn from(fault: sqlx::Error) -> Self {
        match fault {
            fault if is_away(&fault) => {
                tracing::error!(%fault, "the database cannot be reached");
                Self::Unavailable("The database cannot be reached right now. Try again in a moment.".into())
            }
            other => Self::internal(other),
        }
    }
}

/// Whether the database is away, being stopped, full of connections, or gave up one of two that waited for each other.
fn is_away(fault: &sqlx::Error) -> bool {
    match fault {
        sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) => true,
        // https://www.postgresql.org/docs/current/errcodes-appendix.html
        sqlx::Error::Database(fault) => fault.code().is_some_and(|code| {
            code.starts_with("08") || matches!(&*code, "57P01" | "57P02" | "57P03" | "53300" | "40P01")
        }),
        _ => false,
    }
}

impl From<std::io::Error> for Error {
    fn from(fault: std::io::Error) -> Self {
        Self::internal(fault)
    }
}

impl From<serde_json::Error> for Error {
    fn from(fault: serde_json::Error) -> Self {
        Self::internal(fault)
    }
}
