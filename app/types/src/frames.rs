//! The events of a streamed answer, as they stand on the wire.

#[cfg(not(target_family = "wasm"))]
use crate::Call;
use crate::{Citation, MessageId, MessageStatus, Passage};
use serde::{Deserialize, Serialize};

/// One `data:` line of an answer's event stream.
///
/// The shapes are the conversations contract's: `{"message_id","user_message_id"}` first, `{"sources"}` when the
/// search is done, `{"calls"}` when the model asks for something, many `{"token","gpu"}` (or one `{"snapshot"}`), `{"citations"}`, `{"error","status_code"}` on failure and always
/// `{"done","status"}` last.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Frame {
    Started {
        message_id: MessageId,
        user_message_id: MessageId,
    },
    /// The model answers a bounded number at once: how many go first.
    Waiting {
        waiting: u32,
    },
    /// The model gets the conversation word for word only from this message on.
    Window {
        window_from: MessageId,
    },
    Sources {
        sources: Vec<Passage>,
    },
    Token {
        token: String,
        gpu: u8,
    },
    /// Everything that the model asked for so far. A browser that hears something it does not know asks the server what
    /// stands beside the answer.
    #[cfg(not(target_family = "wasm"))]
    Calls {
        calls: Vec<Call>,
    },
    /// Replaces all text so far: for a client that joins after the single events are gone.
    Snapshot {
        snapshot: String,
    },
    Citations {
        citations: Vec<Citation>,
    },
    Error {
        error: String,
        status_code: u16,
    },
    Done {
        done: bool,
        status: MessageStatus,
    },
}
