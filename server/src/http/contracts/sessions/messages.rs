//! What is asked and answered in a session.

use super::dto::{SessionFrame, SessionId, SessionMessage, SessionQuestion};
use super::sessions::as_session;
use crate::http::access::Who;
use crate::http::contracts::conversations::stream::{event, last_seen};
use crate::http::errors::{ApiError, Problem};
use crate::http::extract::{IdempotencyHeader, IdempotencyKey, Json, Path, Query};
use crate::http::sse::{self, Pulse, ServerSentEvent};
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use folio_core::{Core, Error, Question};
use folio_types::{ConversationId, Scope};
use futures::StreamExt;

/// List a session's messages, oldest first
#[utoipa::path(
    get, path = "/api/v1/chat/sessions/{sessionId}/messages",
    params(("sessionId" = ConversationId, Path)),
    responses(
        (status = 200, body = Vec<SessionMessage>),
        (status = 404, body = Problem, description = "`Session not found.`"),
    ),
)]
pub async fn list(
    State(core): State<Core>,
    Who(who): Who,
    Path(SessionId(id)): Path<SessionId>,
) -> Result<Json<Vec<SessionMessage>>, ApiError> {
    let (_, messages) = core.chats().open(&who, id).await.map_err(as_session)?;
    Ok(Json(messages.into_iter().filter_map(SessionMessage::of).collect()))
}

/// Ask, and get an answer from the books
///
/// The answer comes once it is whole, or with `Accept: text/event-stream` as it is written: numbered, unnamed events,
/// each a JSON object, `messageId` first and `done` last. Where no book says anything about the question, the answer
/// says so and has no sources.
#[utoipa::path(
    post, path = "/api/v1/chat/sessions/{sessionId}/messages",
    params(
        ("sessionId" = ConversationId, Path),
        IdempotencyHeader,
        Pulse,
    ),
    request_body = SessionQuestion,
    responses(
        (status = 200, description = "The answer.", content((SessionMessage = "application/json"), (ServerSentEvent = "text/event-stream"))),
        (status = 404, body = Problem, description = "`Session not found.`"),
        (status = 409, body = Problem, description = "An answer is being written in this session."),
        (status = 502, body = Problem, description = "The model server answered wrongly or broke off."),
        (status = 503, body = Problem, description = "`No books are available as knowledge sources.`, or a model server is away."),
    ),
)]
pub async fn ask(
    State(core): State<Core>,
    Who(who): Who,
    Path(SessionId(id)): Path<SessionId>,
    IdempotencyKey(key): IdempotencyKey,
    Query(pulse): Query<Pulse>,
    headers: HeaderMap,
    Json(body): Json<SessionQuestion>,
) -> Result<Response, ApiError> {
    let sampling = body.sampling();
    let question = Question {
        conversation: Some(id),
        content: body.content,
        scope: Scope::AllBooks,
        sampling,
        key,
        ..Question::default()
    };
    let asked = core.chats().ask_books(&who, question).await.map_err(as_session)?;
    if wants_events(&headers) {
        let frames = core.chats().follow(&who, asked.answer.id, last_seen(&headers)?.unwrap_or(0)).await?;
        return Ok(sse::stream(frames.map(|(seq, frame)| event(seq, &SessionFrame::from(frame))), &pulse));
    }
    let answer = core.chats().finished(&who, asked.answer.id).await?;
    let answer = SessionMessage::of(answer).ok_or_else(|| Error::internal("an answer is not an answer"))?;
    Ok(Json(answer).into_response())
}

fn wants_events(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|accept| accept.to_str().ok());
    accepted.flat_map(|accept| accept.split(',')).any(|kind| kind.trim().starts_with("text/event-stream"))
}
