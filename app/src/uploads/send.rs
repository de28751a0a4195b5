//! One file to the server. `fetch` cannot tell how much of a body was sent, so this is an `XMLHttpRequest`.

use futures::channel::oneshot;
use serde::Deserialize;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{File, FormData, ProgressEvent, XmlHttpRequest};

/// What the server says when it refuses a file.
#[derive(Deserialize)]
struct Refusal {
    detail: String,
}

const UNREACHABLE: &str = "The file could not be sent. Check your connection and try again.";

/// Uploads the file and gives the server's answer; `progress` hears the percentage that was sent. The error is for the
/// person who waits.
pub async fn send(to: &str, file: &File, progress: impl Fn(u32) + 'static) -> Result<String, String> {
    let request = XmlHttpRequest::new().map_err(|_| UNREACHABLE)?;
    let (ended, end) = oneshot::channel();
    // `loadend` comes once, whether the request succeeded or broke off
    let ended = Closure::once(move || {
        let _ = ended.send(());
    });
    let sending = Closure::<dyn Fn(ProgressEvent)>::new(move |event: ProgressEvent| {
        if event.length_computable() {
            progress(percent(event.loaded(), event.total()));
        }
    });
    request.set_onloadend(Some(ended.as_ref().unchecked_ref()));
    if let Ok(upload) = request.upload() {
        upload.set_onprogress(Some(sending.as_ref().unchecked_ref()));
    }
    start(&request, to, file).map_err(|_| UNREACHABLE)?;
    // the closure is not dropped before it was called
    let _ = end.await;

    let answer = request.response_text().ok().flatten().unwrap_or_default();
    match request.status().unwrap_or(0) {
        200..=299 => Ok(answer),
        0 => Err(UNREACHABLE.into()),
        401 => Err("You are signed out. Sign in again, then send the file once more.".into()),
        status => Err(serde_json::from_str::<Refusal>(&answer)
            .map_or_else(|_| format!("The server refused the file (status {status})."), |refusal| refusal.detail)),
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it lies between 0 and 100")]
fn percent(done: f64, total: f64) -> u32 {
    (done / total.max(1.0) * 100.0).clamp(0.0, 100.0) as u32
}

fn start(request: &XmlHttpRequest, to: &str, file: &File) -> Result<(), wasm_bindgen::JsValue> {
    let form = FormData::new()?;
    form.append_with_blob_and_filename("file", file, &file.name())?;
    request.open("POST", to)?;
    request.send_with_opt_form_data(Some(&form))
}
