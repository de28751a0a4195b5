//! One folder for each face. A face parses, calls the domain and renders; it has no rule of its own.

mod account;
mod assistant;
mod auth;
mod books;
mod conversations;
mod health;
mod mcp;
mod metrics;
mod models;
pub mod openai;
mod paging;
mod providers;
mod records;
mod sessions;
mod tasks;
mod timestamp;
mod topics;
mod users;

use super::AppState;
use utoipa_axum::router::OpenApiRouter;

/// Where addresses belong to programs; everything else is a page's.
const PREFIXES: [&str; 9] =
    ["/api", "/auth", "/chat", "/conversations", "/health", "/mcp", "/metrics", "/users", "/v1"];

/// Every face; each says itself which credentials it accepts.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .merge(account::routes())
        .merge(assistant::routes())
        .merge(auth::routes())
        .merge(books::routes())
        .merge(conversations::routes())
        .merge(health::routes())
        .merge(mcp::routes())
        .merge(metrics::routes())
        .merge(models::routes())
        .merge(openai::routes())
        .merge(providers::routes())
        .merge(records::routes())
        .merge(sessions::routes())
        .merge(tasks::routes())
        .merge(topics::routes())
        .merge(users::routes())
}

/// Whether a path belongs to a contract, so that even an absent route is answered as the contracts say.
pub fn is_contract(path: &str) -> bool {
    let below = |prefix: &str| path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    PREFIXES.iter().any(|prefix| below(prefix))
}
