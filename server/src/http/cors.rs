//! Another frontend in the browser (`FRONTEND_URL`) may call the API, with its users' cookies. Nobody else may.

use super::AppState;
use axum::http::{HeaderName, Method, header};
use std::time::Duration;
use tower_http::cors::{AllowOrigin, CorsLayer};

const A_DAY: Duration = Duration::from_hours(24);

pub fn layer(state: &AppState) -> CorsLayer {
    let Some(frontend) = state.frontend.clone() else { return CorsLayer::new() };
    CorsLayer::new()
        .allow_origin(AllowOrigin::list([frontend]))
        .allow_credentials(true)
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allow_headers([
            header::ACCEPT,
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            HeaderName::from_static("last-event-id"),
            HeaderName::from_static("x-trace-id"),
        ])
        .expose_headers([
            header::CONTENT_DISPOSITION,
            header::LOCATION,
            header::RETRY_AFTER,
            HeaderName::from_static("x-trace-id"),
        ])
        .max_age(A_DAY)
}
