//! `/api/account/tokens`: personal access tokens.

use super::dto::{MadeToken, NewToken, TokenId, Tokens};
use crate::http::access::Who;
use crate::http::errors::ApiError;
use crate::http::extract::{Json, Path};
use crate::http::unstored::unstored;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use folio_core::Core;
use secrecy::ExposeSecret;

/// List one's personal access tokens
#[utoipa::path(get, path = "/api/account/tokens", responses(
    (status = 200, body = Tokens, description = "Newest first, without the tokens themselves."),
))]
pub async fn list_tokens(State(core): State<Core>, Who(who): Who) -> Result<Json<Tokens>, ApiError> {
    let items = core.accounts().tokens(&who).await?.into_iter().map(Into::into).collect();
    Ok(Json(Tokens { items }))
}

/// Make a personal access token
#[utoipa::path(post, path = "/api/account/tokens", request_body = NewToken, responses(
    (status = 201, body = MadeToken, description = "The token, which is not shown again."),
    (status = 409, description = "There are too many already."),
))]
pub async fn make_token(
    State(core): State<Core>,
    Who(who): Who,
    Json(wanted): Json<NewToken>,
) -> Result<Response, ApiError> {
    let (reach, expires_at) = (wanted.reach()?, wanted.expires_at()?);
    let (about, token) = core.accounts().make_token(&who, &wanted.name, reach, expires_at).await?;
    let made = MadeToken { token: token.expose_secret().to_owned(), about: about.into() };
    Ok(unstored(StatusCode::CREATED, made))
}

/// Revoke a personal access token
#[utoipa::path(
    delete, path = "/api/account/tokens/{id}", params(("id" = Uuid, Path)),
    responses((status = 204, description = "It stops working at once.")),
)]
pub async fn revoke_token(
    State(core): State<Core>,
    Who(who): Who,
    Path(id): Path<TokenId>,
) -> Result<StatusCode, ApiError> {
    core.accounts().revoke_token(&who, id.0).await?;
    Ok(StatusCode::NO_CONTENT)
}
