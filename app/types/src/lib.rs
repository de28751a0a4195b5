//! What the browser and the server say to each other.
//!
//! Only data: ids, messages, citations, books and the frames of a streamed answer. No I/O, so that the
//! same types serve the domain, the HTTP faces and the WebAssembly client.

mod attachments;
mod books;
mod chats;
mod frames;
mod ids;
mod tasks;

pub use attachments::{Attachment, AttachmentKind};
pub use books::{Book, BookStatus, Format, Page, Progress, Unit};
pub use chats::{Asked, Citation, Conversation, Message, MessageStatus, Passage, Role, Scope, Span, Speaker};
#[cfg(not(target_family = "wasm"))]
pub use chats::{Call, CallState};
pub use frames::Frame;
pub use ids::{
    AttachmentId, BookId, ConfirmationId, ConversationId, InvitationId, MessageId, ProviderId, TaskId, ToolId,
    ToolServerId, TopicId, UserId,
};
pub use tasks::{Link, LogLine, Task, TaskKind, TaskState};

use serde::{Deserialize, Serialize};

/// Milliseconds since the Unix epoch, UTC.
pub type Millis = i64;

/// The signed-in person, as pages show them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Me {
    pub id: UserId,
    pub name: String,
    pub email: String,
    pub role: Role,
}

/// A model that the caller may choose for an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Model {
    /// The name used in requests, for example `smollm2-135m-instruct` or `llama3.2:3b`.
    pub tag: String,
    /// Where it runs: `embedded`, or the endpoint's host.
    pub source: String,
    /// Whether it is in memory now (always true for remote models).
    pub loaded: bool,
    /// Whether answers use it when nothing else was chosen.
    pub is_default: bool,
}
