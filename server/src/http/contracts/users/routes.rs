//! `/api/users`: list, change, sign out, invite, give a link for a new password.

use super::dto::{AccountDto, Accounts, Asked, Changes, Invitation, LinkDto};
use crate::http::AppState;
use crate::http::access::Who;
use crate::http::errors::ApiError;
use crate::http::extract::{Json, Path, Query};
use crate::http::openapi::{Accepts, face};
use crate::http::unstored::unstored;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use folio_core::Core;
use folio_types::UserId;
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn routes() -> OpenApiRouter<AppState> {
    let routes = OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(invite))
        .routes(routes!(one, change))
        .routes(routes!(sign_out))
        .routes(routes!(reset_link));
    face("users", "Accounts, for administrators.", Accepts::People, routes)
}

/// List accounts
#[utoipa::path(get, path = "/api/users", params(Asked), responses(
    (status = 200, body = Accounts, description = "Newest first."),
))]
async fn list(State(core): State<Core>, Who(who): Who, Query(asked): Query<Asked>) -> Result<Json<Accounts>, ApiError> {
    let found = core.accounts().list(&who, &asked.q, asked.page, asked.page_size).await?;
    Ok(Json(Accounts::new(found, &asked)))
}

/// Read an account
#[utoipa::path(get, path = "/api/users/{id}", params(("id" = UserId, Path)), responses(
    (status = 200, body = AccountDto, description = "The account."),
))]
async fn one(State(core): State<Core>, Who(who): Who, Path(id): Path<UserId>) -> Result<Json<AccountDto>, ApiError> {
    Ok(Json(core.accounts().account(&who, id).await?.into()))
}

/// Change what an account may do
///
/// At once, open streams included. Somebody must stay administrator.
#[utoipa::path(
    patch, path = "/api/users/{id}", params(("id" = UserId, Path)), request_body = Changes,
    responses(
        (status = 200, body = AccountDto, description = "The account as it is now."),
        (status = 409, description = "It is the last administrator."),
    ),
)]
async fn change(
    State(core): State<Core>,
    Who(who): Who,
    Path(id): Path<UserId>,
    Json(changes): Json<Changes>,
) -> Result<Json<AccountDto>, ApiError> {
    let accounts = core.accounts();
    if let Some(role) = changes.role {
        accounts.set_role(&who, id, role).await?;
    }
    match changes.disabled {
        Some(true) => accounts.disable(&who, id).await.map(drop)?,
        Some(false) => accounts.enable(&who, id).await.map(drop)?,
        None => {}
    }
    Ok(Json(accounts.account(&who, id).await?.into()))
}

/// End every sign-in of an account
///
/// Its personal access tokens stay.
#[utoipa::path(post, path = "/api/users/{id}/sign-out", params(("id" = UserId, Path)), responses(
    (status = 204, description = "Every sign-in is ended."),
))]
async fn sign_out(State(core): State<Core>, Who(who): Who, Path(id): Path<UserId>) -> Result<StatusCode, ApiError> {
    core.accounts().sign_out(&who, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Make an invitation
#[utoipa::path(post, path = "/api/users/invitations", request_body = Invitation, responses(
    (status = 201, body = LinkDto, description = "A link that makes one account; it is not shown again."),
))]
async fn invite(State(core): State<Core>, Who(who): Who, Json(wanted): Json<Invitation>) -> Result<Response, ApiError> {
    let link = core.accounts().invite(&who, wanted.role, wanted.days).await?;
    Ok(unstored(StatusCode::CREATED, LinkDto::from(link)))
}

/// Make a link for a new password
///
/// It is good for a day and one use. Links made before stop working.
#[utoipa::path(post, path = "/api/users/{id}/reset-link", params(("id" = UserId, Path)), responses(
    (status = 201, body = LinkDto, description = "The link, which is not shown again."),
))]
async fn reset_link(State(core): State<Core>, Who(who): Who, Path(id): Path<UserId>) -> Result<Response, ApiError> {
    let link = core.accounts().make_reset_link(&who, id).await?;
    Ok(unstored(StatusCode::CREATED, LinkDto::from(link)))
}
