//! Is the program there, and can it work?

use crate::http::AppState;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;

#[derive(Serialize)]
struct Health {
    status: &'static str,
    ready: bool,
}

pub fn routes() -> Router<AppState> {
    Router::new().route("/health", get(health)).route("/api/health", get(health))
}

async fn health(State(state): State<AppState>) -> Response {
    let ready = state.core.is_ready().await;
    let code = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (code, Json(Health { status: "ok", ready })).into_response()
}
