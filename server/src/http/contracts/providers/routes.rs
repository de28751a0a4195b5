//! `/chat/llm-providers`: add, list, change, test, remove.

use super::dto::{ChangeDto, DiagnosisDto, NewProviderDto, ProviderDto};
use crate::http::AppState;
use crate::http::access::Who;
use crate::http::errors::{ApiError, Problem};
use crate::http::extract::{Json, Path};
use axum::extract::State;
use axum::http::StatusCode;
use folio_core::Core;
use folio_types::ProviderId;
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list, add)).routes(routes!(one, change, remove)).routes(routes!(test))
}

/// List the model servers for everyone and the caller's own
///
/// An administrator sees all.
#[utoipa::path(get, path = "/chat/llm-providers", responses((status = 200, body = [ProviderDto])))]
async fn list(State(core): State<Core>, Who(who): Who) -> Result<Json<Vec<ProviderDto>>, ApiError> {
    let providers = core.model_providers().list(&who).await?;
    Ok(Json(providers.into_iter().map(Into::into).collect()))
}

/// Add a model server
#[utoipa::path(
    post,
    path = "/chat/llm-providers",
    request_body = NewProviderDto,
    responses(
        (status = 201, body = ProviderDto),
        (status = 409, body = Problem, description = "The caller has too many already."),
    ),
)]
async fn add(
    State(core): State<Core>,
    Who(who): Who,
    Json(new): Json<NewProviderDto>,
) -> Result<(StatusCode, Json<ProviderDto>), ApiError> {
    let added = core.model_providers().add(&who, new.meant_by(&who)).await?;
    Ok((StatusCode::CREATED, Json(added.into())))
}

/// Show a model server
#[utoipa::path(get, path = "/chat/llm-providers/{id}", params(("id" = ProviderId, Path)), responses((status = 200, body = ProviderDto)))]
async fn one(
    State(core): State<Core>,
    Who(who): Who,
    Path(id): Path<ProviderId>,
) -> Result<Json<ProviderDto>, ApiError> {
    Ok(Json(core.model_providers().one(&who, id).await?.into()))
}

/// Change a model server
#[utoipa::path(
    patch,
    path = "/chat/llm-providers/{id}",
    params(("id" = ProviderId, Path)),
    request_body = ChangeDto,
    responses((status = 200, body = ProviderDto)),
)]
async fn change(
    State(core): State<Core>,
    Who(who): Who,
    Path(id): Path<ProviderId>,
    Json(change): Json<ChangeDto>,
) -> Result<Json<ProviderDto>, ApiError> {
    Ok(Json(core.model_providers().change(&who, id, change.into()).await?.into()))
}

/// Remove a model server with all keys for it
#[utoipa::path(delete, path = "/chat/llm-providers/{id}", params(("id" = ProviderId, Path)), responses((status = 204, description = "It is gone.")))]
async fn remove(State(core): State<Core>, Who(who): Who, Path(id): Path<ProviderId>) -> Result<StatusCode, ApiError> {
    core.model_providers().remove(&who, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ask a model server for its models, and say what is wrong
#[utoipa::path(post, path = "/chat/llm-providers/{id}/test", params(("id" = ProviderId, Path)), responses((status = 200, body = DiagnosisDto, description = "Whether it works or not.")))]
async fn test(
    State(core): State<Core>,
    Who(who): Who,
    Path(id): Path<ProviderId>,
) -> Result<Json<DiagnosisDto>, ApiError> {
    Ok(Json(core.model_providers().test(&who, id).await?.into()))
}
