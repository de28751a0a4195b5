//! Making and showing versions from the browser, without leaving the page.

use crate::{api, desk::Desk};
use folio_types::MessageId;
use leptos::{ev, prelude::*, task::spawn_local, wasm_bindgen::JsCast};
use web_sys::{FormData, HtmlButtonElement, HtmlFormElement};

/// What a button of a [`super::revisions::Revisions`] form wants; none where the form is another one.
fn wanted(event: &ev::SubmitEvent) -> Option<(MessageId, Option<api::Revision>, Option<MessageId>)> {
    let form: HtmlFormElement = event.target()?.dyn_into().ok()?;
    let button: HtmlButtonElement = event.submitter()?.dyn_into().ok()?;
    let message = FormData::new_with_form(&form).ok()?.get("message").as_string()?.parse().ok()?;
    let how = match button.value().as_str() {
        "again" => Some(api::Revision::Again),
        "continue" => Some(api::Revision::Continue),
        "fork" => Some(api::Revision::Fork),
        _ => None,
    };
    Some((message, how, button.value().parse().ok()))
}

/// Does what the form says and hands over the conversation as it is then.
pub fn revise(event: &ev::SubmitEvent, desk: Desk, done: Callback<api::Thread>) {
    let Some((message, how, show)) = wanted(event) else { return };
    event.prevent_default();
    let model = desk.choice.model.get_untracked().unwrap_or_default();
    spawn_local(async move {
        match api::revise(message, how, show, model, super::asking::new_key()).await {
            Ok(thread) => {
                // nobody waits for it once the page was left
                done.try_run(thread);
            }
            Err(error) => desk.announce(error.message),
        }
    });
}
