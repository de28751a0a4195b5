//! Where a request comes from, for the audit log.

use axum::extract::{ConnectInfo, Request};
use axum::http::header;
use axum::middleware::Next;
use axum::response::Response;
use folio_core::audit::{self, Origin};
use std::net::SocketAddr;

/// Lets everything that this request does be recorded as coming from its sender.
pub async fn remember(request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip().to_string());
    let via = if request.headers().contains_key(header::AUTHORIZATION) { "api" } else { "web" };
    audit::from(Origin { via: via.to_owned(), address: peer }, next.run(request)).await
}
