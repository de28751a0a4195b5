//! Files on their way into the library or onto a question. Books go on being sent while their owner turns to other pages.

#[cfg(feature = "hydrate")]
mod send;

#[cfg(feature = "hydrate")]
use folio_types::AttachmentKind;
use folio_types::{AttachmentId, Format};
use leptos::{ev, prelude::*};
use std::sync::Arc;
use web_sys::{File, FileList};

pub const BOOKS: &str = "/api/v1/books";
pub const ATTACHMENTS: &str = "/chat/attachments";

/// What the server says of an attachment that has arrived.
#[cfg(feature = "hydrate")]
#[derive(serde::Deserialize)]
struct Arrived {
    id: AttachmentId,
    kind: AttachmentKind,
}

/// The queue. One file is sent at a time, so that each shows its true progress.
#[derive(Clone, Copy)]
pub struct Uploads {
    pub rows: RwSignal<Vec<Upload>>,
    /// Where they are sent.
    pub to: &'static str,
    /// How many files have arrived; the shelf looks for new books when it grows.
    pub arrived: RwSignal<u32>,
    sending: StoredValue<bool>,
    count: StoredValue<u32>,
}

#[derive(Clone)]
pub struct Upload {
    pub number: u32,
    pub name: Arc<str>,
    pub kilobytes: u32,
    pub state: ArcRwSignal<State>,
    file: StoredValue<File, LocalStorage>,
}

#[derive(Clone, PartialEq)]
pub enum State {
    Waiting,
    /// How much of it was sent, in percent.
    Sending(u32),
    /// An attachment that can be sent with a question.
    Here {
        id: AttachmentId,
        picture: bool,
    },
    Refused {
        why: String,
        /// Whether sending the same file again may help.
        again: bool,
    },
}

impl Uploads {
    pub fn new(to: &'static str) -> Self {
        Self {
            to,
            rows: RwSignal::new(vec![]),
            arrived: RwSignal::new(0),
            sending: StoredValue::new(false),
            count: StoredValue::new(0),
        }
    }

    pub fn add(self, files: &FileList) {
        for file in (0..files.length()).filter_map(|index| files.get(index)) {
            let name = file.name();
            let state = if self.to == ATTACHMENTS || Format::of_file_name(&name).is_some() {
                State::Waiting
            } else {
                State::Refused {
                    why: "Folio reads PDF, EPUB, DOCX, HTML, Markdown and text files.".into(),
                    again: false,
                }
            };
            self.count.update_value(|count| *count += 1);
            let upload = Upload {
                number: self.count.get_value(),
                name: name.into(),
                kilobytes: kilobytes(&file),
                state: ArcRwSignal::new(state),
                file: StoredValue::new_local(file),
            };
            self.rows.update(|rows| rows.push(upload));
        }
        self.send_next();
    }

    /// What can be sent with a question; none while something is on its way or was refused.
    #[cfg(feature = "hydrate")]
    pub fn here(self) -> Option<Vec<AttachmentId>> {
        let id = |upload: &Upload| match upload.state.get_untracked() {
            State::Here { id, .. } => Some(id),
            _ => None,
        };
        self.rows.with_untracked(|rows| rows.iter().map(id).collect())
    }

    /// Takes the files of `<input type=file>`, which may then be used again for the same ones.
    pub fn add_chosen(self, event: &ev::Event) {
        let input: web_sys::HtmlInputElement = event_target(event);
        if let Some(files) = input.files() {
            self.add(&files);
        }
        input.set_value("");
    }

    pub fn retry(self, upload: &Upload) {
        upload.state.set(State::Waiting);
        self.send_next();
    }

    pub fn dismiss(self, upload: &Upload) {
        self.rows.update(|rows| rows.retain(|other| other.number != upload.number));
        upload.file.dispose();
    }

    /// Whether leaving the site would lose a file.
    pub fn is_busy(self) -> bool {
        self.sending.get_value()
    }

    fn send_next(self) {
        let waiting = |upload: &&Upload| upload.state.with_untracked(|state| *state == State::Waiting);
        let next = self.rows.with_untracked(|rows| rows.iter().find(waiting).cloned());
        let (Some(upload), false) = (next, self.is_busy()) else {
            return;
        };
        self.sending.set_value(true);
        #[cfg(feature = "hydrate")]
        leptos::task::spawn_local(async move {
            self.send(upload).await;
            if self.rows.is_disposed() {
                // the page was left meanwhile
                return;
            }
            self.sending.set_value(false);
            self.send_next();
        });
        #[cfg(not(feature = "hydrate"))]
        drop(upload);
    }

    #[cfg(feature = "hydrate")]
    async fn send(self, upload: Upload) {
        let state = upload.state.clone();
        state.set(State::Sending(0));
        let progress = {
            let state = state.clone();
            move |percent| state.set(State::Sending(percent))
        };
        match send::send(self.to, &upload.file.get_value(), progress).await {
            Ok(answer) => {
                if self.to == ATTACHMENTS
                    && let Ok(Arrived { id, kind }) = serde_json::from_str(&answer)
                {
                    state.set(State::Here { id, picture: kind == AttachmentKind::Picture });
                    return;
                }
                self.dismiss(&upload);
                self.arrived.update(|arrived| *arrived += 1);
            }
            Err(why) => state.set(State::Refused { why, again: true }),
        }
    }
}

/// A picture that has arrived, small.
pub fn thumbnail(id: AttachmentId, name: String) -> impl IntoView {
    view! { <img src=format!("/chat/attachments/{id}/thumbnail") alt=name loading="lazy" /> }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "no file has so many")]
fn kilobytes(file: &File) -> u32 {
    (file.size() / 1000.0).ceil() as u32
}
