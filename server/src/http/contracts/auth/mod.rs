//! Tokens for a password: for programs, and for services that ask whose a token is.

mod body;
mod dto;
mod tokens;
mod users;
mod validate;

use crate::http::AppState;
use crate::http::openapi::{Accepts, face};
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn routes() -> OpenApiRouter<AppState> {
    let routes = OpenApiRouter::new()
        .routes(routes!(tokens::register))
        .routes(routes!(tokens::token))
        .routes(routes!(tokens::refresh))
        .routes(routes!(tokens::revoke))
        .routes(routes!(validate::validate))
        .routes(routes!(users::create))
        .routes(routes!(users::login));
    face("auth", "Tokens for a password, and whose a token is.", Accepts::Anyone, routes)
}
