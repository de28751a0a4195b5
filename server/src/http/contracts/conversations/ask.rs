//! Questions, and the answers that begin with them.

use super::dto::{AskBody, MessageDto, RegenerateBody};
use super::stream::{SeenHeader, last_seen, told};
use crate::http::access::Who;
use crate::http::errors::{ApiError, Problem};
use crate::http::extract::{IdempotencyHeader, IdempotencyKey, Json, Path, Query};
use crate::http::sse::{Pulse, ServerSentEvent};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use folio_core::chats::Again;
use folio_core::{Core, Principal, Question};
use folio_types::{ConversationId, MessageId, Scope};

/// Ask, and get the answer as it is written
///
/// Folio searches the books that the caller may read, or those of the conversation's topic; where none says anything
/// about the question, the model answers alone. The stream has numbered, unnamed events, each a JSON object:
/// `message_id` and `user_message_id` first, `sources` when the search is done, many `token`s, `citations`, `error` with
/// `status_code` on failure, and always `done` with the `status` last. A client that goes away does not stop the answer.
/// What is sent along as `attachments` joins the prompt; pictures go only to a model that takes them (400 otherwise).
/// With an `Idempotency-Key` a question that is sent again lands once; the key of another question is refused.
#[utoipa::path(
    post, path = "/conversations/{id}/messages",
    params(
        ("id" = ConversationId, Path),
        IdempotencyHeader,
        SeenHeader,
        Pulse,
    ),
    request_body = AskBody,
    responses(
        (status = 200, description = "The answer.", content(
            (ServerSentEvent = "text/event-stream", example = json!("id: 1\ndata: {\"message_id\":\"…\",\"user_message_id\":\"…\"}\n\nid: 2\ndata: {\"token\":\"By dancing.\",\"gpu\":0}\n\nid: 3\ndata: {\"done\":true,\"status\":\"complete\"}\n\n")),
            (MessageDto = "application/json"),
        )),
        (status = 409, body = Problem, description = "An answer is being written in this conversation."),
        (status = 502, body = Problem, description = "The model server answered wrongly or broke off; with `stream: false`."),
    ),
)]
pub async fn ask(
    State(core): State<Core>,
    Who(who): Who,
    Path(id): Path<ConversationId>,
    IdempotencyKey(key): IdempotencyKey,
    Query(pulse): Query<Pulse>,
    headers: HeaderMap,
    Json(body): Json<AskBody>,
) -> Result<Response, ApiError> {
    let question = Question {
        conversation: Some(id),
        content: body.question()?.to_owned(),
        scope: Scope::BooksOrModel,
        attachments: body.attachments.clone(),
        sampling: body.sampling(),
        key,
        ..Question::default()
    };
    let asked = core.chats().ask(&who, question).await?;
    answered(&core, &who, asked.answer.id, body.stream, &headers, &pulse).await
}

/// Get another answer to the last question
///
/// It takes the place of the last one, which is kept as another version.
#[utoipa::path(
    post, path = "/conversations/{id}/regenerate",
    params(
        ("id" = ConversationId, Path),
        IdempotencyHeader,
        SeenHeader,
        Pulse,
    ),
    request_body = Option<RegenerateBody>,
    responses(
        (status = 200, description = "The answer, as when asking.", content(
            (ServerSentEvent = "text/event-stream"),
            (MessageDto = "application/json"),
        )),
        (status = 409, body = Problem, description = "An answer is being written in this conversation."),
        (status = 502, body = Problem, description = "The model server answered wrongly or broke off; with `stream: false`."),
    ),
)]
pub async fn regenerate(
    State(core): State<Core>,
    Who(who): Who,
    Path(id): Path<ConversationId>,
    IdempotencyKey(key): IdempotencyKey,
    Query(pulse): Query<Pulse>,
    headers: HeaderMap,
    body: Option<Json<RegenerateBody>>,
) -> Result<Response, ApiError> {
    let Json(body) = body.unwrap_or(Json(RegenerateBody::default()));
    let again = Again { model: None, sampling: body.sampling(), key };
    let asked = core.chats().regenerate_last(&who, id, again).await?;
    answered(&core, &who, asked.answer.id, body.stream, &headers, &pulse).await
}

/// The answer as it is written, or once it is whole.
async fn answered(
    core: &Core,
    who: &Principal,
    answer: MessageId,
    stream: Option<bool>,
    headers: &HeaderMap,
    pulse: &Pulse,
) -> Result<Response, ApiError> {
    if stream.unwrap_or(true) {
        return told(core, who, answer, last_seen(headers)?.unwrap_or(0), pulse).await;
    }
    let message = core.chats().finished(who, answer).await?;
    Ok(Json(MessageDto::from(message)).into_response())
}
