//! Backups.

mod create;
mod list;
mod restore;

pub use create::Create;
pub use list::List;
pub use restore::Restore;
