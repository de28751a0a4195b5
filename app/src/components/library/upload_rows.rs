use crate::uploads::{ATTACHMENTS, State, Upload, Uploads, thumbnail};
use leptos::prelude::*;

/// What is on its way, and what was refused; of attachments, also what has arrived.
#[component]
pub fn UploadRows(uploads: Uploads, #[prop(default = "Uploads")] label: &'static str) -> impl IntoView {
    view! {
        <ul class="uploads" aria-label=label role="list">
            <For each=move || uploads.rows.get() key=|upload| upload.number let:upload>
                <li><UploadRow upload uploads /></li>
            </For>
        </ul>
    }
}

#[component]
fn UploadRow(upload: Upload, uploads: Uploads) -> impl IntoView {
    let label = format!("Uploading {}", upload.name);
    let state = upload.state.clone();
    view! {
        <span class="title">{upload.name.to_string()}</span>
        <span class="status">{format!("{} kB", upload.kilobytes)}</span>
        {move || {
            let (shown, again, may_dismiss) = match state.get() {
                State::Waiting => (view! { <span class="status">"Waiting to be sent"</span> }.into_any(), false, false),
                State::Sending(100) => (view! { <span class="status">"Reading…"</span> }.into_any(), false, false),
                State::Sending(percent) => {
                    let label = label.clone();
                    (view! { <progress aria-label=label value=percent max="100"></progress> }.into_any(), false, false)
                }
                State::Here { id, picture } => (picture.then(|| thumbnail(id, String::new())).into_any(), false, true),
                State::Refused { why, again } => {
                    (view! { <span class="problem" role="alert">{why}</span> }.into_any(), again, true)
                }
            };
            let (retried, dismissed) = (upload.clone(), upload.clone());
            let again = again
                .then(|| view! { <button type="button" on:click=move |_| uploads.retry(&retried)>"Retry"</button> });
            // a book on its way cannot be held up
            let dismiss = (may_dismiss || uploads.to == ATTACHMENTS).then(|| {
                view! { <button type="button" class="quiet" on:click=move |_| uploads.dismiss(&dismissed)>"Dismiss"</button> }
            });
            view! { {shown} <span class="row">{again} {dismiss}</span> }
        }}
    }
}
