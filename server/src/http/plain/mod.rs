//! Pages that are HTML and forms alone: what is done in the background, what was done, reports, and commands.
//!
//! They are rendered here, work without JavaScript, and add nothing to what a browser loads for the chat.

mod act;
mod activity;
mod ask;
mod chart;
mod reports;
mod tasks;

use super::AppState;
use super::access::Who;
use app::card::moment;
use app::status_of;
use axum::Router;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use folio_core::{Error, Principal};
use folio_types::Role;
use leptos::config::LeptosOptions;
use leptos::prelude::*;
use leptos_meta::HashedStylesheet;

pub fn routes() -> Router<AppState> {
    Router::new()
        .merge(act::routes())
        .merge(activity::routes())
        .merge(ask::routes())
        .merge(reports::routes())
        .merge(tasks::routes())
}

/// No script but our own files, nothing from elsewhere, no style in the page.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; \
     form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'",
);

/// Where a page stands among the others.
struct Page<'a> {
    title: &'a str,
    /// The address of the place that is marked in the navigation.
    place: &'static str,
    /// A file of our own that keeps the page up to date.
    script: Option<&'static str>,
}

impl<'a> Page<'a> {
    fn at(place: &'static str, title: &'a str) -> Self {
        Self { title, place, script: None }
    }

    /// The whole document.
    fn show(self, options: &LeptosOptions, who: &Principal, content: impl IntoView + 'static) -> Response {
        let places = [
            ("/", "New chat", Role::User),
            ("/library", "Library", Role::User),
            ("/act", "Commands", Role::User),
            ("/tasks", "Tasks", Role::User),
            ("/activity", "Activity", Role::User),
            ("/reports", "Reports", Role::Admin),
        ];
        let here = self.place;
        let entry = move |(address, name, _): (&'static str, &'static str, Role)| {
            let current = (address == here).then_some("page");
            view! { <li><a href=address aria-current=current>{name}</a></li> }
        };
        let entries = places.into_iter().filter(|(.., least)| who.role >= *least).map(entry).collect_view();
        let title = format!("{} · Folio", self.title);
        let (heading, options, name) = (self.title.to_owned(), options.clone(), who.name.clone());
        let script = self.script.map(|source| view! { <script src=source defer></script> });
        let document = Owner::new().with(move || {
            view! {
                <html lang="en">
                    <head>
                        <meta charset="utf-8" />
                        <meta name="viewport" content="width=device-width, initial-scale=1" />
                        <meta name="color-scheme" content="light dark" />
                        <title>{title}</title>
                        <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                        <HashedStylesheet options />
                        {script}
                    </head>
                    <body>
                        <a class="skip" href="#main">"Skip to content"</a>
                        <header class="plain-bar">
                            <a class="brand" href="/">"Folio"</a>
                            <nav aria-label="Places"><ul>{entries}</ul></nav>
                            <form method="post" action="/logout">
                                <span>{name}</span>
                                <button type="submit" class="quiet">"Sign out"</button>
                            </form>
                        </header>
                        <main id="main" class="page" tabindex="-1">
                            <h1>{heading}</h1>
                            {content}
                        </main>
                    </body>
                </html>
            }
            .to_html()
        });
        let headers =
            [(header::CONTENT_SECURITY_POLICY, POLICY), (header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
        (headers, Html(format!("<!DOCTYPE html>{document}"))).into_response()
    }

    /// The document with what went wrong, under the status that says the same to programs.
    fn fail(self, options: &LeptosOptions, who: &Principal, fault: &Error) -> Response {
        if let Error::Internal(_) = fault {
            tracing::error!(page = self.place, fault = fault.diagnosis(), "a page failed");
        }
        let message = fault.to_string();
        let mut response = self.show(options, who, view! { <p class="problem" role="alert">{message}</p> });
        *response.status_mut() = status_of(fault);
        response
    }
}

/// A table as a file to keep.
fn csv(name: &str, body: impl IntoResponse) -> Response {
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    headers.insert(HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex"));
    if let Ok(disposition) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    response
}

fn see_other(to: &str) -> Response {
    match HeaderValue::from_str(to) {
        Ok(to) => (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
