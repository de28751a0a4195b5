//! Books, as the sessions contract names them.

mod dto;
mod events;
mod routes;
mod upload;

pub use routes::routes;
