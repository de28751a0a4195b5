//! What tests of this crate and of its faces share. Never part of the program.

mod postgres;
mod redis;

pub use crate::llm::scripted::{Scripted, Step};
pub use postgres::Postgres;
pub use redis::Redis;
