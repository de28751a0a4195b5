//! Work in the background: how far it is, what came of it, and its end.

mod dto;
mod routes;

pub use routes::routes;
