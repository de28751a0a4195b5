//! The built site: scripts, styles and pictures, and the headers that every response carries.

use super::AppState;
use crate::config::Config;
use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use leptos::config::{Env, LeptosOptions};
use std::sync::Arc;
use tower_http::services::ServeDir;

const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const AN_HOUR: HeaderValue = HeaderValue::from_static("public, max-age=3600");

pub fn options(config: &Config) -> LeptosOptions {
    let site_root: Arc<str> = Arc::from(config.site_root.to_string_lossy());
    LeptosOptions::builder()
        .output_name("folio")
        .site_root(site_root)
        .site_pkg_dir("pkg")
        .env(if config.dev { Env::DEV } else { Env::PROD })
        .site_addr(config.listen_addr)
        .hash_files(true)
        .build()
}

/// Scripts and styles under names that carry their hash, so they may be kept for ever; the rest for an hour.
pub fn files(config: &Config) -> Router<AppState> {
    let pkg = ServeDir::new(config.site_root.join("pkg")).precompressed_br().precompressed_gzip();
    let mut files = Router::new().nest_service("/pkg", pkg);
    for name in ["favicon.svg", "robots.txt", "cards.js", "palette.js", "tasks.js"] {
        files =
            files.route_service(&format!("/{name}"), tower_http::services::ServeFile::new(config.site_root.join(name)));
    }
    files.layer(axum::middleware::from_fn(cached))
}

async fn cached(request: Request, next: Next) -> Response {
    let is_hashed = request.uri().path().starts_with("/pkg/");
    let mut response = next.run(request).await;
    if matches!(response.status(), StatusCode::OK | StatusCode::NOT_MODIFIED) {
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, if is_hashed { FOREVER } else { AN_HOUR });
        headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    }
    response
}

/// Headers that do no harm anywhere and prevent some. Pages set their own content security policy.
pub async fn headers(request: Request, next: Next) -> Response {
    const ALWAYS: [(HeaderName, &str); 3] = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ];
    let mut response = next.run(request).await;
    for (name, value) in ALWAYS {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}
