//! Following an answer's run: its frames become signals.

use super::{Heard, Live, listen, scroll};
use crate::api;
use crate::cite;
use crate::desk::Desk;
use crate::markdown::{self, Change, Stream};
use folio_types::{Frame, Message, MessageStatus};
use leptos::prelude::*;
use std::ops::ControlFlow;

/// Connections that break before it is asked whether the answer is still there.
const LOOK_AFTER: u32 = 3;

impl Live {
    /// Follows the run to its end, over broken connections too. Stops when the view that called it goes away; the
    /// run itself does not notice.
    pub fn follow(self) {
        let desk = Desk::here();
        let url =
            move || Self::stream_url(self.conversation, self.id, self.progress.with_value(|progress| progress.seq));
        let connection = desk.take_connection(self.id);
        leptos::task::spawn_local_scoped_with_cancellation(listen(connection, url, move |heard| {
            self.hear(desk, heard)
        }));
    }

    /// Takes over what became of an answer that had ended: it is being gone on with, or was.
    pub fn renew(self, message: &Message) {
        let known = self.progress.with_value(|progress| progress.seq);
        if self.status.get_untracked() == MessageStatus::Streaming || known == message.seq {
            return;
        }
        self.progress.update_value(|progress| progress.seq = message.seq);
        self.error.set(message.error.clone());
        self.sources.set(message.sources.clone());
        self.citations.set(message.citations.clone());
        self.restart(&message.content);
        self.settle();
        self.status.set(message.status);
        if message.status == MessageStatus::Streaming {
            self.follow();
        }
    }

    /// Shows what the model asked for, and what a person is asked now.
    fn show_card(self) {
        leptos::task::spawn_local(async move {
            if let Ok(card @ Some(_)) = api::card(self.id).await {
                // nobody waits for it once the page was left
                scroll::stay_at_end(|| _ = self.card.try_set(card));
            }
        });
    }

    fn hear(self, desk: Desk, heard: Heard) -> ControlFlow<()> {
        match heard {
            Heard::Connected => self.reconnecting.set(false),
            Heard::Lost => return self.lose(desk),
            Heard::Message { id, data } => {
                let seq = id.parse().unwrap_or(0);
                let known = self.progress.try_update_value(|progress| {
                    let known = seq <= progress.seq && seq > 0;
                    progress.seq = progress.seq.max(seq);
                    progress.losses = 0;
                    known
                });
                match (known, serde_json::from_str(&data)) {
                    (Some(false), Ok(frame)) => return self.take(desk, frame),
                    // what the server draws
                    (Some(false), Err(_)) => self.progress.update_value(|progress| progress.has_card = true),
                    _ => {}
                }
            }
        }
        ControlFlow::Continue(())
    }

    /// Goes on trying, unless there is nothing to come back to: that a browser cannot tell from a connection that broke.
    fn lose(self, desk: Desk) -> ControlFlow<()> {
        if self.status.get_untracked() != MessageStatus::Streaming {
            return ControlFlow::Break(());
        }
        let losses = self.progress.try_update_value(|progress| {
            progress.losses += 1;
            progress.losses
        });
        self.reconnecting.set(true);
        if losses == Some(1) {
            desk.announce("The connection was lost. Reconnecting.");
        } else if losses.is_some_and(|losses| losses % LOOK_AFTER == 0) {
            leptos::task::spawn_local(async move {
                if let Err(error) = api::card(self.id).await
                    && matches!(error.status, 401 | 404)
                {
                    desk.announce(error.message.clone());
                    // the page may have been left
                    self.error.try_set(Some(error.message));
                    self.status.try_set(MessageStatus::Interrupted);
                }
            });
        }
        ControlFlow::Continue(())
    }

    fn take(self, desk: Desk, frame: Frame) -> ControlFlow<()> {
        match frame {
            Frame::Started { .. } => {}
            Frame::Waiting { waiting } => self.ahead.set(Some(waiting)),
            Frame::Turn { .. } => self.ahead.set(None),
            Frame::Window { window_from } => self.window.set(Some(window_from)),
            Frame::Sources { sources } => scroll::stay_at_end(|| self.sources.set(sources)),
            Frame::Token { token, .. } => self.append(&token),
            Frame::Snapshot { snapshot } => self.restart(&snapshot),
            Frame::Citations { citations } => {
                self.flush();
                scroll::stay_at_end(|| {
                    self.citations.set(citations);
                    self.settle();
                });
            }
            Frame::Error { error, .. } => {
                self.flush();
                self.error.set(Some(error));
            }
            Frame::Done { status, .. } => {
                self.flush();
                scroll::stay_at_end(|| {
                    self.settle();
                    self.reconnecting.set(false);
                    self.status.set(status);
                });
                if self.progress.with_value(|progress| progress.has_card) {
                    self.show_card();
                }
                desk.announce(self.outcome(status));
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    }

    /// The first words are shown at once; after them text is shown once for each frame of the screen, however fast
    /// it comes.
    fn append(self, token: &str) {
        let first =
            self.progress.with_value(|progress| progress.waiting.is_empty() && progress.stream.content().is_empty());
        let idle = self.progress.try_update_value(|progress| {
            let idle = progress.waiting.is_empty();
            progress.waiting.push_str(token);
            idle
        });
        if first {
            self.flush();
        } else if idle == Some(true) {
            request_animation_frame(move || self.flush());
        }
    }

    fn flush(self) {
        let change = self.progress.try_update_value(|progress| {
            let text = std::mem::take(&mut progress.waiting);
            (!text.is_empty()).then(|| progress.stream.push(&text))
        });
        if let Some(Some(change)) = change {
            scroll::stay_at_end(|| self.show(change));
        }
    }

    fn restart(self, text: &str) {
        let change = self.progress.try_update_value(|progress| {
            progress.waiting.clear();
            progress.stream = Stream::default();
            progress.stream.push(text)
        });
        if let Some(change) = change {
            scroll::stay_at_end(|| self.show(change));
        }
    }

    /// Renders the whole once more, with what only the end could tell: marks, and links defined below their use.
    fn settle(self) {
        let blocks = self.progress.with_value(|progress| {
            let marks = self.citations.with_untracked(|citations| cite::marks(self.id, citations));
            markdown::render(progress.stream.content(), &marks)
        });
        self.show(Change { keep: 0, blocks });
    }

    fn outcome(self, status: MessageStatus) -> String {
        match (status, self.error.get_untracked()) {
            (MessageStatus::Failed, Some(error)) => format!("The answer failed: {error}"),
            (MessageStatus::Failed, None) => "The answer failed.".into(),
            (MessageStatus::Interrupted, _) => "Answer stopped.".into(),
            (MessageStatus::Complete | MessageStatus::Streaming, _) => "Answer complete.".into(),
        }
    }
}
