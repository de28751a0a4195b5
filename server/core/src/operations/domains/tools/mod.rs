//! Tools of others.

mod list;
mod use_one;

pub use list::List;
pub use use_one::Use;
