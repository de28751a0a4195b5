//! A body as JSON, or as a form where it says so, since OAuth 2's clients send one.

use crate::http::errors::{ApiError, Problem};
use crate::http::extract::Json;
use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use serde::de::DeserializeOwned;

pub struct Fields<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Fields<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if !kind.starts_with("application/x-www-form-urlencoded") {
            let Json(fields) = <Json<T> as FromRequest<S>>::from_request(request, state).await?;
            return Ok(Self(fields));
        }
        let Form(fields) = Form::from_request(request, state).await.map_err(|fault: FormRejection| {
            let is_large = fault.status() == StatusCode::PAYLOAD_TOO_LARGE;
            let status = if is_large { fault.status() } else { StatusCode::BAD_REQUEST };
            Problem::new(status, fault.body_text())
        })?;
        Ok(Self(fields))
    }
}
