//! Topics: books that are asked together.

mod add;
mod create;
mod delete;
mod list;
mod move_to;
mod take_out;

pub use add::Add;
pub use create::Create;
pub use delete::Delete;
pub use list::List;
pub use move_to::Move;
pub use take_out::TakeOut;
