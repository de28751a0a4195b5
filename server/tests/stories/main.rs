//! The program as its neighbours see it: the real binary over HTTP, on SQLite and on PostgreSQL.

mod assistant;
mod books;
mod conversations;
mod door;
mod records;
mod schemathesis;
mod sessions;
mod support;
mod sweep;
