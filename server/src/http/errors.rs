//! One error body for every face: RFC 9457's members plus the two names that older contracts use.

use super::observe;
use app::status_of;
use axum::Json;
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use folio_core::Error;
use serde::Serialize;
use std::any::Any;
use std::borrow::Cow;
use utoipa::ToSchema;

/// What went wrong, as every face says it. `error` equals `detail`.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Problem {
    #[serde(rename = "type")]
    #[schema(example = "about:blank")]
    kind: &'static str,
    #[schema(example = "Bad Request")]
    title: &'static str,
    #[schema(example = 400)]
    status: u16,
    /// What happened, in words for the person who reads it.
    #[schema(example = "Give a title of 1 to 80 characters.")]
    detail: String,
    /// The same as `detail`.
    #[schema(example = "Give a title of 1 to 80 characters.")]
    error: String,
    /// What the server's log has it under.
    #[schema(example = "01936b1e-3a52-7c1d-9b1e-0e0a6c2f4d11")]
    trace_id: String,
    /// Seconds to wait before it is worth another try.
    #[serde(skip)]
    retry_after: Option<u64>,
    /// The fields that were refused.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    errors: Vec<FieldProblem>,
    /// A word for it, on the face whose clients know some.
    #[serde(skip)]
    code: Option<&'static str>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
struct FieldProblem {
    #[schema(value_type = String, example = "title")]
    field: Cow<'static, str>,
    #[schema(example = "Give a title of 1 to 80 characters.")]
    message: String,
}

/// A [`Problem`] as a response.
#[derive(Debug)]
pub struct ApiError(Box<Problem>);

impl Problem {
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            error: detail.clone(),
            detail,
            trace_id: observe::trace_id(),
            retry_after: None,
            errors: Vec::new(),
            code: None,
        }
    }

    /// Names a field that was refused, and why.
    #[must_use]
    pub fn about(mut self, field: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        self.errors.push(FieldProblem { field: field.into(), message: message.into() });
        self
    }

    /// Gives it a word that programs know.
    #[must_use]
    pub fn coded(self, code: &'static str) -> Self {
        Self { code: Some(code), ..self }
    }

    pub fn status(&self) -> u16 {
        self.status
    }

    pub fn detail(&self) -> &str {
        &self.detail
    }

    pub fn code(&self) -> Option<&'static str> {
        self.code
    }

    /// The field that was refused first.
    pub fn field(&self) -> Option<&str> {
        self.errors.first().map(|problem| &*problem.field)
    }

    pub fn unauthenticated() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "Sign in first.")
    }

    pub fn cross_site() -> Self {
        Self::new(StatusCode::FORBIDDEN, "This request came from another site and was refused.")
    }
}

impl ApiError {
    pub fn problem(&self) -> &Problem {
        &self.0
    }
}

impl From<Problem> for ApiError {
    fn from(problem: Problem) -> Self {
        Self(Box::new(problem))
    }
}

impl From<Error> for ApiError {
    fn from(fault: Error) -> Self {
        let mut problem = Problem::new(status_of(&fault), fault.to_string());
        problem.retry_after = fault.retry_after();
        match fault {
            Error::Invalid { field, message } => problem = problem.about(field, message),
            Error::Internal(_) => {
                tracing::error!(fault = fault.diagnosis(), "a request failed");
            }
            _ => {}
        }
        Self(Box::new(problem))
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(&self.0)).into_response();
        if let Some(seconds) = self.0.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        // a face with words of its own says the same in those
        response.extensions_mut().insert(*self.0);
        response
    }
}

/// There is no such route in any contract.
pub fn no_such_route() -> ApiError {
    Problem::new(StatusCode::NOT_FOUND, "There is no such route. GET /api/openapi.json lists all.")
        .coded("unknown_url")
        .into()
}

/// There is such a route, but not with this method.
pub async fn no_such_method(method: Method) -> ApiError {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, format!("This route does not take {method}.")).into()
}

/// A panic is a 500 with a trace id and no internals.
pub fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let words = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    let problem =
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong on the server. It has been logged.");
    tracing::error!(panic = words, "a request panicked");
    ApiError::from(problem).into_response()
}
