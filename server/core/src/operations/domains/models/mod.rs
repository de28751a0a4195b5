//! Models that write.

mod list;
mod switch;
mod test;

pub use list::List;
pub use switch::Switch;
pub use test::Test;
