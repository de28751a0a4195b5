//! OpenAI's API, as far as its clients need it to talk to Folio's models and to ask books: `/v1`.

mod chat;
mod dto;
mod embeddings;
mod models;
mod refusal;

pub use dto::chunk::Chunk;
pub use refusal::{Refusal, in_its_words};

use crate::http::AppState;
use crate::http::openapi::{Accepts, face};
use axum::routing::get;
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn routes() -> OpenApiRouter<AppState> {
    let routes = OpenApiRouter::new()
        .routes(routes!(models::list))
        .routes(routes!(models::show))
        // many clients leave the slash of a name as it is
        .route("/v1/models/{model}/{*rest}", get(models::show))
        .routes(routes!(chat::complete))
        .routes(routes!(embeddings::embed));
    face(
        "openai",
        "What clients of OpenAI's API know: models, completions of chats, embeddings.",
        Accepts::People,
        routes,
    )
}

/// Whether a path belongs to this face, also where there is no such route.
pub fn is_its(path: &str) -> bool {
    path.strip_prefix("/v1").is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
