//! The records contract: conversations and messages as they are, nothing generated.

mod dto;
mod routes;

pub use routes::routes;
