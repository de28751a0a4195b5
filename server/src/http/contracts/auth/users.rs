//! `/users` and `/users/login`, as the records contract's clients know them.

use super::dto::{Credentials, Login, Registration, UserDto};
use super::tokens::{make_account, sign_in};
use crate::http::came_from::CameFrom;
use crate::http::errors::ApiError;
use crate::http::extract::Json;
use crate::http::unstored::unstored;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use folio_core::Core;

/// Make an account
#[utoipa::path(post, path = "/users", request_body = Registration, responses(
    (status = 201, body = UserDto, description = "The account is made."),
    (status = 403, description = "Registration is closed, or the invitation is not good any more."),
    (status = 409, description = "There is an account with this e-mail address."),
))]
pub async fn create(
    State(core): State<Core>,
    Json(fields): Json<Registration>,
) -> Result<(StatusCode, Json<UserDto>), ApiError> {
    let who = make_account(&core, fields).await?;
    Ok((StatusCode::CREATED, Json((&who).into())))
}

/// Get a token for a password
#[utoipa::path(post, path = "/users/login", request_body = Credentials, responses(
    (status = 200, body = Login, description = "The token, good for fifteen minutes."),
    (status = 401, description = "The e-mail address or the password is wrong."),
    (status = 403, description = "An auth service signs people in here."),
))]
pub async fn login(
    State(core): State<Core>,
    CameFrom(origin): CameFrom,
    Json(credentials): Json<Credentials>,
) -> Result<Response, ApiError> {
    let who = sign_in(&core, credentials).await?;
    Ok(unstored(StatusCode::OK, Login::from(core.accounts().issue_tokens(who, &origin).await?)))
}
