//! The conversations contract, at both of its addresses.

mod ask;
#[expect(clippy::module_inception, reason = "the contract's own noun")]
mod conversations;
pub mod dto;
pub mod stream;

use crate::http::AppState;
use crate::http::openapi::{Accepts, face};
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn routes() -> OpenApiRouter<AppState> {
    let contract =
        both().routes(routes!(conversations::list, conversations::create_titled)).routes(routes!(conversations::show));
    let service = both()
        .routes(routes!(conversations::list_by_day, conversations::create))
        .routes(routes!(conversations::show_thread));
    let contract = face("conversations", "Conversations and their messages.", Accepts::People, contract);
    let description = "Conversations and their messages, as the service's clients want them.";
    let service = face("conversations-service", description, Accepts::People, service);
    OpenApiRouter::new().merge(contract).nest("/api", service)
}

/// What is the same at both addresses.
fn both() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(conversations::change, conversations::put, conversations::remove))
        .routes(routes!(conversations::messages, ask::ask))
        .routes(routes!(ask::regenerate))
        .routes(routes!(stream::join))
        .routes(routes!(stream::stop))
}
