//! The settings: one's own account, models, and everyone's accounts for administrators. Plain HTML, without scripts.

mod account;
mod fields;
mod models;
mod times;
mod tools;
mod users;

pub use fields::{Field, Kind};

use super::AppState;
use super::document::document;
use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use folio_core::Principal;
use leptos::prelude::*;

/// What the head of every page of the settings leads to; the last ones are for administrators.
const PLACES: [(&str, &str, bool); 4] = [
    ("/settings/account", "Your account", false),
    ("/settings/models", "Models", false),
    ("/admin/users", "Users", true),
    ("/admin/tools", "Tools", true),
];

pub fn routes() -> Router<AppState> {
    Router::new().merge(account::routes()).merge(models::routes()).merge(users::routes()).merge(tools::routes())
}

/// One of the pages, with the way back to Folio and to the other pages.
fn page(
    state: &AppState,
    who: &Principal,
    here: &'static str,
    status: StatusCode,
    content: impl FnOnce() -> AnyView,
) -> Response {
    let title = PLACES.iter().find(|(path, ..)| *path == here).map_or("Settings", |place| place.1);
    let is_admin = who.is_admin();
    document(state, title, status, move || {
        let places = PLACES.iter().filter(|(.., for_admins)| is_admin || !for_admins).map(|(path, title, _)| {
            let current = (*path == here).then_some("page");
            view! { <li><a href={*path} aria-current=current>{*title}</a></li> }
        });
        view! {
            <a class="skip" href="#main">"Skip to content"</a>
            <header class="settings-bar">
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
