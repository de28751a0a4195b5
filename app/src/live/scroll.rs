//! Keeping the end of a conversation in view, for readers who are there.

use leptos::prelude::{document, request_animation_frame, window};

/// How far from the end, in CSS pixels, a reader still counts as being there.
const NEAR: f64 = 160.0;

/// Changes the page; a reader at its end stays at its end, any other stays where they read.
pub fn stay_at_end(change: impl FnOnce()) {
    let follows = distance_to_end() < NEAR;
    change();
    if follows {
        request_animation_frame(to_end);
    }
}

pub fn to_end() {
    window().scroll_to_with_x_and_y(0.0, height());
}

/// Whether the page still stands where the browser opened it.
pub fn is_untouched() -> bool {
    window().scroll_y().unwrap_or(0.0) < 1.0
}

fn distance_to_end() -> f64 {
    let measure = |value: Result<f64, _>| value.unwrap_or(0.0);
    let seen = window().inner_height().ok().and_then(|height| height.as_f64()).unwrap_or(0.0);
    height() - measure(window().scroll_y()) - seen
}

fn height() -> f64 {
    document().document_element().map_or(0.0, |page| f64::from(page.scroll_height()))
}
