//! Parts that belong to no noun.

mod confirm;
mod failure;
mod house;
mod loaded;
mod page_text;

pub use confirm::Confirm;
pub use failure::{Failure, Problem};
pub use house::House;
pub use loaded::loaded;
pub use page_text::PageText;
