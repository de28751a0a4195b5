use super::shelf::Shelf;
use folio_types::Format;
use leptos::{ev, prelude::*};
use std::sync::Arc;
use web_sys::{File, FileList};

/// Files on their way into the library. One is sent at a time, so that each shows its true progress.
#[derive(Clone, Copy)]
pub struct Uploads {
    rows: RwSignal<Vec<Upload>>,
    shelf: Shelf,
    sending: StoredValue<bool>,
    count: StoredValue<u32>,
}

#[derive(Clone)]
struct Upload {
    number: u32,
    name: Arc<str>,
    file: StoredValue<File, LocalStorage>,
    state: RwSignal<State>,
}

#[derive(Clone, PartialEq)]
enum State {
    Waiting,
    /// The part that was sent, from 0 to 1.
    Sending(f64),
    Refused {
        why: String,
        /// Whether sending the same file again may help.
        again: bool,
    },
}

impl Uploads {
    pub fn new(shelf: Shelf) -> Self {
        Self { rows: RwSignal::new(vec![]), shelf, sending: StoredValue::new(false), count: StoredValue::new(0) }
    }

    /// The files of `<input type=file>`, which may then be used again for the same ones.
    pub fn add_chosen(self, event: &ev::Event) {
        let input: web_sys::HtmlInputElement = event_target(event);
        if let Some(files) = input.files() {
            self.add(&files);
        }
        input.set_value("");
    }

    pub fn add(self, files: &FileList) {
        for file in (0..files.length()).filter_map(|index| files.get(index)) {
            let name = file.name();
            let state = match Format::of_file_name(&name) {
                Some(_) => State::Waiting,
                None => State::Refused {
                    why: "Folio reads PDF, EPUB, DOCX, HTML, Markdown and text files.".into(),
                    again: false,
                },
            };
            self.count.update_value(|count| *count += 1);
            let upload = Upload {
                number: self.count.get_value(),
                name: name.into(),
                file: StoredValue::new_local(file),
                state: RwSignal::new(state),
            };
            self.rows.update(|rows| rows.push(upload));
        }
        self.send_next();
    }

    fn send_next(self) {
        let waiting = |upload: &&Upload| upload.state.with_untracked(|state| *state == State::Waiting);
        let next = self.rows.with_untracked(|rows| rows.iter().find(waiting).cloned());
        let (Some(upload), false) = (next, self.sending.get_value()) else {
            return;
        };
        self.sending.set_value(true);
        #[cfg(feature = "hydrate")]
        leptos::task::spawn_local(async move {
            self.send(upload).await;
            self.sending.set_value(false);
            self.send_next();
        });
        #[cfg(not(feature = "hydrate"))]
        drop(upload);
    }

    #[cfg(feature = "hydrate")]
    async fn send(self, upload: Upload) {
        let state = upload.state;
        state.set(State::Sending(0.0));
        let sent = super::send::send(&upload.file.get_value(), move |part| {
            state.set(State::Sending(part));
        })
        .await;
        match sent {
            Ok(()) => {
                self.dismiss(upload.number);
                super::watch::refresh(self.shelf);
            }
            Err(why) => state.set(State::Refused { why, again: true }),
        }
    }

    fn dismiss(self, number: u32) {
        self.rows.update(|rows| rows.retain(|upload| upload.number != number));
    }
}

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
    let Upload { number, name, state, .. } = upload;
    let progress_label = format!("Uploading {name}");
    let again = move |_| {
        state.set(State::Waiting);
        uploads.send_next();
    };
    view! {
        <span class="title">{name}</span>
        {move || match state.get() {
            State::Waiting => view! { <span class="status">"Waiting to be sent"</span> }.into_any(),
            State::Sending(part) => view! { <progress aria-label=progress_label.clone() value=part max="1"></progress> }.into_any(),
            State::Refused { why, again: may_help } => view! {
                <span class="problem" role="alert">{why}</span>
                {may_help.then(|| view! { <button type="button" on:click=again>"Retry"</button> })}
                <button type="button" class="quiet" on:click=move |_| uploads.dismiss(number)>"Dismiss"</button>
            }.into_any(),
        }}
    }
}
