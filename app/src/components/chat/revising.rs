//! Making and showing versions from the browser, without leaving the page.

use crate::{api, desk::Desk};
use folio_types::ConversationId;
use leptos::{ev, prelude::*, task::spawn_local, wasm_bindgen::JsCast};
use std::cell::RefCell;
use web_sys::HtmlButtonElement;

thread_local! {
    /// The last wish that did not surely arrive, and its key: pressed again, it is not done twice.
    static UNSURE: RefCell<Option<(String, String)>> = const { RefCell::new(None) };
}

/// Does what the pressed button says and hands over the conversation as it is then.
pub fn revise(
    event: &ev::SubmitEvent,
    shown: ConversationId,
    desk: Desk,
    done: Callback<api::Thread>,
    problem: RwSignal<Option<String>>,
) {
    let Some(button) = event.submitter().and_then(|button| button.dyn_into::<HtmlButtonElement>().ok()) else { return };
    event.prevent_default();
    let (how, model) = (button.value(), desk.choice.model.get_untracked().unwrap_or_default());
    let wish = format!("{how} {model}");
    let known = UNSURE.take().filter(|(last, _)| *last == wish).map(|(_, key)| key);
    let key = known.unwrap_or_else(super::asking::new_key);
    UNSURE.set(Some((wish, key.clone())));
    problem.set(None);
    spawn_local(async move {
        // nobody waits for what it says once the page was left
        match api::revise(how, model, key).await {
            Ok(thread) => {
                UNSURE.take();
                done.try_run(thread);
            }
            Err(error) => {
                problem.try_set(Some(error.message));
                // it is not as this page shows it
                if error.status == 409
                    && let Ok(thread) = api::open_thread(shown).await
                {
                    done.try_run(thread);
                }
            }
        }
    });
}
