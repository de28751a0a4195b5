//! What people do with the domain, told on SQLite and on PostgreSQL.

mod accounts;
mod administration;
mod attachments;
mod audit;
mod completions;
mod confirmation_laws;
mod confirmations;
mod credentials;
mod diagnosis;
mod inference;
mod looks;
mod nodes;
mod operations;
mod proposals;
mod providers;
mod readings;
mod registry;
mod runs;
mod support;
mod tasks;
mod tools;
mod topics;
mod variants;
