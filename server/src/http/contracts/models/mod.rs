//! The models that write, as the conversations contract lists them.

mod dto;
mod routes;

pub use routes::routes;
