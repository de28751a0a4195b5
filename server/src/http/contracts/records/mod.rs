//! The records contract: conversations and messages as they are, nothing generated.

mod attachments;
mod dto;
mod routes;

pub use routes::routes;
