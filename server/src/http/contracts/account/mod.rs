//! One's own account: name, password, where one is signed in, personal access tokens.

mod dto;
mod me;
mod sessions;
mod tokens;

use crate::http::AppState;
use crate::http::openapi::{Accepts, face};
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn routes() -> OpenApiRouter<AppState> {
    let routes = OpenApiRouter::new()
        .routes(routes!(me::read, me::change))
        .routes(routes!(me::change_password))
        .routes(routes!(sessions::list_sessions, sessions::end_all_sessions))
        .routes(routes!(sessions::end_session))
        .routes(routes!(tokens::list_tokens, tokens::make_token))
        .routes(routes!(tokens::revoke_token));
    face("account", "One's own account, its sign-ins and its tokens.", Accepts::People, routes)
}
