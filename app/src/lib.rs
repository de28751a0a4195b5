//! Folio's user interface: rendered on the server, then hydrated in the browser.
//!
//! `ssr` and `hydrate` are two builds of the same views. Without either only the pure parts compile, which is how
//! their tests run.

// a page is one deeply nested type
#![recursion_limit = "512"]

mod cite;
pub mod markdown;
mod quote;

#[cfg(any(feature = "ssr", feature = "hydrate"))]
mod api;
#[cfg(feature = "ssr")]
pub mod card;
#[cfg(any(feature = "ssr", feature = "hydrate"))]
mod components;
#[cfg(any(feature = "ssr", feature = "hydrate"))]
mod desk;
#[cfg(any(feature = "ssr", feature = "hydrate"))]
#[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "answers grow in the browser only"))]
mod live;
#[cfg(any(feature = "ssr", feature = "hydrate"))]
mod pages;
#[cfg(any(feature = "ssr", feature = "hydrate"))]
mod site;
#[cfg(any(feature = "ssr", feature = "hydrate"))]
#[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "files are sent by the browser only"))]
mod uploads;

#[cfg(feature = "ssr")]
pub use api::{scope_of, status_of};
#[cfg(any(feature = "ssr", feature = "hydrate"))]
pub use site::App;
#[cfg(feature = "ssr")]
pub use site::shell;
