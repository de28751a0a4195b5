//! Folio from outside.
//!
//! Everything here treats the program as a black box: it starts the real binary, gives it a model server that can
//! misbehave in every way ([`Upstream`]), networks that break ([`Proxy`]), databases of its own, and keeps an account
//! of what the program promised ([`Ledger`]). Nothing in this crate depends on the domain, so that it cannot share a
//! mistake with it.

mod client;
mod folio;
mod launch;
mod ledger;
mod postgres;
mod process;
mod proxy;
mod reader;
mod redis;
mod site;
pub mod soak;
mod store;
pub mod tokens;
mod upstream;

pub use client::{Asking, Client, Refused, Thread};
pub use folio::Folio;
pub use launch::{Database, Launch, PASSWORD};
pub use ledger::{Ledger, Verdict};
pub use postgres::Postgres;
pub use process::Usage;
pub use proxy::{Break, Mode, Proxy};
pub use reader::{Followed, Reader};
pub use redis::Redis;
pub use site::{Layout, Site};
pub use store::{Store, Stored};
pub use upstream::{Behaviour, Call, Fault, MODEL, Page, Request, SPARE, Upstream};
