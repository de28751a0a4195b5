//! Everything that can be done by saying so. A new operation is a file of its own and a line in [`ALL`].

mod assistant;
mod backup;
mod conversations;
mod library;
mod models;
mod reports;
mod settings;
mod several;
mod tasks;
mod tools;
mod topics;
mod users;

use super::spec::Operation;
use crate::error::{Error, Result};

pub const ALL: &[&dyn Operation] = &[
    &assistant::Help,
    &library::List,
    &library::Search,
    &library::Reindex,
    &library::Rename,
    &library::Delete,
    &library::DeleteSeveral,
    &conversations::List,
    &conversations::Rename,
    &conversations::Archive,
    &conversations::Unarchive,
    &conversations::Export,
    &conversations::Delete,
    &conversations::DeleteSeveral,
    &models::List,
    &models::Switch,
    &models::Test,
    &topics::List,
    &topics::Create,
    &topics::Add,
    &topics::Move,
    &topics::TakeOut,
    &topics::Delete,
    &tasks::List,
    &tasks::Show,
    &tasks::Cancel,
    &reports::Usage,
    &reports::Storage,
    &reports::Failures,
    &users::List,
    &users::Disable,
    &users::Enable,
    &users::ChangeRole,
    &users::Invite,
    &settings::Show,
    &settings::Change,
    &tools::List,
    &tools::Use,
    &backup::Create,
    &backup::List,
    &backup::Restore,
];

/// What every tool of others is used by.
pub const USE_TOOL: &dyn Operation = &tools::Use;

/// `domain.operation`.
pub fn name(operation: &dyn Operation) -> String {
    let form = operation.form();
    format!("{}.{}", form.domain, form.operation)
}

/// The operation with this name; a stored one may be gone from a newer program.
pub fn find(wanted: &str) -> Result<&'static dyn Operation> {
    let found = ALL.iter().copied().find(|operation| name(*operation) == wanted);
    found.ok_or_else(|| Error::Conflict("This operation does not exist any more.".into()))
}
