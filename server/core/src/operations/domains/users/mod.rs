//! Accounts.

mod disable;
mod enable;
mod list;
mod role;

pub use disable::Disable;
pub use enable::Enable;
pub use list::List;
pub use role::ChangeRole;
