//! `/ask`: what is written in the chat's composer and sent by the browser itself: without JavaScript, or as a command.

use super::{AppState, Page, Who, act, see_other};
use crate::http::arriving;
use crate::http::errors::ApiError;
use app::card::Place;
use axum::Router;
use axum::extract::multipart::MultipartRejection;
use axum::extract::{DefaultBodyLimit, Multipart, State};
use axum::response::Response;
use axum::routing::post;
use folio_core::attachments::Upload;
use folio_core::{Core, Error, Principal, Question, Result};
use folio_types::{Asked, AttachmentId, BookId, ConversationId};
use leptos::prelude::*;
use tempfile::TempPath;

/// A question's 32,000 characters, however long each is.
const LONGEST_QUESTION: usize = 128_000;

pub fn routes() -> Router<AppState> {
    // each file is counted while it arrives
    Router::new().route("/ask", post(ask).layer(DefaultBodyLimit::disable()))
}

/// The composer's fields.
#[derive(Default)]
struct Filled {
    content: String,
    conversation: String,
    model: String,
    scope: String,
    books: Vec<BookId>,
    /// What is asked as it is, though it may be a command.
    as_question: String,
    files: Vec<(TempPath, String)>,
}

async fn ask(
    State(state): State<AppState>,
    Who(who): Who,
    form: Result<Multipart, MultipartRejection>,
) -> Result<Response, ApiError> {
    let mut filled = Filled::default();
    let received = receive(&state.core, form.map_err(arriving::no_form)?, &mut filled).await;
    let place = match received {
        Ok(()) if filled.is_command(&state.core).await => commanded(&state, &who, &filled).await,
        Ok(()) => asked(&state.core, &who, &mut filled).await.map(|asked| format!("/c/{}", asked.conversation.id)),
        Err(fault) => Err(fault),
    };
    match place {
        Ok(place) => Ok(see_other(&place)),
        Err(fault) => Ok(refused(&state, &who, filled, &fault)),
    }
}

impl Filled {
    async fn is_command(&self, core: &Core) -> bool {
        self.files.is_empty()
            && self.as_question.trim() != self.content.trim()
            && core.operations().is_command(&self.content).await
    }

    fn conversation(&self) -> Result<Option<ConversationId>> {
        let id = Some(self.conversation.as_str()).filter(|id| !id.is_empty());
        id.map(|id| id.parse().map_err(|_| Error::NotFound("Conversation"))).transpose()
    }
}

/// Gives where the reply is.
async fn commanded(state: &AppState, who: &Principal, filled: &Filled) -> Result<String> {
    let turn = state.core.operations().say_in_chat(who, filled.conversation()?, &filled.content).await?;
    Ok(act::address(state, who, &turn, Place::Chat).await)
}

async fn receive(core: &Core, mut form: Multipart, filled: &mut Filled) -> Result<()> {
    while let Some(field) = form.next_field().await.map_err(arriving::broken)? {
        let name = field.name().unwrap_or_default().to_owned();
        if name == "file" {
            let file_name = field.file_name().unwrap_or_default().to_owned();
            // a form without a file sends an empty one
            if !file_name.is_empty() {
                if filled.files.len() == core.settings().attachments {
                    return Err(Error::invalid("file", "These are too many files for one question."));
                }
                filled.files.push((arriving::attachment(core, field).await?, file_name));
            }
            continue;
        }
        let text = arriving::longer_text(field, LONGEST_QUESTION).await?;
        match name.as_str() {
            "content" => filled.content = text,
            "conversation" => filled.conversation = text,
            "model" => filled.model = text,
            "scope" => filled.scope = text,
            "as_question" => filled.as_question = text,
            "books[]" => filled.books.extend(text.parse::<BookId>()),
            _ => {}
        }
    }
    Ok(())
}

async fn asked(core: &Core, who: &Principal, filled: &mut Filled) -> Result<Asked> {
    let conversation = filled.conversation()?;
    let scope = app::scope_of(&filled.scope, filled.books.clone())?;
    let attachments = core.attachments();
    let mut kept = Vec::new();
    let asked = async {
        for (path, file_name) in filled.files.drain(..) {
            let upload = Upload { path: path.to_path_buf(), file_name };
            kept.push(attachments.add(who, upload, None).await?.attachment.id);
        }
        let question = Question {
            conversation,
            content: filled.content.clone(),
            model: Some(filled.model.clone()).filter(|tag| !tag.is_empty()),
            scope,
            attachments: kept.clone(),
            ..Question::default()
        };
        core.chats().ask(who, question).await
    };
    let asked = asked.await;
    if asked.is_err() {
        forget(core, who, kept).await;
    }
    asked
}

/// They cannot be named again by the page that says what was wrong.
async fn forget(core: &Core, who: &Principal, kept: Vec<AttachmentId>) {
    for id in kept {
        if let Err(fault) = core.attachments().remove(who, id).await {
            tracing::warn!(fault = fault.diagnosis(), "a refused question's file stays for a day");
        }
    }
}

/// The question once more, with what was wrong.
fn refused(state: &AppState, who: &Principal, filled: Filled, fault: &Error) -> Response {
    let message = fault.to_string();
    let content = view! {
        <p class="problem" role="alert">{message}</p>
        <form method="post" action="/ask" enctype="multipart/form-data" class="stack">
            <input type="hidden" name="conversation" value=filled.conversation />
            <input type="hidden" name="model" value=filled.model />
            <input type="hidden" name="scope" value=filled.scope />
            <input type="hidden" name="as_question" value=filled.as_question />
            {filled.books.into_iter().map(|id| view! { <input type="hidden" name="books[]" value=id.to_string() /> }).collect_view()}
            <p class="field">
                <label for="question">"Your question"</label>
                <textarea id="question" name="content" rows="6" maxlength="32000" required>{filled.content}</textarea>
            </p>
            <p class="field">
                <label for="files">"Files to send along"</label>
                <input id="files" type="file" name="file" multiple />
            </p>
            <button type="submit" class="primary">"Send"</button>
        </form>
    };
    let mut response = Page::at("/", "New chat").show(&state.leptos, who, content);
    *response.status_mut() = app::status_of(fault);
    response
}
