use super::dto::AssistantMessageResponse;
use crate::http::access::Who;
use crate::http::errors::{ApiError, Problem};
use crate::http::extract::{Json, Path};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use folio_core::operations::{Consent, ReplyState};
use folio_core::{Core, Error};
use folio_types::ConfirmationId;
use serde::Serialize;

/// The turn and the problem in one body: each reader finds what it looks for.
#[derive(Serialize)]
struct Denied {
    #[serde(flatten)]
    turn: AssistantMessageResponse,
    #[serde(flatten)]
    problem: Problem,
}

/// Confirm what was asked about
///
/// It is done once, as it was shown, whatever arrives at the same time. When what it names has changed since, nothing
/// is done and the answer is a new confirmation. When the right is gone, the answer is 403 with state `denied`.
#[utoipa::path(
    post,
    path = "/api/assistant/confirmations/{confirmation_id}/confirm",
    params(("confirmation_id" = ConfirmationId, Path)),
    responses(
        (status = 200, body = AssistantMessageResponse),
        (status = 400, body = Problem, description = "It was handled or cancelled before, or has expired."),
    ),
)]
pub async fn confirm(
    State(core): State<Core>,
    Who(who): Who,
    Path(id): Path<ConfirmationId>,
) -> Result<Response, ApiError> {
    let turn = core.operations().confirm(&who, id, Consent::Given).await?;
    if turn.reply.state == ReplyState::Denied {
        let problem = Problem::new(StatusCode::FORBIDDEN, Error::Denied(turn.reply.text.clone()).to_string());
        return Ok((StatusCode::FORBIDDEN, Json(Denied { turn: turn.into(), problem })).into_response());
    }
    Ok(Json(AssistantMessageResponse::from(turn)).into_response())
}

/// Decide against what was asked about
#[utoipa::path(
    post,
    path = "/api/assistant/confirmations/{confirmation_id}/cancel",
    params(("confirmation_id" = ConfirmationId, Path)),
    responses(
        (status = 200, body = AssistantMessageResponse),
        (status = 400, body = Problem, description = "It was handled or cancelled before, or has expired."),
    ),
)]
pub async fn cancel(
    State(core): State<Core>,
    Who(who): Who,
    Path(id): Path<ConfirmationId>,
) -> Result<Json<AssistantMessageResponse>, ApiError> {
    Ok(Json(core.operations().decline(&who, id).await?.into()))
}
