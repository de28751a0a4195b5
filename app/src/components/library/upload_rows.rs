use crate::uploads::{State, Upload, Uploads};
use leptos::prelude::*;

/// What is on its way, and what was refused.
#[component]
pub fn UploadRows(uploads: Uploads) -> impl IntoView {
    view! {
        <ul class="uploads" aria-label="Uploads" role="list">
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
        {move || match state.get() {
            State::Waiting => view! { <span class="status">"Waiting to be sent"</span> }.into_any(),
            State::Sending(percent) => {
                view! { <progress aria-label=label.clone() value=percent max="100"></progress> }.into_any()
            }
            State::Refused { why, again } => refused(uploads, upload.clone(), why, again).into_any(),
        }}
    }
}

fn refused(uploads: Uploads, upload: Upload, why: String, again: bool) -> impl IntoView {
    let retried = upload.clone();
    view! {
        <span class="problem" role="alert">{why}</span>
        <span class="row">
            {again
                .then(|| view! { <button type="button" on:click=move |_| uploads.retry(&retried)>"Retry"</button> })}
            <button type="button" class="quiet" on:click=move |_| uploads.dismiss(&upload)>"Dismiss"</button>
        </span>
    }
}
