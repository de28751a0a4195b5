//! What Folio lends to other programs' assistants, by the Model Context Protocol: its harmless operations, and those only.

mod tools;

use crate::http::AppState;
use crate::http::access::Who;
use crate::http::openapi::{Accepts, face};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use rmcp::transport::StreamableHttpService;
use rmcp::transport::streamable_http_server::StreamableHttpServerConfig;
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use std::sync::Arc;
use tools::Tools;
use utoipa_axum::{router::OpenApiRouter, routes};

/// A question to a tool is short.
const LARGEST: usize = 64 * 1024;

pub fn routes() -> OpenApiRouter<AppState> {
    let description =
        "The Model Context Protocol: other programs' assistants search the books and read pages, with a token.";
    face("mcp", description, Accepts::Readers, OpenApiRouter::new().routes(routes!(mcp)))
}

/// A message of the Model Context Protocol (streamable HTTP)
///
/// Tools: `search_library`, `list_books`, `read_page`, `list_conversations`. There are no sessions: each message stands for
/// itself, so that any process can answer it.
#[utoipa::path(post, path = "/mcp", request_body(content = serde_json::Value, description = "A JSON-RPC 2.0 message.", example = json!({
        "jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": { "name": "search_library", "arguments": { "query": "how bees tell each other where flowers are" } },
    })),
    params(("accept" = String, Header, description = "Both `application/json` and `text/event-stream`.")),
    responses(
        (status = 200, body = serde_json::Value, description = "The answer, a JSON-RPC 2.0 message.", example = json!({
            "jsonrpc": "2.0", "id": 1, "result": { "content": [{ "type": "text", "text": "{\"passages\":[…]}" }] },
        })),
        (status = 202, description = "A notification was taken."),
        (status = 406, body = String, content_type = "text/plain", description = "`Accept` does not name both kinds."),
        (status = 415, body = String, content_type = "text/plain", description = "The message is not JSON."),
        (status = 422, body = serde_json::Value, description = "The message is not JSON-RPC 2.0."),
    ))]
async fn mcp(State(state): State<AppState>, Who(who): Who, request: Request) -> Response {
    // whoever sends a cookie was compared with this site's own address before
    let config = StreamableHttpServerConfig::default()
        .disable_allowed_hosts()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_max_request_body_bytes(LARGEST);
    let tools = Tools::new(state.core, who);
    let service =
        StreamableHttpService::new(move || Ok(tools.clone()), Arc::new(NeverSessionManager::default()), config);
    let mut response = service.handle(request).await.map(Body::new);
    if !response.status().is_success() {
        response.headers_mut().entry(header::CONTENT_TYPE).or_insert(HeaderValue::from_static("text/plain"));
    }
    response
}
