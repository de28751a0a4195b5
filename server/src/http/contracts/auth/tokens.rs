//! `/auth/register`, `/auth/token`, `/auth/refresh`, `/auth/revoke`.

use super::body::Fields;
use super::dto::{Credentials, Refresh, Registration, Tokens};
use crate::http::came_from::CameFrom;
use crate::http::errors::ApiError;
use crate::http::extract::Json;
use crate::http::unstored::unstored;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use folio_core::{Core, Error, Principal};

/// Make an account and get its first tokens
#[utoipa::path(post, path = "/auth/register", request_body = Registration, responses(
    (status = 201, body = Tokens, description = "The account is made."),
    (status = 403, description = "Registration is closed, or the invitation is not good any more."),
    (status = 409, description = "There is an account with this e-mail address."),
))]
pub async fn register(
    State(core): State<Core>,
    CameFrom(origin): CameFrom,
    Json(fields): Json<Registration>,
) -> Result<Response, ApiError> {
    let who = make_account(&core, fields).await?;
    Ok(unstored(StatusCode::CREATED, Tokens::from(core.accounts().issue_tokens(who, &origin).await?)))
}

/// Get tokens for a password
///
/// As JSON, or as the form of OAuth 2's password grant.
#[utoipa::path(post, path = "/auth/token", request_body(content(
    (Credentials = "application/json"), (Credentials = "application/x-www-form-urlencoded"),
)), responses(
    (status = 200, body = Tokens, description = "The tokens."),
    (status = 401, description = "The e-mail address or the password is wrong."),
    (status = 403, description = "An auth service signs people in here."),
))]
pub async fn token(
    State(core): State<Core>,
    CameFrom(origin): CameFrom,
    Fields(credentials): Fields<Credentials>,
) -> Result<Response, ApiError> {
    let who = sign_in(&core, credentials).await?;
    Ok(unstored(StatusCode::OK, Tokens::from(core.accounts().issue_tokens(who, &origin).await?)))
}

/// Get new tokens for a refresh token
///
/// A refresh token is good for one use. A second use ends its session, since somebody must have copied it.
#[utoipa::path(post, path = "/auth/refresh", request_body = Refresh, responses(
    (status = 200, body = Tokens, description = "The new tokens."),
    (status = 401, description = "The refresh token is not valid, or was used before."),
    (status = 403, description = "An auth service signs people in here."),
))]
pub async fn refresh(State(core): State<Core>, Json(fields): Json<Refresh>) -> Result<Response, ApiError> {
    Ok(unstored(StatusCode::OK, Tokens::from(core.accounts().refresh(&fields.refresh_token).await?)))
}

/// End the session of a refresh token
///
/// Its access tokens stop working, too. The answer is the same for a token that is not known.
#[utoipa::path(post, path = "/auth/revoke", request_body = Refresh, responses(
    (status = 204, description = "It is ended."),
))]
pub async fn revoke(State(core): State<Core>, Json(fields): Json<Refresh>) -> Result<StatusCode, ApiError> {
    core.accounts().revoke(&fields.refresh_token).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub async fn make_account(core: &Core, mut fields: Registration) -> Result<Principal, Error> {
    match fields.invite.take() {
        Some(invite) => core.accounts().accept_invitation(&invite, fields.account()).await,
        None => core.accounts().register(fields.account()).await,
    }
}

pub async fn sign_in(core: &Core, credentials: Credentials) -> Result<Principal, ApiError> {
    if credentials.grant_type.as_deref().is_some_and(|grant| grant != "password") {
        return Err(Error::invalid("grant_type", "Use the grant type password, or POST /auth/refresh.").into());
    }
    let Some(name) = credentials.name().map(str::to_owned) else {
        return Err(Error::invalid("email", "Give an email, or a username, and a password.").into());
    };
    Ok(core.accounts().sign_in(&name, credentials.password).await?)
}
