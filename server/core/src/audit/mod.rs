//! The audit log: who did what to what, when, from where, and what became of it.
//!
//! Rows are only added. Each is sealed with the hash of the one before, so that [`Audit::verify`] finds a row that was
//! changed, removed or slipped in, also by somebody who goes around Folio.

mod chain;
mod export;
mod list;
mod origin;
mod verify;

pub(crate) use chain::{Chain, Sealed};
pub use list::{Filter, Found, Record};
pub use origin::{Origin, from};
pub use verify::{Head, Verdict};

use crate::Core;
use crate::accounts::Principal;
use crate::clock::now;
use crate::db::on_db;
use crate::error::Result;
use folio_types::UserId;
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// What became of something that somebody wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Ran,
    Failed,
    Denied,
    Cancelled,
    Expired,
    /// The process ended while it was done: it may or may not have happened.
    Unknown,
}

/// Who did it.
#[derive(Clone, Debug)]
pub enum Actor {
    Person(UserId, String),
    /// The program itself, or whoever runs it.
    Program(&'static str),
}

/// One thing that somebody did, or was kept from doing.
#[derive(Clone, Debug)]
pub struct Deed {
    /// `domain.operation`, for example `users.disable`.
    pub action: Cow<'static, str>,
    /// What it was done to, in words.
    pub target: String,
    /// The person whom it concerns, where that is another one than who did it.
    pub subject: Option<UserId>,
    pub outcome: Outcome,
    pub detail: String,
}

/// A record to be stored with what it tells of, in the same transaction. Where it comes from is what [`from`] says around
/// this call.
pub(crate) fn draft(actor: impl Into<Actor>, deed: Deed) -> Sealed {
    Sealed::draft(actor.into(), deed, Origin::here(), now())
}

pub struct Audit<'a>(pub(crate) &'a Core);

impl Audit<'_> {
    /// Adds a record.
    pub async fn record(&self, actor: impl Into<Actor>, deed: Deed) -> Result<()> {
        let draft = draft(actor, deed);
        on_db!(change self.0.db(), tx => {
            tx.append(&draft).await?;
            tx.commit().await?;
        });
        Ok(())
    }

    /// Adds that somebody looked at what is not their own: once for each page or stream that is opened, whatever follows.
    pub(crate) async fn look(
        &self,
        who: &Principal,
        domain: &'static str,
        target: &str,
        subject: Option<UserId>,
    ) -> Result<()> {
        let deed = Deed::ran(format!("{domain}.look"), target);
        self.record(who, subject.into_iter().fold(deed, Deed::about)).await
    }
}

impl Deed {
    pub fn new(outcome: Outcome, action: impl Into<Cow<'static, str>>, target: impl Into<String>) -> Self {
        Self { action: action.into(), target: target.into(), subject: None, outcome, detail: String::new() }
    }

    /// Something that was done.
    pub fn ran(action: impl Into<Cow<'static, str>>, target: impl Into<String>) -> Self {
        Self::new(Outcome::Ran, action, target)
    }

    /// Something that the actor may not do.
    pub fn denied(action: impl Into<Cow<'static, str>>, target: impl Into<String>) -> Self {
        Self::new(Outcome::Denied, action, target)
    }

    /// It concerns this person, who will find it among their own records too.
    #[must_use]
    pub fn about(self, subject: UserId) -> Self {
        Self { subject: Some(subject), ..self }
    }

    #[must_use]
    pub fn saying(self, detail: impl Into<String>) -> Self {
        Self { detail: detail.into(), ..self }
    }
}

impl From<&Principal> for Actor {
    fn from(who: &Principal) -> Self {
        Self::Person(who.id, who.email.clone())
    }
}

impl Outcome {
    pub const ALL: [Self; 6] = [Self::Ran, Self::Failed, Self::Denied, Self::Cancelled, Self::Expired, Self::Unknown];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ran => "ran",
            Self::Failed => "failed",
            Self::Denied => "denied",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Outcome {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|one| one.as_str() == text).ok_or_else(|| format!("unknown outcome: {text}"))
    }
}
