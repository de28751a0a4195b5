//! What administrators do with accounts.

mod dto;
mod routes;

pub use routes::routes;
