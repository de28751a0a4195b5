//! Accounts.

mod disable;
mod enable;
mod invite;
mod list;
mod role;

pub use disable::Disable;
pub use enable::Enable;
pub use invite::Invite;
pub use list::List;
pub use role::ChangeRole;
