//! One folder for each face. A face parses, calls the domain and renders; it has no rule of its own.

mod books;
mod conversations;
mod health;

use super::AppState;
use axum::Router;

/// Routes that need a caller.
pub fn routes() -> Router<AppState> {
    Router::new().merge(books::routes()).merge(conversations::routes())
}

/// Routes that anyone may call.
pub fn open_routes() -> Router<AppState> {
    health::routes()
}
