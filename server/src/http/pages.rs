//! The pages: rendered on the server, then hydrated.

use super::AppState;
use app::{App, FormOutcome, shell};
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use leptos::prelude::provide_context;
use leptos_axum::{
    LeptosRoutes, file_and_error_handler_with_context, generate_route_list, render_app_async_with_context,
};

pub fn routes(state: &AppState) -> Router<AppState> {
    let context = {
        let core = state.core.clone();
        move || provide_context(core.clone())
    };
    let shown = {
        let leptos = state.leptos.clone();
        move || shell(leptos.clone())
    };
    Router::new()
        .leptos_routes_with_context(state, generate_route_list(App), context.clone(), shown)
        .fallback(file_and_error_handler_with_context::<AppState, _>(context, shell))
}

/// Renders the page of `request` once more, with what became of its form.
pub async fn render(state: &AppState, outcome: Option<FormOutcome>, request: Request<Body>) -> Response {
    let context = {
        let core = state.core.clone();
        move || {
            provide_context(core.clone());
            if let Some(outcome) = outcome.clone() {
                provide_context(outcome);
            }
        }
    };
    let leptos = state.leptos.clone();
    render_app_async_with_context(context, move || shell(leptos.clone()))(request).await
}
