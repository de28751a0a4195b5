//! Everything that speaks HTTP: who is asking, the pages, and one folder for each contract.

mod access;
mod accounts;
mod contracts;
mod dev;
mod errors;
mod extract;
mod openapi;
mod origin;
mod pages;
mod plain;
mod site;
mod sse;
mod web_sessions;

use crate::config::Config;
use axum::Router;
use axum::extract::FromRef;
use folio_core::Core;
use leptos::config::LeptosOptions;
use time::Duration;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::trace::TraceLayer;
use tower_sessions::cookie::SameSite;
use tower_sessions::{Expiry, SessionManagerLayer};
use utoipa_axum::router::OpenApiRouter;
use web_sessions::DbSessions;

/// What every handler can take.
#[derive(Clone, FromRef)]
pub struct AppState {
    core: Core,
    leptos: LeptosOptions,
}

/// A browser stays signed in this long after it last signed in.
const SIGNED_IN: Duration = Duration::days(30);

pub fn router(core: Core, config: &Config) -> Router {
    let state = AppState { leptos: site::options(config), core: core.clone() };
    let (contracts, _) = contracts::routes().split_for_parts();
    let (open, _) = contracts::open_routes().split_for_parts();
    let with_cookie = pages::routes(&state)
        .merge(accounts::routes())
        .merge(plain::routes())
        .merge(contracts)
        .layer(axum::middleware::from_fn_with_state(state.clone(), access::identify))
        .layer(sessions(core, config));
    let with_cookie = if config.dev { with_cookie.merge(dev::routes()) } else { with_cookie };
    Router::new()
        .merge(with_cookie)
        .merge(site::files(config))
        .merge(open)
        .merge(openapi::route(&openapi_document()))
        .method_not_allowed_fallback(errors::no_such_method)
        .layer(axum::middleware::from_fn(access::refuse_cross_site))
        .layer(axum::middleware::from_fn(origin::remember))
        .layer(CatchPanicLayer::custom(errors::panicked))
        .layer(axum::middleware::from_fn(site::headers))
        .layer(TraceLayer::new_for_http())
        .with_state(state)
}

/// Every contract, as OpenAPI says it.
pub fn openapi_document() -> utoipa::openapi::OpenApi {
    openapi::document([contracts::routes(), contracts::open_routes()].map(OpenApiRouter::into_openapi))
}

fn sessions(core: Core, config: &Config) -> SessionManagerLayer<DbSessions> {
    let secure = config.public_url.starts_with("https:");
    SessionManagerLayer::new(DbSessions::new(core))
        .with_name(if secure { "__Host-folio" } else { "folio" })
        .with_secure(secure)
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_expiry(Expiry::OnInactivity(SIGNED_IN))
}
