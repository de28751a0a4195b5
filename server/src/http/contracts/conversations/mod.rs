//! The conversations contract: joining and stopping an answer.

mod routes;

pub use routes::routes;
