//! What the program does besides serving, for whoever runs it.

mod audit;
mod backup;

pub use audit::Audit;
pub use backup::{create, restore, restore_if_asked};
