//! The sessions contract: a chat that answers from books only, with topics beside it.

mod dto;
mod messages;
#[expect(clippy::module_inception, reason = "the contract's own noun")]
mod sessions;

use crate::http::AppState;
use crate::http::openapi::{Accepts, face};
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn routes() -> OpenApiRouter<AppState> {
    let routes = OpenApiRouter::new()
        .routes(routes!(sessions::create))
        .routes(routes!(sessions::remove))
        .routes(routes!(messages::list, messages::ask));
    face("sessions", "Answers from books only, with their pages.", Accepts::PeopleAndBasic, routes)
}
