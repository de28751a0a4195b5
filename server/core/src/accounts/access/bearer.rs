//! Bearer tokens: a personal access token by its prefix, else a JWT of our own or of the auth service.

use super::{Lease, Proof};
use crate::accounts::principal::{Principal, Reach};
use crate::accounts::{Accounts, digest, tokens};
use crate::error::{Error, Result};
use crate::secrets::same;
use secrecy::ExposeSecret;

impl Accounts<'_> {
    /// The access of a browser's session, if there is one behind the cookie.
    pub async fn session(&self, cookie: &str) -> Result<Option<Lease>> {
        self.admit(Proof::Web(digest(cookie))).await
    }

    /// The access that a token gives.
    pub async fn bearer(&self, token: &str) -> Result<Lease> {
        let access = self.0.access();
        let proof = if token.starts_with(tokens::PREFIX) {
            Proof::Token(digest(token))
        } else if let Some(external) = &access.external {
            Proof::Known { user: external.user(self.0, token).await?, reach: Reach::Full }
        } else {
            let claims = access.jwt.read(token).ok_or_else(refused)?;
            Proof::App { session: claims.sid, until: claims.exp.saturating_mul(1000) }
        };
        self.admit(proof).await?.ok_or_else(refused)
    }

    /// Whose a token is, for another service that shows the internal key; else why nobody's. A token that may not write is
    /// not vouched for, since the service could not know.
    pub async fn vouch(&self, key: &str, token: &str) -> Result<std::result::Result<Principal, String>> {
        let Some(expected) = &self.0.settings().internal_api_key else {
            return Err(Error::Unavailable("INTERNAL_API_KEY is not set, so no service can ask here.".into()));
        };
        if !same(expected.expose_secret(), key) {
            return Err(Error::Unauthenticated("The header X-Internal-API-Key is missing or wrong.".into()));
        }
        match self.bearer(token).await {
            Ok(lease) if lease.who().reach.may_write() => Ok(Ok(lease.who().clone())),
            Ok(_) => Ok(Err("This token may read only.".into())),
            Err(Error::Unauthenticated(reason)) => Ok(Err(reason)),
            Err(fault) => Err(fault),
        }
    }
}

fn refused() -> Error {
    Error::Unauthenticated("This token is not valid, or not any more.".into())
}
