//! Files on their way into the library. They go on being sent while their owner turns to other pages.

#[cfg(feature = "hydrate")]
mod send;

use folio_types::Format;
use leptos::prelude::*;
use std::sync::Arc;
use web_sys::{File, FileList};

/// The queue. One file is sent at a time, so that each shows its true progress.
#[derive(Clone, Copy)]
pub struct Uploads {
    pub rows: RwSignal<Vec<Upload>>,
    /// How many files have arrived; the shelf looks for new books when it grows.
    pub arrived: RwSignal<u32>,
    sending: StoredValue<bool>,
    count: StoredValue<u32>,
}

#[derive(Clone)]
pub struct Upload {
    pub number: u32,
    pub name: Arc<str>,
    pub state: ArcRwSignal<State>,
    file: StoredValue<File, LocalStorage>,
}

#[derive(Clone, PartialEq)]
pub enum State {
    Waiting,
    /// How much of it was sent, in percent.
    Sending(u32),
    Refused {
        why: String,
        /// Whether sending the same file again may help.
        again: bool,
    },
}

impl Uploads {
    pub fn new() -> Self {
        Self {
            rows: RwSignal::new(vec![]),
            arrived: RwSignal::new(0),
            sending: StoredValue::new(false),
            count: StoredValue::new(0),
        }
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
                state: ArcRwSignal::new(state),
                file: StoredValue::new_local(file),
            };
            self.rows.update(|rows| rows.push(upload));
        }
        self.send_next();
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
        match send::send(&upload.file.get_value(), progress).await {
            Ok(()) => {
                self.dismiss(&upload);
                self.arrived.update(|arrived| *arrived += 1);
            }
            Err(why) => state.set(State::Refused { why, again: true }),
        }
    }
}
