//! Is the program there, and can it work?

use crate::http::AppState;
use crate::http::extract::Json;
use crate::http::openapi::{Accepts, face};
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

#[derive(Serialize, ToSchema)]
struct Health {
    /// The program is there.
    #[schema(example = "ok")]
    status: &'static str,
    /// The database answers.
    #[schema(example = true)]
    ready: bool,
}

pub fn routes() -> OpenApiRouter<AppState> {
    let both = OpenApiRouter::new().routes(routes!(health)).routes(routes!(api_health));
    face("health", "Is the program there, and can it work?", Accepts::Anyone, both)
}

/// Whether Folio can work
#[utoipa::path(get, path = "/health", responses(
    (status = 200, body = Health, description = "It can."),
    (status = 503, body = Health, description = "The database is away."),
))]
async fn health(State(state): State<AppState>) -> (StatusCode, Json<Health>) {
    let ready = state.core.is_ready().await;
    let code = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (code, Json(Health { status: "ok", ready }))
}

/// Whether Folio can work
#[utoipa::path(get, path = "/api/health", responses(
    (status = 200, body = Health, description = "It can."),
    (status = 503, body = Health, description = "The database is away."),
))]
async fn api_health(state: State<AppState>) -> (StatusCode, Json<Health>) {
    health(state).await
}
