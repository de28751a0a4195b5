//! `/api/account` and its password.

use super::dto::{Changes, Me, NewPassword};
use crate::http::access::{Signed, Who};
use crate::http::errors::ApiError;
use crate::http::extract::Json;
use axum::extract::State;
use axum::http::StatusCode;
use folio_core::Core;

/// Who is asking
#[utoipa::path(get, path = "/api/account", responses((status = 200, body = Me, description = "The account.")))]
pub async fn read(Who(who): Who) -> Json<Me> {
    Json((&who).into())
}

/// Change one's name
#[utoipa::path(patch, path = "/api/account", request_body = Changes, responses(
    (status = 200, body = Me, description = "The account as it is now."),
))]
pub async fn change(
    State(core): State<Core>,
    Signed(lease): Signed,
    Json(changes): Json<Changes>,
) -> Result<Json<Me>, ApiError> {
    let mut who = lease.who().clone();
    if let Some(name) = changes.name {
        who.name = core.accounts().rename(&lease, &name).await?;
    }
    Ok(Json((&who).into()))
}

/// Change one's password
///
/// It ends every other sign-in. Personal access tokens stay.
#[utoipa::path(put, path = "/api/account/password", request_body = NewPassword, responses(
    (status = 204, description = "It is changed."),
    (status = 400, description = "The current password is wrong, or the new one too weak."),
))]
pub async fn change_password(
    State(core): State<Core>,
    Signed(lease): Signed,
    Json(fields): Json<NewPassword>,
) -> Result<StatusCode, ApiError> {
    core.accounts().change_password(&lease, fields.current_password, fields.new_password).await?;
    Ok(StatusCode::NO_CONTENT)
}
