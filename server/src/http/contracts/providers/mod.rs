//! Model servers that people add and their keys for them, as the records contract has them.

mod configs;
mod dto;
mod routes;

use crate::http::AppState;
use crate::http::openapi::{Accepts, face};
use utoipa_axum::router::OpenApiRouter;

pub fn routes() -> OpenApiRouter<AppState> {
    let routes = OpenApiRouter::new().merge(routes::routes()).merge(configs::routes());
    face("llm-providers", "Model servers that people add, and their keys for them.", Accepts::People, routes)
}
