//! What a reader of an event stream knows so far, whatever happened to its connections.

use folio_types::{Frame, MessageStatus};

/// The state of one follower. It takes every event once, as the page in a browser does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reader {
    /// The number of the newest event that it has.
    pub seq: u64,
    pub text: String,
    /// The words and the status code of a failure.
    pub error: Option<(String, u16)>,
    /// How the answer ended, once it has.
    pub status: Option<MessageStatus>,
    /// Events that were sent although it had them.
    pub repeated: usize,
    /// The numbers before and after each hole that no snapshot closed.
    pub gaps: Vec<(u64, u64)>,
    /// Snapshots that took back text which was sent before.
    pub taken_back: usize,
}

/// A reader that has seen the end, and what that took.
#[derive(Clone, Debug)]
pub struct Followed {
    pub text: String,
    pub status: MessageStatus,
    pub error: Option<(String, u16)>,
    pub connections: usize,
    pub repeated: usize,
    pub gaps: Vec<(u64, u64)>,
    pub taken_back: usize,
}

impl Reader {
    /// Takes event `seq`.
    pub fn take(&mut self, seq: u64, frame: Frame) {
        if seq <= self.seq {
            self.repeated += 1;
            return;
        }
        // sources or a snapshot after a gap come from what is stored, and make up for what is missing
        if seq != self.seq + 1 && matches!(frame, Frame::Token { .. }) && self.seq > 0 {
            self.gaps.push((self.seq, seq));
        }
        self.seq = seq;
        match frame {
            Frame::Token { token, .. } => self.text.push_str(&token),
            Frame::Snapshot { snapshot } => {
                self.taken_back += usize::from(!snapshot.starts_with(&self.text));
                self.text = snapshot;
            }
            Frame::Error { error, status_code } => self.error = Some((error, status_code)),
            Frame::Done { status, .. } => self.status = Some(status),
            Frame::Started { .. }
            | Frame::Waiting { .. }
            | Frame::Turn { .. }
            | Frame::Window { .. }
            | Frame::Sources { .. }
            | Frame::Calls { .. }
            | Frame::Citations { .. } => {}
        }
    }

    pub(crate) fn followed(self, status: MessageStatus, connections: usize) -> Followed {
        let Self { text, error, repeated, gaps, taken_back, .. } = self;
        Followed { text, status, error, connections, repeated, gaps, taken_back }
    }
}

impl Followed {
    /// Whether every event came once and in order.
    pub fn is_seamless(&self) -> bool {
        self.repeated == 0 && self.gaps.is_empty() && self.taken_back == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn token(n: u64) -> Frame {
        Frame::Token { token: format!("{n} "), gpu: 0 }
    }

    proptest! {
        #[test]
        fn wherever_connections_begin_again_every_event_is_taken_once(
            starts in prop::collection::vec(0u64..20, 0..6),
            length in 1u64..20,
        ) {
            let mut reader = Reader::default();
            for start in starts.into_iter().chain([0]) {
                // a server may repeat, never leave out
                for seq in start.min(reader.seq) + 1..=length {
                    reader.take(seq, token(seq));
                }
            }
            let whole: Vec<String> = (1..=length).map(|n| format!("{n} ")).collect();
            prop_assert_eq!(reader.text, whole.concat());
            prop_assert!(reader.gaps.is_empty());
        }
    }

    #[test]
    fn a_hole_is_noticed_and_a_snapshot_closes_it() {
        let mut reader = Reader::default();
        reader.take(1, token(1));
        reader.take(4, token(4));
        assert_eq!(reader.gaps, [(1, 4)]);
        reader.take(9, Frame::Snapshot { snapshot: "all".into() });
        assert_eq!((reader.text.as_str(), reader.gaps.len()), ("all", 1));
    }
}
