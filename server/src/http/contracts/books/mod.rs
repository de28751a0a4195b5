//! Books, as the sessions contract names them.

mod dto;
mod routes;
mod upload;

pub use routes::routes;
