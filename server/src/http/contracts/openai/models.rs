//! `/v1/models`: what can be asked.

use super::dto::models::{ModelList, ModelObject};
use super::refusal::{Refusal, refused};
use crate::http::access::Who;
use crate::http::errors::ApiError;
use crate::http::extract::Json;
use axum::extract::State;
use axum::http::Uri;
use folio_core::Core;
use percent_encoding::percent_decode_str;

/// List what can be asked
///
/// `library` answers from all books that the caller may read, `library/ID` from one of them, `topic/SLUG` from those of a
/// topic: searched, and each sentence compared with the pages. Every other one is a model that answers by itself, and
/// `all-minilm-l6-v2` is for embeddings alone.
#[utoipa::path(get, path = "/v1/models", responses((status = 200, body = ModelList)))]
pub async fn list(State(core): State<Core>, Who(who): Who) -> Result<Json<ModelList>, ApiError> {
    Ok(Json(core.completions().list(&who).await?.into()))
}

/// Show one of what can be asked
///
/// A slash in its name may stand as it is or as `%2F`.
#[utoipa::path(
    get, path = "/v1/models/{model}",
    params(("model" = String, Path, description = "Its `id`.", example = "library")),
    responses(
        (status = 200, body = ModelObject),
        (status = 404, body = Refusal, description = "`model_not_found`: it is not there, or it is someone else's."),
    ),
)]
pub async fn show(State(core): State<Core>, Who(who): Who, uri: Uri) -> Result<Json<ModelObject>, ApiError> {
    let name = uri.path().strip_prefix("/v1/models/").unwrap_or_default();
    let name = percent_decode_str(name).decode_utf8_lossy();
    let found = core.completions().find(&who, &name).await;
    Ok(Json(found.map_err(|fault| refused(fault, &name))?.into()))
}
