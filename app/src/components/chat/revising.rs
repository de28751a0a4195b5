//! Making and showing versions from the browser, without leaving the page.

use crate::{api, desk::Desk};
use leptos::{ev, prelude::*, task::spawn_local, wasm_bindgen::JsCast};
use web_sys::HtmlButtonElement;

/// Does what the pressed button says and hands over the conversation as it is then.
pub fn revise(event: &ev::SubmitEvent, desk: Desk, done: Callback<api::Thread>) {
    let Some(button) = event.submitter().and_then(|button| button.dyn_into::<HtmlButtonElement>().ok()) else { return };
    event.prevent_default();
    let (how, model) = (button.value(), desk.choice.model.get_untracked().unwrap_or_default());
    spawn_local(async move {
        match api::revise(how, model, super::asking::new_key()).await {
            Ok(thread) => {
                // nobody waits for it once the page was left
                done.try_run(thread);
            }
            Err(error) => desk.announce(error.message),
        }
    });
}
