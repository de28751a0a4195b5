//! `/auth/validate`: Folio tells another service whose a token is.

use super::dto::UserDto;
use crate::http::errors::ApiError;
use crate::http::extract::Json;
use crate::http::unstored::unstored;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use folio_core::Core;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
pub struct Asked {
    token: String,
}

#[derive(Serialize, ToSchema)]
pub struct Verdict {
    valid: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    user: Option<UserDto>,
    /// Why it is not valid.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    reason: Option<String>,
}

/// Ask whose a token is
///
/// For services beside Folio, which know the `INTERNAL_API_KEY`.
#[utoipa::path(
    post, path = "/auth/validate", request_body = Asked,
    params(("X-Internal-API-Key" = String, Header, description = "The key between services.")),
    responses(
        (status = 200, body = Verdict, description = "Whose it is, or that it is nobody's."),
        (status = 401, description = "The internal key is missing or wrong."),
        (status = 503, description = "No internal key is configured."),
    ),
)]
pub async fn validate(
    State(core): State<Core>,
    headers: HeaderMap,
    Json(asked): Json<Asked>,
) -> Result<Response, ApiError> {
    let key = headers.get("x-internal-api-key").and_then(|key| key.to_str().ok()).unwrap_or_default();
    let verdict = match core.accounts().vouch(key, &asked.token).await? {
        Ok(who) => Verdict { valid: true, user: Some((&who).into()), reason: None },
        Err(reason) => Verdict { valid: false, user: None, reason: Some(reason) },
    };
    Ok(unstored(StatusCode::OK, verdict))
}
