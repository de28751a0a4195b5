//! Where a request comes from: for the audit log, for the list of sign-ins, and for what one address may do.

use axum::extract::{FromRequestParts, Request, State};
use axum::http::header;
use axum::middleware::Next;
use axum::response::Response;
use axum_client_ip::{ClientIp, ClientIpSource};
use folio_core::audit::{self, Origin};

/// Lets everything that this request does be known as coming from its sender. Behind a proxy, `source` says where that
/// writes down whom it stands before.
pub async fn remember(State(source): State<ClientIpSource>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    parts.extensions.insert(source);
    let address =
        ClientIp::from_request_parts(&mut parts, &()).await.ok().map(|ClientIp(address)| address.to_canonical());
    let via = if parts.headers.contains_key(header::AUTHORIZATION) { "api" } else { "web" };
    let origin = Origin { via: via.to_owned(), address };
    audit::from(origin, next.run(Request::from_parts(parts, body))).await
}
