//! Keeping the end of a conversation in view, for readers who are there.

use leptos::prelude::{document, on_cleanup, request_animation_frame, window, window_event_listener};
use std::cell::Cell;

/// How far from the end, in CSS pixels, a reader still counts as being there.
const NEAR: f64 = 160.0;

thread_local! {
    /// Whether the reader is at the end. It is kept by [`watch`]: to measure it before each change would make the browser
    /// lay the page out each time.
    static AT_END: Cell<bool> = const { Cell::new(true) };
    static SEEN: Cell<f64> = const { Cell::new(0.0) };
}

/// Changes the page; a reader at its end stays at its end, any other stays where they read.
pub fn stay_at_end(change: impl FnOnce()) {
    change();
    if AT_END.get() {
        request_animation_frame(to_end);
    }
}

pub fn to_end() {
    window().scroll_to_with_x_and_y(0.0, height());
}

/// Opens the page at its end, if that is wanted and the browser has not put it elsewhere, and from then on notes
/// whether the reader is there.
pub fn watch(from_end: bool) {
    AT_END.set(from_end);
    request_animation_frame(move || {
        if from_end && position() < 1.0 {
            to_end();
        } else {
            AT_END.set(is_near_end());
        }
        SEEN.set(position());
    });
    let listener = window_event_listener(leptos::ev::scroll, |_| {
        let (before, now) = (SEEN.replace(position()), position());
        // the page grows by itself while its end is being scrolled to; only a reader goes up
        AT_END.set(is_near_end() || AT_END.get() && now >= before);
    });
    on_cleanup(move || listener.remove());
}

fn is_near_end() -> bool {
    let seen = window().inner_height().ok().and_then(|height| height.as_f64()).unwrap_or(0.0);
    height() - position() - seen < NEAR
}

fn position() -> f64 {
    window().scroll_y().unwrap_or(0.0)
}

fn height() -> f64 {
    document().document_element().map_or(0.0, |page| f64::from(page.scroll_height()))
}
