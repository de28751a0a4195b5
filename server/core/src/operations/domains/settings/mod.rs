//! What is configured, and what of it can be changed while Folio runs.

mod change;
mod show;

pub use change::Change;
pub use show::Show;
