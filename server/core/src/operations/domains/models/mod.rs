//! Models that write.

mod list;
mod test;

pub use list::List;
pub use test::Test;
