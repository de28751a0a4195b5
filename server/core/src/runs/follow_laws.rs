//! The laws of joining: whatever is left of the log, a reader ends up with the stored text and its end.

use super::*;
use folio_types::{ConversationId, MessageId, Passage, Speaker};
use proptest::prelude::*;
use uuid::Uuid;

fn stored(content: &str, seq: Seq, sources: bool, status: MessageStatus) -> Message {
    let source = Passage {
        book_id: Uuid::nil().into(),
        book_title: "Bees".into(),
        page: 1,
        label: None,
        span: folio_types::Span { start: 0, end: 1 },
        quote: "B".into(),
    };
    Message {
        id: MessageId(Uuid::nil()),
        conversation_id: ConversationId(Uuid::nil()),
        parent_id: None,
        speaker: Speaker::Assistant,
        content: content.to_owned(),
        status,
        error: None,
        error_status: None,
        model_tag: None,
        token_count: None,
        inference_time_ms: None,
        sources: if sources { vec![source] } else { Vec::new() },
        attachments: Vec::new(),
        calls: Vec::new(),
        citations: Vec::new(),
        seq,
        window_from: None,
        variants: Vec::new(),
        created_at: 0,
    }
}

/// What a client shows that had `before` and takes every frame with a new number.
fn shown(before: &str, after: Seq, frames: &[(Seq, Frame)]) -> String {
    let mut text = before.to_owned();
    let mut known = after;
    for (seq, frame) in frames.iter().filter(|(seq, _)| *seq > after) {
        assert!(*seq > known, "numbers grow");
        known = *seq;
        match frame {
            Frame::Token { token, .. } => text.push_str(token),
            Frame::Snapshot { snapshot } => text.clone_from(snapshot),
            _ => {}
        }
    }
    text
}

proptest! {
    #[test]
    fn a_finished_answer_is_replayed_whole(content in ".{0,40}", events in 1_u64..60, seen in 0_u64..70, sources: bool) {
        let message = stored(&content, events, sources, MessageStatus::Complete);
        // who has all events has all text; who has none has none
        let before = if seen >= events { content.clone() } else { content.chars().take(usize::from(seen > 0)).collect() };
        let frames = replay(&message, seen);
        prop_assert_eq!(shown(&before, seen, &frames), content);
        let ended = matches!(frames.last(), Some((_, Frame::Done { status: MessageStatus::Complete, .. })));
        prop_assert!(ended, "it ends with how it ended");
    }

    #[test]
    fn who_fell_behind_catches_up_to_where_the_log_goes_on(content in ".{1,40}", events in 2_u64..60, behind in 1_u64..60, sources: bool) {
        let message = stored(&content, events, sources, MessageStatus::Streaming);
        let after = events.saturating_sub(behind);
        let frames = catch_up(&message, after);
        prop_assert_eq!(shown("", after, &frames), content);
        prop_assert_eq!(frames.last().map(|(seq, _)| *seq), Some(events));
    }

    #[test]
    fn who_has_everything_is_told_nothing(content in ".{0,40}", events in 0_u64..60, sources: bool) {
        prop_assert!(catch_up(&stored(&content, events, sources, MessageStatus::Streaming), events).is_empty());
    }
}
