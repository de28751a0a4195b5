//! Asking from the browser: the question appears at once and the composer keeps it until the server has it.

use crate::{api, desk::Desk, live::scroll, uploads::Uploads};
use folio_types::{Asked, BookId, ConversationId, MessageId};
use gloo_timers::future::sleep;
use leptos::{html, prelude::*, task::spawn_local};
use std::time::Duration;
use web_sys::{FormData, js_sys};

#[derive(Clone, Copy)]
pub struct Asking {
    desk: Desk,
    form: NodeRef<html::Form>,
    text: NodeRef<html::Textarea>,
    files: Uploads,
    pending: RwSignal<Option<String>>,
    problem: RwSignal<Option<String>>,
    on_asked: Callback<Asked>,
    /// The last question that did not surely arrive, and its key: sent again, it is not asked twice.
    unsure: StoredValue<Option<(String, String)>>,
}

impl Asking {
    pub fn new(
        form: NodeRef<html::Form>,
        text: NodeRef<html::Textarea>,
        files: Uploads,
        pending: RwSignal<Option<String>>,
        problem: RwSignal<Option<String>>,
        on_asked: Callback<Asked>,
    ) -> Self {
        Self { desk: Desk::here(), form, text, files, pending, problem, on_asked, unsure: StoredValue::new(None) }
    }

    /// Who asked on the start page goes on writing in the conversation that came of it.
    pub fn take_focus(self) {
        Effect::new(move || {
            if let Some(text) = self.text.get().filter(|_| self.desk.goes_on_writing()) {
                // it makes the browser lay the page out, which it does for the next frame anyway; a page that refuses
                // the focus can still be written on
                request_animation_frame(move || _ = text.focus());
            }
        });
    }

    /// Whether a command is written there, which is sent to the assistant and not to a model.
    pub fn is_command(self) -> bool {
        self.text.get_untracked().is_some_and(|text| text.value().starts_with('/'))
    }

    /// Asks what is written in the composer.
    pub fn ask(self, conversation: Option<ConversationId>) {
        let content = self.text.get_untracked().map(|text| text.value()).unwrap_or_default();
        self.send(conversation, content, None);
    }

    /// Asks, with the model and the sources that the composer shows; instead of another question, where one is given.
    pub fn send(self, conversation: Option<ConversationId>, content: String, instead_of: Option<MessageId>) {
        let filled = self.form.get_untracked().and_then(|form| FormData::new_with_form(&form).ok());
        let Some(filled) = filled.filter(|_| self.pending.get_untracked().is_none()) else {
            return;
        };
        let field = |name: &str| filled.get(name).as_string().unwrap_or_default();
        if content.trim().is_empty() {
            return;
        }
        // another version of a question has the files of the question
        let attachments = if instead_of.is_some() { Some(Vec::new()) } else { self.files.here() };
        let Some(attachments) = attachments else {
            self.problem.set(Some("Wait until every file has arrived, or remove it.".into()));
            return;
        };
        let (model, scope, as_question) = (field("model"), field("scope"), field("as_question"));
        let books: Vec<BookId> =
            filled.get_all("books[]").iter().filter_map(|id| id.as_string()?.parse().ok()).collect();
        let key = self.key_of(&format!("{instead_of:?} {content}"));

        self.problem.set(None);
        scroll::stay_at_end(|| self.pending.set(Some(content.clone())));
        spawn_local(async move {
            let asked =
                api::ask(conversation, content.clone(), model, scope, books, key, instead_of, attachments, as_question)
                    .await;
            let conversation = asked.as_ref().ok().and_then(Option::as_ref).map(|asked| asked.conversation.clone());
            if let Ok(Some(asked)) = &asked {
                self.desk.connect(&asked.answer);
                // the browser makes the connection only once it is its turn
                sleep(Duration::ZERO).await;
            }
            self.arrived(asked, instead_of);
            if let Some(conversation) = conversation {
                // the list may be drawn after the answer's first words
                sleep(Duration::ZERO).await;
                self.desk.note(conversation);
            }
        });
    }

    pub fn stop(self, answer: MessageId) {
        self.problem.set(None);
        spawn_local(async move {
            if let Err(error) = api::stop(answer).await {
                // an alert says itself
                self.problem.try_set(Some(error.message));
            }
        });
    }

    fn arrived(self, asked: api::Result<Option<Asked>>, instead_of: Option<MessageId>) {
        if self.pending.is_disposed() {
            // the page was left meanwhile
            return;
        }
        match asked {
            Ok(Some(asked)) => {
                self.unsure.set_value(None);
                if let Some(text) = self.text.get_untracked().filter(|_| instead_of.is_none()) {
                    text.set_value("");
                    self.files.rows.update(Vec::clear);
                }
                self.pending.set(None);
                scroll::stay_at_end(|| self.on_asked.run(asked));
            }
            Ok(None) => {
                // the browser itself sends it, and comes back to the conversation with the reply
                if let Some(form) = self.form.get_untracked() {
                    let _ = form.submit();
                }
            }
            Err(error) => {
                self.pending.set(None);
                self.problem.set(Some(error.message));
            }
        }
    }

    /// The same words asked again after a failure are the same question.
    fn key_of(self, content: &str) -> String {
        if let Some((_, key)) = self.unsure.get_value().filter(|(last, _)| last == content) {
            return key;
        }
        let key = new_key();
        self.unsure.set_value(Some((content.to_owned(), key.clone())));
        key
    }
}

/// 128 random bits; `crypto.randomUUID` itself exists on secure origins only.
pub fn new_key() -> String {
    let mut bytes = [0u8; 16];
    let drawn = window().crypto().and_then(|crypto| crypto.get_random_values_with_u8_array(&mut bytes));
    match drawn {
        Ok(_) => format!("{:032x}", u128::from_ne_bytes(bytes)),
        Err(_) => format!("{}-{}", js_sys::Date::now(), js_sys::Math::random()),
    }
}
