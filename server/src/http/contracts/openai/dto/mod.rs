//! OpenAI's objects, as far as they are spoken here.

pub mod answer;
pub mod chunk;
pub mod citations;
pub mod embeddings;
pub mod models;
pub mod request;
