//! A conversation: its messages, the composer, and the page that a citation opens.

mod answer;
#[cfg(feature = "hydrate")]
mod asking;
mod composer;
mod files;
mod head;
mod panel;
#[cfg(feature = "hydrate")]
mod panel_focus;
mod question;
#[cfg(feature = "hydrate")]
mod revising;
mod revisions;
mod scope;
mod sources;
mod thread;

pub use composer::{Composer, NoBooks};
pub use thread::ThreadView;
