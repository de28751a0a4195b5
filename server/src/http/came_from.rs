//! Where a sign-in comes from, for its owner's list of sessions.

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::header;
use axum::http::request::Parts;
use folio_core::accounts::Origin;
use std::convert::Infallible;
use std::net::SocketAddr;

const LONGEST: usize = 300;

/// The caller's program and address, as far as they are told.
pub struct CameFrom(pub Origin);

impl<S: Send + Sync> FromRequestParts<S> for CameFrom {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let user_agent = parts.headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        Ok(Self(Origin {
            user_agent: user_agent.map(|agent| agent.chars().take(LONGEST).collect()),
            address: peer.map(|ConnectInfo(peer)| peer.ip().to_string()),
        }))
    }
}
