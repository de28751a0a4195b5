//! What people do with the domain, told on SQLite and on PostgreSQL.

mod accounts;
mod administration;
mod audit;
mod credentials;
mod nodes;
mod runs;
mod support;
mod variants;
