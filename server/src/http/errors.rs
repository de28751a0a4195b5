//! One error body for every face: RFC 9457's members plus the two names that older contracts use.

use app::status_of;
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use folio_core::Error;
use serde::Serialize;
use std::any::Any;
use uuid::Uuid;

/// What went wrong, as every face says it. `error` equals `detail`.
#[derive(Debug, Serialize)]
pub struct Problem {
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'static str,
    status: u16,
    detail: String,
    error: String,
    trace_id: Uuid,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldProblem>,
}

#[derive(Debug, Serialize)]
struct FieldProblem {
    field: &'static str,
    message: String,
}

/// A [`Problem`] as a response.
#[derive(Debug)]
pub struct ApiError(Problem);

impl Problem {
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            error: detail.clone(),
            detail,
            trace_id: Uuid::now_v7(),
            errors: Vec::new(),
        }
    }

    pub fn unauthenticated() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "Sign in first.")
    }

    pub fn unavailable() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "Folio cannot reach its database right now. Try again in a moment.")
    }

    pub fn cross_site() -> Self {
        Self::new(StatusCode::FORBIDDEN, "This request came from another site and was refused.")
    }
}

impl From<Problem> for ApiError {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl From<Error> for ApiError {
    fn from(fault: Error) -> Self {
        let mut problem = Problem::new(status_of(&fault), fault.to_string());
        match fault {
            Error::Invalid { field, message } => problem.errors.push(FieldProblem { field, message }),
            Error::Internal(_) => {
                tracing::error!(trace_id = %problem.trace_id, fault = fault.diagnosis(), "a request failed");
            }
            _ => {}
        }
        Self(problem)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, Json(self.0)).into_response()
    }
}

/// A panic is a 500 with a trace id and no internals.
pub fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let words = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    let problem =
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong on the server. It has been logged.");
    tracing::error!(trace_id = %problem.trace_id, panic = words, "a request panicked");
    ApiError(problem).into_response()
}
