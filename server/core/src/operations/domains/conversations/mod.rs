//! Conversations.

mod archive;
mod delete;
mod delete_several;
mod export;
mod list;
mod rename;

pub use archive::{Archive, Unarchive};
pub use delete::Delete;
pub use delete_several::DeleteSeveral;
pub use export::Export;
pub use list::List;
pub use rename::Rename;
