//! The parts of pages. They receive data and say what happened; fetching is the pages' work.

pub mod chat;
pub mod library;
pub mod ui;
