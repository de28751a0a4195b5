use super::dto::{AssistantMessageRequest, AssistantMessageResponse};
use crate::http::access::Who;
use crate::http::errors::{ApiError, Problem};
use crate::http::extract::Json;
use axum::extract::State;
use folio_core::Core;

/// Send a command
///
/// What is harmless is done at once; what is dangerous answers `needs_confirmation`; what is not clear, or no command,
/// `needs_clarification`; what the caller may not do, `denied`. Long work answers `started` with a task.
#[utoipa::path(
    post,
    path = "/api/assistant/messages",
    request_body = AssistantMessageRequest,
    responses(
        (status = 200, body = AssistantMessageResponse),
        (status = 404, body = Problem, description = "There is no such conversation, or it is someone else's."),
    ),
)]
pub async fn send(
    State(core): State<Core>,
    Who(who): Who,
    Json(request): Json<AssistantMessageRequest>,
) -> Result<Json<AssistantMessageResponse>, ApiError> {
    let turn = core.operations().say(&who, request.conversation_id, &request.message).await?;
    Ok(Json(turn.into()))
}
