//! Where a sign-in comes from, for its owner's list of sessions.

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use folio_core::accounts::Origin;
use folio_core::audit;
use std::convert::Infallible;

const LONGEST: usize = 300;

/// The caller's program and address, as far as they are told.
pub struct CameFrom(pub Origin);

impl<S: Send + Sync> FromRequestParts<S> for CameFrom {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let user_agent = parts.headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
        Ok(Self(Origin {
            user_agent: user_agent.map(|agent| agent.chars().take(LONGEST).collect()),
            address: audit::Origin::here().address.map(|address| address.to_string()),
        }))
    }
}
