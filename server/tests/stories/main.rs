//! The program as its neighbours see it: the real binary over HTTP, on SQLite and on PostgreSQL.

mod api;
mod assistant;
mod attachments;
mod auth_service;
mod books;
mod callers;
mod conversations;
mod credentials;
mod door;
mod limits;
mod mcp;
mod models;
mod openai;
mod openai_embeddings;
mod openai_package;
mod openid;
mod providers;
mod records;
mod reference;
mod schemathesis;
mod secrets;
mod sessions;
mod support;
mod sweep;
mod telemetry;
mod tools;
