//! Having things done by saying so: understood, allowed, asked about where they are dangerous, done once, recorded.
//!
//! A command becomes an intent (`understanding.rs`), an intent becomes exact arguments (`resolve` of its operation),
//! and what is dangerous becomes a confirmation that has them frozen (`confirmations.rs`). Nothing but the person's own
//! answer confirms it: words from books, models and other people are names and never orders.

mod confirmations;
mod domains;
mod functions;
mod gate;
#[cfg(test)]
mod phrasings;
mod proposals;
mod spec;
mod targets;
mod turns;
mod understanding;

pub use confirmations::{Confirmation, Plan, State};
pub(crate) use functions::Functions;
pub use gate::Consent;
pub(crate) use proposals::Proposed;
pub use proposals::Proposer;
pub use spec::{Choice, Preview, Question, Right, Risk};
pub(crate) use turns::{COPY, risk_name};
pub use turns::{Card, HistoryPage, IntentView, Reply, ReplyState, Said, Turn};
pub use understanding::Understanding;

use crate::Core;
use crate::accounts::Principal;
use crate::error::{Error, Result};
use std::time::Duration;

/// How often confirmations that nobody answered are ended.
const SWEEP: Duration = Duration::from_secs(10);

pub struct Operations<'a>(pub(crate) &'a Core);

/// An operation, for the list of what can be done.
#[derive(Clone, Debug)]
pub struct Described {
    pub domain: &'static str,
    pub operation: &'static str,
    pub summary: &'static str,
    pub risk: Risk,
    pub right: Right,
    /// A command that asks for it.
    pub example: &'static str,
    /// The same with a place for each of its arguments.
    pub template: &'static str,
    pub allowed: bool,
}

impl Operations<'_> {
    /// Everything that can be asked for, and whether the caller may.
    pub fn list(&self, who: &Principal) -> Vec<Described> {
        let described = |operation: &&'static dyn spec::Operation| {
            let form = operation.form();
            Described {
                domain: form.domain,
                operation: form.operation,
                summary: operation.summary(),
                risk: form.risk,
                right: operation.right(),
                example: form.examples.first().copied().unwrap_or_default(),
                template: operation.template(),
                allowed: operation.right().is_held_by(who),
            }
        };
        domains::ALL.iter().map(described).collect()
    }

    /// The conversations that an export made, if the caller did.
    pub async fn exported(&self, who: &Principal, task: folio_types::TaskId) -> Result<std::path::PathBuf> {
        crate::tasks::export_file(self.0, who, task).await
    }
}

/// Refuses whoever may not have an operation done to anything at all, or not any more.
pub(crate) fn check_right(who: &Principal, action: &str) -> Result<()> {
    let right = domains::find(action)?.right();
    if right.is_held_by(who) {
        return Ok(());
    }
    Err(Error::Denied(format!("This needs the right “{}”, which the account does not have any more.", right.as_str())))
}

/// Ends confirmations whose time is over, for as long as the program runs.
pub async fn expire_forever(core: Core) {
    let stopping = core.shelf().stopping().clone();
    let sweeping = async {
        loop {
            tokio::time::sleep(SWEEP).await;
            if let Err(fault) = core.operations().expire().await {
                tracing::warn!(fault = fault.diagnosis(), "expired confirmations could not be ended");
            }
        }
    };
    stopping.run_until_cancelled(sweeping).await;
}
