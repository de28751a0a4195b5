//! The embedded models: what lets Folio answer with no network and no key.
//!
//! [`Encoder`] turns passages and questions into vectors whose dot product says how alike their meanings are.
//! [`Writer`] continues a chat. Both run on the processor, block the thread that calls them, and may be shared
//! between threads behind an `Arc`. Whoever calls them from async code brings the threads and the queue.

mod chat_template;
mod encoder;
mod error;
mod functions;
mod lanes;
mod matrix;
mod writer;

pub use chat_template::{ChatTurn, Role};
pub use encoder::{Encoder, Measured};
pub use error::ModelError;
pub use writer::{Finish, FinishReason, Sampling, Writer};
