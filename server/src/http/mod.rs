//! Everything that speaks HTTP: who is asking, the pages, and one folder for each contract.

mod access;
mod arriving;
mod came_from;
mod contracts;
mod cors;
mod dev;
mod document;
mod door;
mod errors;
mod extract;
mod leaving;
mod observe;
mod openapi;
mod origin;
mod pages;
mod plain;
mod reference;
mod settings;
mod site;
mod sse;
mod unstored;
mod web_sessions;

use crate::config::Config;
use crate::telemetry::Metrics;
use access::{Accepts, guarded};
use axum::extract::FromRef;
use axum::http::HeaderValue;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::{Extension, Router};
use folio_core::Core;
use leptos::config::LeptosOptions;
use std::sync::Arc;
use tower_http::catch_panic::CatchPanicLayer;
use tower_sessions::cookie::SameSite;
use tower_sessions::{Expiry, SessionManagerLayer};
use utoipa_axum::router::OpenApiRouter;
use web_sessions::DbSessions;

/// What every handler can take.
#[derive(Clone, FromRef)]
pub struct AppState {
    core: Core,
    #[from_ref(skip)]
    leptos: Arc<LeptosOptions>,
    /// What is counted, where anybody may know.
    metrics: Option<Metrics>,
    /// The origin of another frontend that may call the API with its users' cookies.
    frontend: Option<HeaderValue>,
}

impl FromRef<AppState> for LeptosOptions {
    fn from_ref(state: &AppState) -> Self {
        (*state.leptos).clone()
    }
}

pub fn router(core: Core, config: &Config, metrics: Option<Metrics>) -> Router {
    let state = AppState {
        leptos: Arc::new(site::options(config)),
        core: core.clone(),
        metrics,
        frontend: config.frontend_origin.clone(),
    };
    let pages = pages::routes(&state).merge(door::routes()).merge(settings::routes()).merge(plain::routes());
    let pages = pages
        .layer(from_fn(|request, next| guarded(Accepts::Browsers, request, next)))
        .layer(from_fn_with_state(state.clone(), access::refuse_cross_site));
    let pages = if config.dev { pages.merge(dev::routes()) } else { pages };
    let (contracts, document) = contracts::routes().split_for_parts();
    let document = openapi::document([document]);
    // the answer to a wrong method belongs below the layer, which answers OPTIONS
    let contracts = contracts
        .merge(openapi::route(&document))
        .merge(reference::route(&document, &state.leptos))
        .method_not_allowed_fallback(errors::no_such_method)
        .layer(cors::layer(&state));
    Router::new()
        .merge(pages)
        .merge(contracts)
        .layer(sessions(&core, config))
        .layer(Extension(state.clone()))
        .merge(site::files(config))
        .method_not_allowed_fallback(errors::no_such_method)
        .layer(from_fn_with_state(config.client_ip.clone(), origin::remember))
        .layer(CatchPanicLayer::custom(errors::panicked))
        .layer(from_fn(contracts::openai::in_its_words))
        .layer(from_fn(site::headers))
        .layer(from_fn_with_state(state.clone(), observe::observe))
        .with_state(state)
}

/// Every contract, as OpenAPI says it.
pub fn openapi_document() -> utoipa::openapi::OpenApi {
    openapi::document([contracts::routes()].map(OpenApiRouter::into_openapi))
}

fn sessions(core: &Core, config: &Config) -> SessionManagerLayer<DbSessions> {
    let secure = config.public_url.starts_with("https:");
    SessionManagerLayer::new(DbSessions::new(core))
        .with_name(if secure { "__Host-folio" } else { "folio" })
        .with_secure(secure)
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_expiry(Expiry::OnInactivity(web_sessions::LASTS))
}
