//! `/chat/user-llm-configs`: people's own keys.

use super::dto::{ConfigDto, NewConfigDto};
use crate::http::AppState;
use crate::http::access::Who;
use crate::http::errors::{ApiError, Problem};
use crate::http::extract::{Json, Path};
use axum::extract::State;
use axum::http::StatusCode;
use folio_core::Core;
use folio_types::{ProviderId, UserId};
use secrecy::SecretString;
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(keep_key)).routes(routes!(key, remove_key))
}

/// Keep a key of the caller's for a model server, in place of the one before
#[utoipa::path(
    post,
    path = "/chat/user-llm-configs",
    request_body = NewConfigDto,
    responses(
        (status = 201, body = ConfigDto),
        (status = 404, body = Problem, description = "There is no such user or model server."),
    ),
)]
async fn keep_key(
    State(core): State<Core>,
    Who(who): Who,
    Json(new): Json<NewConfigDto>,
) -> Result<(StatusCode, Json<ConfigDto>), ApiError> {
    let user = new.user_id.unwrap_or(who.id);
    let kept = core.model_providers().keep_key(&who, user, new.provider_id, SecretString::from(new.api_key)).await?;
    Ok((StatusCode::CREATED, Json(kept.into())))
}

/// Show whether there is a key
#[utoipa::path(
    get,
    path = "/chat/user-llm-configs/{user_id}/{provider_id}",
    params(("user_id" = UserId, Path), ("provider_id" = ProviderId, Path)),
    responses((status = 200, body = ConfigDto)),
)]
async fn key(
    State(core): State<Core>,
    Who(who): Who,
    Path((user, provider)): Path<(UserId, ProviderId)>,
) -> Result<Json<ConfigDto>, ApiError> {
    Ok(Json(core.model_providers().key(&who, user, provider).await?.into()))
}

/// Forget a key
#[utoipa::path(
    delete,
    path = "/chat/user-llm-configs/{user_id}/{provider_id}",
    params(("user_id" = UserId, Path), ("provider_id" = ProviderId, Path)),
    responses((status = 204, description = "It is gone.")),
)]
async fn remove_key(
    State(core): State<Core>,
    Who(who): Who,
    Path((user, provider)): Path<(UserId, ProviderId)>,
) -> Result<StatusCode, ApiError> {
    core.model_providers().remove_key(&who, user, provider).await?;
    Ok(StatusCode::NO_CONTENT)
}
