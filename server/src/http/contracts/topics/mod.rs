//! Topics: some books, and how they are to be asked.

mod dto;
mod routes;

pub use routes::routes;
