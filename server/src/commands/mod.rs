//! What the program does besides serving, for whoever runs it.

mod audit;

pub use audit::Audit;
