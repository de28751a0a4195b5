//! What tests of this crate and of its faces share. Never part of the program.

pub use crate::llm::scripted::{Scripted, Step};
