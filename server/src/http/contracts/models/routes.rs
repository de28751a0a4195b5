//! `/api/models`: which there are, and which one is the default.

use super::dto::{ModelsDto, Swap, Swapped};
use crate::http::AppState;
use crate::http::access::Who;
use crate::http::errors::{ApiError, Problem};
use crate::http::extract::Json;
use crate::http::openapi::{Accepts, face};
use axum::extract::State;
use folio_core::Core;
use folio_core::audit::Deed;
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn routes() -> OpenApiRouter<AppState> {
    let routes = OpenApiRouter::new().routes(routes!(list)).routes(routes!(swap));
    face("models", "Models that write.", Accepts::People, routes)
}

/// List every model that the caller may use
#[utoipa::path(get, path = "/api/models", responses((status = 200, body = ModelsDto)))]
async fn list(State(core): State<Core>, Who(who): Who) -> Result<Json<ModelsDto>, ApiError> {
    Ok(Json(core.models().describe(&who).await?.into()))
}

/// Make another model the default
///
/// For administrators. An inference service is told to load it.
#[utoipa::path(
    post,
    path = "/api/models/swap",
    request_body = Swap,
    responses(
        (status = 200, body = Swapped),
        (status = 404, body = Problem, description = "There is no such model."),
        (status = 502, body = Problem, description = "The inference service refused."),
    ),
)]
async fn swap(State(core): State<Core>, Who(who): Who, Json(wish): Json<Swap>) -> Result<Json<Swapped>, ApiError> {
    let current_model = core.models().swap(&who, &wish.model_tag).await?;
    core.audit().record(&who, Deed::ran("models.switch", &*current_model)).await?;
    Ok(Json(Swapped { status: "ok", current_model }))
}
