//! Where the keyboard goes when a citation opens and closes.

use leptos::{ev, html, prelude::*};
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate, use_query_map},
};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

/// Opening moves the focus to the panel's heading; closing, or Escape, gives it back to the link that opened it.
pub fn keep(heading: NodeRef<html::H2>) {
    let query = use_query_map();
    let cite = Memo::new(move |_| query.with(|query| query.get("cite")));
    Effect::new(move |before: Option<Option<String>>| {
        let now = cite.get();
        match before {
            Some(before) if before != now => {
                let opened = now.is_some();
                request_animation_frame(move || move_focus(heading, opened, before));
            }
            _ => {}
        }
        now
    });

    let (path, navigate) = (use_location().pathname, use_navigate());
    let close_on_escape = move |event: ev::KeyboardEvent| {
        let open = cite.try_get_untracked().flatten().is_some();
        if event.key() == "Escape" && open && !is_something_above() {
            navigate(&path.get_untracked(), NavigateOptions { scroll: false, ..NavigateOptions::default() });
        }
    };
    let listener = window_event_listener(ev::keydown, close_on_escape);
    on_cleanup(move || listener.remove());
}

/// Brings the marked passage into the middle of the panel, without moving the conversation.
pub fn show_mark(body: NodeRef<html::Div>) {
    Effect::new(move || {
        let Some(body) = body.get() else { return };
        request_animation_frame(move || {
            let mark = body.query_selector("mark").ok().flatten().and_then(|mark| mark.dyn_into::<HtmlElement>().ok());
            body.set_scroll_top(mark.map_or(0, |mark| mark.offset_top() - body.client_height() / 3));
        });
    });
}

fn move_focus(heading: NodeRef<html::H2>, opened: bool, before: Option<String>) {
    let target: Option<HtmlElement> = if opened {
        heading.try_get_untracked().flatten().map(Into::into)
    } else {
        before.and_then(|cite| {
            let link = document().query_selector(&format!(r#"a[href="?cite={cite}"]"#)).ok()??;
            link.dyn_into().ok()
        })
    };
    if let Some(target) = target {
        let options = web_sys::FocusOptions::new();
        // the panel is in view already; a link may have been scrolled away
        options.set_prevent_scroll(opened);
        // an element that cannot be focused leaves the focus where it is
        let _ = target.focus_with_options(&options);
    }
}

/// A dialog or the list of conversations closes first.
fn is_something_above() -> bool {
    document().query_selector("dialog[open], [popover]:popover-open").ok().flatten().is_some()
}
