//! Access tokens of our own: short-lived JWTs under one fixed algorithm.

use crate::clock::now;
use crate::error::{Error, Result};
use crate::secrets::Key;
use folio_types::UserId;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Seconds that an access token is good for.
pub const LIFE: i64 = 15 * 60;
const AUDIENCE: &str = "folio";

pub struct Jwt {
    issuer: String,
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
}

#[derive(Serialize, Deserialize)]
pub struct Claims {
    iss: String,
    aud: String,
    pub sub: UserId,
    /// The session that it belongs to; ending that ends the token.
    pub sid: Uuid,
    jti: Uuid,
    iat: i64,
    /// Seconds since the epoch.
    pub exp: i64,
}

impl Jwt {
    pub fn new(key: &Key, issuer: &str) -> Self {
        // another algorithm in a token's header is never followed
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[issuer]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.leeway = 0;
        Self {
            issuer: issuer.to_owned(),
            encoding: EncodingKey::from_secret(key.expose_secret()),
            decoding: DecodingKey::from_secret(key.expose_secret()),
            validation,
        }
    }

    pub fn issue(&self, user: UserId, session: Uuid) -> Result<String> {
        let iat = now() / 1000;
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: AUDIENCE.to_owned(),
            sub: user,
            sid: session,
            jti: Uuid::now_v7(),
            iat,
            exp: iat + LIFE,
        };
        encode(&Header::new(Algorithm::HS256), &claims, &self.encoding).map_err(Error::internal)
    }

    /// What the token says, if we made it and it has not expired.
    pub fn read(&self, token: &str) -> Option<Claims> {
        decode(token, &self.decoding, &self.validation).ok().map(|token| token.claims)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jwt(secret: u8, issuer: &str) -> Jwt {
        Jwt::new(&Key::new(Box::new([secret; 32])), issuer)
    }

    #[test]
    fn a_token_says_whose_it_is() {
        let ours = jwt(1, "http://folio");
        let (user, session) = (UserId(Uuid::now_v7()), Uuid::now_v7());
        let token = ours.issue(user, session).expect("a token");
        let claims = ours.read(&token).expect("it is ours");
        assert_eq!((claims.sub, claims.sid, claims.exp - claims.iat), (user, session, LIFE));
    }

    #[test]
    fn tokens_of_others_are_worth_nothing() {
        let ours = jwt(1, "http://folio");
        let (user, session) = (UserId(Uuid::now_v7()), Uuid::now_v7());
        for other in [jwt(2, "http://folio"), jwt(1, "http://other")] {
            assert!(ours.read(&other.issue(user, session).expect("a token")).is_none());
        }
        let claims = |iss: &str, aud: &str, exp| Claims {
            iss: iss.into(),
            aud: aud.into(),
            sub: user,
            sid: session,
            jti: Uuid::now_v7(),
            iat: 0,
            exp,
        };
        let far = now() / 1000 + 60;
        for (algorithm, claims) in [
            (Algorithm::HS384, claims("http://folio", AUDIENCE, far)),
            (Algorithm::HS256, claims("http://folio", "else", far)),
            (Algorithm::HS256, claims("http://folio", AUDIENCE, now() / 1000 - 1)),
        ] {
            let token = encode(&Header::new(algorithm), &claims, &ours.encoding).expect("a token");
            assert!(ours.read(&token).is_none());
        }
        // {"alg":"none","typ":"JWT"} and no signature
        let token = ours.issue(user, session).expect("a token");
        let payload = token.split('.').nth(1).expect("a payload");
        assert!(ours.read(&format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{payload}.")).is_none());
    }
}
