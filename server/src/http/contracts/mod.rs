//! One folder for each face. A face parses, calls the domain and renders; it has no rule of its own.

mod assistant;
mod books;
mod conversations;
mod health;
mod paging;
mod records;
mod sessions;
mod tasks;
mod timestamp;
mod topics;

use super::AppState;
use utoipa_axum::router::OpenApiRouter;

/// Where addresses belong to programs; everything else is a page's.
const PREFIXES: [&str; 7] = ["/api", "/auth", "/chat", "/conversations", "/health", "/users", "/v1"];

/// Routes that need a caller.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .merge(assistant::routes())
        .merge(books::routes())
        .merge(conversations::routes())
        .merge(records::routes())
        .merge(sessions::routes())
        .merge(tasks::routes())
        .merge(topics::routes())
}

/// Routes that anyone may call.
pub fn open_routes() -> OpenApiRouter<AppState> {
    health::routes()
}

/// Whether a path belongs to a contract, so that even an absent route is answered as the contracts say.
pub fn is_contract(path: &str) -> bool {
    let below = |prefix: &str| path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    PREFIXES.iter().any(|prefix| below(prefix))
}
