//! What people do with the domain, told on SQLite and on PostgreSQL.

mod accounts;
mod audit;
mod nodes;
mod runs;
mod support;
mod variants;
