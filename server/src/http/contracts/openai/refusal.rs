//! What went wrong, as OpenAI's API says it.

use crate::http::errors::{ApiError, Problem};
use axum::body::Body;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use folio_core::Error;
use serde::Serialize;
use utoipa::ToSchema;

/// An error as OpenAI's clients understand it.
#[derive(Serialize, ToSchema)]
#[schema(as = OpenAiError)]
pub struct Refusal {
    error: Explanation,
}

#[derive(Serialize, ToSchema)]
#[schema(as = OpenAiErrorDetails)]
struct Explanation {
    /// What happened, in words for the person who reads it.
    #[schema(example = "There is no model “gpt-4” here. GET /v1/models lists all.")]
    message: String,
    #[serde(rename = "type")]
    #[schema(example = "invalid_request_error")]
    kind: &'static str,
    /// The field that was refused.
    #[schema(required = true, example = "model")]
    param: Option<String>,
    #[schema(required = true, example = "model_not_found")]
    code: Option<&'static str>,
}

impl From<&Problem> for Refusal {
    fn from(problem: &Problem) -> Self {
        let (kind, code) = match problem.status() {
            401 => ("invalid_request_error", Some("invalid_api_key")),
            403 => ("invalid_request_error", Some("insufficient_permissions")),
            405 => ("invalid_request_error", Some("method_not_allowed")),
            413 => ("invalid_request_error", Some("request_too_large")),
            429 => ("rate_limit_error", Some("rate_limit_exceeded")),
            503 => ("server_error", Some("service_unavailable")),
            500.. => ("server_error", None),
            _ => ("invalid_request_error", None),
        };
        Self {
            error: Explanation {
                message: problem.detail().to_owned(),
                kind,
                param: problem.field().map(str::to_owned),
                code: problem.code().or(code),
            },
        }
    }
}

/// A fault of the domain under the status that these clients expect, where that is another one.
pub fn refused(fault: Error, model: &str) -> ApiError {
    match fault {
        Error::NotFound("Model") => {
            let words = format!("There is no model “{model}” here. GET /v1/models lists all.");
            Problem::new(StatusCode::NOT_FOUND, words)
                .about("model", "It is not there.")
                .coded("model_not_found")
                .into()
        }
        Error::TooLarge(words) => {
            let problem = Problem::new(StatusCode::BAD_REQUEST, words.clone()).about("messages", words);
            problem.coded("context_length_exceeded").into()
        }
        // it takes no more just now, and these clients ask again by themselves
        Error::Overloaded(words) => Problem::new(StatusCode::SERVICE_UNAVAILABLE, words).coded("overloaded").into(),
        other => other.into(),
    }
}

/// Says whatever is refused below `/v1` in these words: a credential, a body, a path, a panic.
pub async fn in_its_words(request: Request, next: Next) -> Response {
    let is_its = super::is_its(request.uri().path());
    let response = next.run(request).await;
    let Some(problem) = response.extensions().get::<Problem>().filter(|_| is_its) else { return response };
    match serde_json::to_vec(&Refusal::from(problem)) {
        Ok(body) => {
            let (mut parts, _) = response.into_parts();
            parts.headers.remove(header::CONTENT_LENGTH);
            Response::from_parts(parts, Body::from(body))
        }
        Err(fault) => {
            tracing::error!(%fault, "a refusal could not be written");
            response
        }
    }
}
