//! The same trouble many times over, at random moments: what tests do a few times and `make soak` hundreds of times.

mod cuts;
mod kills;

pub use cuts::Cuts;
pub use kills::Kills;
