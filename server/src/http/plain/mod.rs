//! Pages that are only HTML: forms and tables that work without JavaScript and load none.

mod settings_models;

use super::AppState;
use super::errors::ApiError;
use axum::Router;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use folio_core::{Error, Principal};
use folio_types::Role;
use leptos::prelude::*;
use leptos_meta::HashedStylesheet;

/// What the head of every page of the settings leads to; the last is whether it is for administrators only.
const PLACES: [(&str, &str, bool); 1] = [("/settings/models", "Models", false)];

const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
);

/// Pages of people who are signed in.
pub fn routes() -> Router<AppState> {
    settings_models::routes()
}

/// A page of the settings, with the way back to Folio and to the other pages.
pub fn settings_page(
    state: &AppState,
    who: &Principal,
    here: &'static str,
    status: StatusCode,
    content: impl FnOnce() -> AnyView,
) -> Response {
    let title = PLACES.iter().find(|(path, ..)| *path == here).map_or("Settings", |(_, title, _)| title);
    let is_admin = who.role >= Role::Admin;
    document(state, title, status, move || {
        let places = PLACES.iter().filter(|(.., for_admins)| is_admin || !for_admins).map(|(path, title, _)| {
            let current = (*path == here).then_some("page");
            view! { <li><a href=*path aria-current=current>{*title}</a></li> }
        });
        view! {
            <a class="skip" href="#main">"Skip to content"</a>
            <header class="plain-bar">
                <a class="brand" href="/">"Folio"</a>
                <nav aria-label="Settings"><ul>{places.collect_view()}</ul></nav>
            </header>
            <main id="main" class="page settings" tabindex="-1">
                <h1>{title}</h1>
                {content()}
            </main>
        }
        .into_any()
    })
}

/// A whole document around `body`.
pub fn document(state: &AppState, title: &str, status: StatusCode, body: impl FnOnce() -> AnyView) -> Response {
    let options = state.leptos.clone();
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
                    <title>{title}</title>
                </head>
                <body>{body()}</body>
            </html>
        }
        .to_html()
    });
    let mut response = (status, Html(format!("<!DOCTYPE html>{html}"))).into_response();
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, POLICY);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A page that says what went wrong, for requests that no form can take back.
pub fn failure(state: &AppState, fault: Error) -> Response {
    if let Error::Internal(_) = fault {
        return ApiError::from(fault).into_response();
    }
    let message = fault.to_string();
    document(state, "Not possible", app::status_of(&fault), move || {
        view! {
            <main class="sign-in">
                <p class="brand">"Folio"</p>
                <h1>"Not possible"</h1>
                <p class="problem" role="alert">{message}</p>
                <p><a href="/">"Back to Folio"</a></p>
            </main>
        }
        .into_any()
    })
}
