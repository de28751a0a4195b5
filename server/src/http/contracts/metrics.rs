//! What this process has counted, for Prometheus.

use crate::http::AppState;
use crate::http::errors::{ApiError, Problem, no_such_route};
use crate::http::openapi::{Accepts, face};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use headers::HeaderMapExt;
use headers::authorization::{Authorization, Bearer};
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn routes() -> OpenApiRouter<AppState> {
    let description = "What this process has counted, for Prometheus; only there where `METRICS_TOKEN` is set.";
    face("metrics", description, Accepts::Anyone, OpenApiRouter::new().routes(routes!(metrics)))
}

/// Metrics in Prometheus' text format
#[utoipa::path(get, path = "/metrics", security(("metrics" = [])), responses(
    (status = 200, body = String, content_type = "text/plain", description = "All metrics of this process.",
        example = "# TYPE folio_runs_total counter\nfolio_runs_total{status=\"complete\"} 7\n"),
    (status = 404, description = "Metrics are not configured."),
))]
async fn metrics(State(state): State<AppState>, headers: axum::http::HeaderMap) -> Result<impl IntoResponse, ApiError> {
    let Some(metrics) = &state.metrics else { return Err(no_such_route()) };
    let shown = headers.typed_get::<Authorization<Bearer>>();
    if !shown.is_some_and(|shown| metrics.may_be_read_with(shown.token())) {
        return Err(Problem::new(StatusCode::UNAUTHORIZED, "Show the METRICS_TOKEN of the configuration.").into());
    }
    let text = metrics.render(&state.core).await?;
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text))
}
