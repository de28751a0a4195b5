//! The pages: rendered on the server, then hydrated.

use super::{AppState, contracts, errors};
use app::{App, shell};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::Uri;
use axum::response::IntoResponse;
use leptos::prelude::provide_context;
use leptos_axum::{LeptosRoutes, file_and_error_handler_with_context, generate_route_list};

pub fn routes(state: &AppState) -> Router<AppState> {
    let context = {
        let core = state.core.clone();
        move || provide_context(core.clone())
    };
    let shown = {
        let leptos = state.leptos.clone();
        move || shell((*leptos).clone())
    };
    let no_such_page = file_and_error_handler_with_context::<AppState, _>(context.clone(), shell);
    let nothing = async move |uri: Uri, state: State<AppState>, request: Request| {
        if contracts::is_contract(uri.path()) {
            return errors::no_such_route().into_response();
        }
        no_such_page(uri, state, request).await
    };
    Router::new().leptos_routes_with_context(state, generate_route_list(App), context, shown).fallback(nothing)
}
