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
#[serde(untagged, try_from = "Wire")]
pub enum Frame {
    Started {
        message_id: MessageId,
        user_message_id: MessageId,
    },
    /// The model answers a bounded number at once: how many go first.
    Waiting {
        waiting: u32,
    },
    /// None goes first any more: the model reads.
    Turn {
        turn: bool,
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

/// Any of them, as it is read: a browser needs less code for this than for trying one after the other.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Wire {
    message_id: Option<MessageId>,
    user_message_id: Option<MessageId>,
    waiting: Option<u32>,
    turn: bool,
    window_from: Option<MessageId>,
    sources: Option<Vec<Passage>>,
    token: Option<String>,
    gpu: u8,
    #[cfg(not(target_family = "wasm"))]
    calls: Option<Vec<Call>>,
    snapshot: Option<String>,
    citations: Option<Vec<Citation>>,
    error: Option<String>,
    status_code: u16,
    done: bool,
    status: Option<MessageStatus>,
}

impl TryFrom<Wire> for Frame {
    type Error = &'static str;

    fn try_from(wire: Wire) -> Result<Self, &'static str> {
        let Wire { turn, gpu, status_code, done, .. } = wire;
        if let (Some(message_id), Some(user_message_id)) = (wire.message_id, wire.user_message_id) {
            return Ok(Self::Started { message_id, user_message_id });
        }
        #[cfg(not(target_family = "wasm"))]
        if let Some(calls) = wire.calls {
            return Ok(Self::Calls { calls });
        }
        let texts = wire.token.map(|token| Self::Token { token, gpu });
        let frame = texts
            .or(wire.waiting.map(|waiting| Self::Waiting { waiting }))
            .or(turn.then_some(Self::Turn { turn }))
            .or(wire.window_from.map(|window_from| Self::Window { window_from }))
            .or(wire.sources.map(|sources| Self::Sources { sources }))
            .or(wire.snapshot.map(|snapshot| Self::Snapshot { snapshot }))
            .or(wire.citations.map(|citations| Self::Citations { citations }))
            .or(wire.error.map(|error| Self::Error { error, status_code }))
            .or(wire.status.map(|status| Self::Done { done, status }));
        frame.ok_or("no event of an answer")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CallState, Span};
    use uuid::Uuid;

    #[test]
    fn every_frame_is_read_as_it_was_written() {
        let id = MessageId(Uuid::now_v7());
        let call = Call {
            name: "library_search".into(),
            arguments: "{}".into(),
            state: CallState::Done,
            result: "Nothing.".into(),
            words: Span { start: 0, end: 0 },
            confirmation: None,
        };
        for frame in [
            Frame::Started { message_id: id, user_message_id: id },
            Frame::Waiting { waiting: 0 },
            Frame::Turn { turn: true },
            Frame::Window { window_from: id },
            Frame::Sources { sources: Vec::new() },
            Frame::Token { token: String::new(), gpu: 0 },
            Frame::Calls { calls: vec![call] },
            Frame::Snapshot { snapshot: "a".into() },
            Frame::Citations { citations: Vec::new() },
            Frame::Error { error: "It broke.".into(), status_code: 502 },
            Frame::Done { done: true, status: MessageStatus::Complete },
        ] {
            let text = serde_json::to_string(&frame).expect("it is written");
            assert_eq!(serde_json::from_str::<Frame>(&text).expect("it is read"), frame, "{text}");
        }
        assert!(serde_json::from_str::<Frame>("{\"something\":1}").is_err());
    }
}
