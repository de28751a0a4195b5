//! Beginning and ending a session.

use super::dto::{NewSession, SessionDto, SessionId};
use crate::http::access::Who;
use crate::http::errors::{ApiError, Problem};
use crate::http::extract::{Json, Path};
use axum::extract::State;
use axum::http::StatusCode;
use folio_core::chats::NewConversation;
use folio_core::{Core, Error};
use folio_types::ConversationId;

/// Begin a session, about a topic or about all books
#[utoipa::path(
    post, path = "/api/v1/chat/sessions",
    request_body = Option<NewSession>,
    responses((status = 201, body = SessionDto)),
)]
pub async fn create(
    State(core): State<Core>,
    Who(who): Who,
    new: Option<Json<NewSession>>,
) -> Result<(StatusCode, Json<SessionDto>), ApiError> {
    let Json(new) = new.unwrap_or(Json(NewSession::default()));
    let new = NewConversation { topic: new.topic_id, ..NewConversation::default() };
    Ok((StatusCode::CREATED, Json(core.chats().create(&who, new).await?.into())))
}

/// Delete a session with its messages
#[utoipa::path(
    delete, path = "/api/v1/chat/sessions/{sessionId}",
    params(("sessionId" = ConversationId, Path)),
    responses((status = 204, description = "It is gone."), (status = 404, body = Problem, description = "`Session not found.`")),
)]
pub async fn remove(
    State(core): State<Core>,
    Who(who): Who,
    Path(SessionId(id)): Path<SessionId>,
) -> Result<StatusCode, ApiError> {
    core.chats().delete(&who, id).await.map_err(as_session)?;
    Ok(StatusCode::NO_CONTENT)
}

/// An absent conversation by the name that it has here.
pub fn as_session(fault: Error) -> Error {
    match fault {
        Error::NotFound("Conversation") => Error::NotFound("Session"),
        other => other,
    }
}
