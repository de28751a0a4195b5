//! The assistant contract: commands in plain language, confirmations, history.

mod confirmations;
mod dto;
mod history;
mod messages;

use crate::http::AppState;
use crate::http::openapi::{Accepts, face};
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn routes() -> OpenApiRouter<AppState> {
    let routes = OpenApiRouter::new()
        .routes(routes!(messages::send))
        .routes(routes!(confirmations::confirm))
        .routes(routes!(confirmations::cancel))
        .routes(routes!(history::history));
    face(
        "assistant",
        "Commands in plain language, asked about before anything dangerous is done.",
        Accepts::People,
        routes,
    )
}
