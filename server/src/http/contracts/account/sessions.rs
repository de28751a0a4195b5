//! `/api/account/sessions`: where one is signed in.

use super::dto::{SessionId, Sessions};
use crate::http::access::Signed;
use crate::http::errors::ApiError;
use crate::http::extract::{Json, Path};
use axum::extract::State;
use axum::http::StatusCode;
use folio_core::Core;

/// List where one is signed in
#[utoipa::path(get, path = "/api/account/sessions", responses(
    (status = 200, body = Sessions, description = "Browsers first, each kind in the order of use."),
))]
pub async fn list_sessions(State(core): State<Core>, Signed(lease): Signed) -> Result<Json<Sessions>, ApiError> {
    let items = core.accounts().sign_ins(&lease).await?.into_iter().map(Into::into).collect();
    Ok(Json(Sessions { items }))
}

/// Sign out in one place
#[utoipa::path(
    delete, path = "/api/account/sessions/{id}", params(("id" = String, Path)),
    responses((status = 204, description = "What was open there is closed.")),
)]
pub async fn end_session(
    State(core): State<Core>,
    Signed(lease): Signed,
    Path(id): Path<SessionId>,
) -> Result<StatusCode, ApiError> {
    core.accounts().end_sign_in(&lease, &id.0).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sign out everywhere
///
/// Here too. Personal access tokens stay.
#[utoipa::path(delete, path = "/api/account/sessions", responses(
    (status = 204, description = "Every sign-in is ended."),
))]
pub async fn end_all_sessions(State(core): State<Core>, Signed(lease): Signed) -> Result<StatusCode, ApiError> {
    core.accounts().sign_out_everywhere(&lease).await?;
    Ok(StatusCode::NO_CONTENT)
}
