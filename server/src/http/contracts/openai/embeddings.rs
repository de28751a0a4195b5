//! `/v1/embeddings`: vectors of meaning.

use super::dto::embeddings::{EmbeddingList, EmbeddingRequest};
use super::refusal::{Refusal, refused};
use crate::http::access::Who;
use crate::http::errors::ApiError;
use crate::http::extract::Json;
use axum::extract::State;
use folio_core::Core;

/// Get the meaning of texts as vectors
///
/// By the model that Folio searches books with: `all-minilm-l6-v2`, 384 numbers, length 1. It reads 256 tokens, some 190
/// English words; a longer text is refused.
#[utoipa::path(
    post, path = "/v1/embeddings",
    request_body = EmbeddingRequest,
    responses(
        (status = 200, body = EmbeddingList),
        (status = 404, body = Refusal, description = "`model_not_found`: there is no such model for this."),
        (status = 503, body = Refusal, description = "The sentence model is not there."),
    ),
)]
pub async fn embed(
    State(core): State<Core>,
    Who(who): Who,
    Json(body): Json<EmbeddingRequest>,
) -> Result<Json<EmbeddingList>, ApiError> {
    let asked = body.checked()?;
    let made = core.completions().embed(&who, &asked.model, asked.texts).await;
    Ok(Json(EmbeddingList::of(made.map_err(|fault| refused(fault, &asked.model))?, asked.encoding)))
}
