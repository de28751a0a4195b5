//! Pages that are only HTML: no script is loaded, so nothing must be hydrated.

use super::AppState;
use super::errors::ApiError;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use folio_core::Error;
use leptos::config::LeptosOptions;
use leptos::prelude::*;
use leptos_meta::HashedStylesheet;

const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
);

/// A whole document around `body`.
pub fn document(state: &AppState, title: &'static str, status: StatusCode, body: impl FnOnce() -> AnyView) -> Response {
    let (html, policy) = rendered(&state.leptos, title, body);
    let mut response = (status, Html(html)).into_response();
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A document's HTML, and the policy that it is sent with.
pub fn rendered(options: &LeptosOptions, title: &'static str, body: impl FnOnce() -> AnyView) -> (String, HeaderValue) {
    let options = options.clone();
    let title = format!("{title} · Folio");
    let html = Owner::new().with(|| {
        view! {
            <html lang="en">
                <head>
                    <meta charset="utf-8" />
                    <meta name="viewport" content="width=device-width, initial-scale=1" />
                    <meta name="color-scheme" content="light dark" />
                    <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                    <HashedStylesheet options />
                    // a marker, which elsewhere is no text, would be shown in a title
                    <title inner_html=title></title>
                </head>
                <body>{body()}</body>
            </html>
        }
        .to_html()
    });
    (format!("<!DOCTYPE html>{html}"), POLICY)
}

/// A page that says what went wrong, for requests that no form can take back.
pub fn failure(state: &AppState, fault: Error) -> Response {
    if let Error::Internal(_) = fault {
        return ApiError::from(fault).into_response();
    }
    let (message, retry_after) = (fault.to_string(), fault.retry_after());
    let mut page = document(state, "Not possible", app::status_of(&fault), move || {
        view! {
            <main class="sign-in">
                <p class="brand">"Folio"</p>
                <h1>"Not possible"</h1>
                <p class="problem" role="alert">{message}</p>
                <p><a href="/">"Back to Folio"</a></p>
            </main>
        }
        .into_any()
    });
    if let Some(seconds) = retry_after {
        page.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    page
}
