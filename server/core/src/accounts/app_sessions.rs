//! Programs that signed in with a password: a short-lived access token, and a refresh token that is good for one use.

use super::access::access_changed;
use super::principal::{Principal, UserRow};
use super::{Accounts, Origin, digest, jwt, secret};
use crate::clock::now;
use crate::db::on_db;
use crate::error::{Error, Result};
use folio_types::{Millis, UserId};
use uuid::Uuid;

const PREFIX: &str = "folio_rt_";
/// A session ends this long after its last refresh.
const LIFE: Millis = 30 * 24 * 60 * 60 * 1000;

const OPEN: &str = "INSERT INTO app_sessions (id, user_id, epoch, user_agent, address, created_at, seen_at, expires_at)
    VALUES ($1, $2, $3, $4, $5, $6, $6, $7)";
const ADD_TOKEN: &str = "INSERT INTO refresh_tokens (digest, session_id) VALUES ($1, $2)";
const USE_TOKEN: &str =
    "UPDATE refresh_tokens SET used_at = $2 WHERE digest = $1 AND used_at IS NULL RETURNING session_id";
const SESSION_OF: &str = "SELECT s.id, s.user_id FROM refresh_tokens t JOIN app_sessions s ON s.id = t.session_id
    WHERE t.digest = $1";
const GO_ON: &str = "UPDATE app_sessions SET seen_at = $2, expires_at = $3 WHERE id = $1 AND expires_at > $2";
const OWNER: &str = "SELECT u.id, u.email, u.name, u.role, u.epoch
    FROM app_sessions s JOIN users u ON u.id = s.user_id
    WHERE s.id = $1 AND s.epoch = u.epoch AND u.disabled_at IS NULL";
pub(super) const CLOSE: &str = "DELETE FROM app_sessions WHERE id = $1 AND user_id = $2";

/// What a program gets for a password or a refresh token.
pub struct TokenPair {
    pub access_token: String,
    pub refresh_token: String,
    /// Seconds that the access token is good for.
    pub expires_in: i64,
    pub who: Principal,
}

impl Accounts<'_> {
    /// Begins a session for a program whose user has just proved who they are.
    pub async fn issue_tokens(&self, who: Principal, origin: &Origin) -> Result<TokenPair> {
        self.own_sign_in()?;
        let (id, at, refresh_token) = (Uuid::now_v7(), now(), secret(PREFIX));
        on_db!(change self.0.db(), tx => {
            sqlx::query(OPEN).bind(id).bind(who.id.0).bind(who.epoch).bind(&origin.user_agent).bind(&origin.address)
                .bind(at).bind(at + LIFE).execute(&mut *tx).await?;
            sqlx::query(ADD_TOKEN).bind(digest(&refresh_token)).bind(id).execute(&mut *tx).await?;
            tx.commit().await?;
        });
        self.pair(who, id, refresh_token)
    }

    /// A new pair for a refresh token. One that was used before was copied by somebody: then the session ends.
    pub async fn refresh(&self, refresh_token: &str) -> Result<TokenPair> {
        self.own_sign_in()?;
        let (used, at, next) = (digest(refresh_token), now(), secret(PREFIX));
        let went_on: Option<(Uuid, UserRow)> = on_db!(change self.0.db(), tx => {
            let session: Option<Uuid> =
                sqlx::query_scalar(USE_TOKEN).bind(&used).bind(at).fetch_optional(&mut *tx).await?;
            match session {
                None => None,
                Some(id) => {
                    let open = sqlx::query(GO_ON).bind(id).bind(at).bind(at + LIFE).execute(&mut *tx).await?;
                    let owner: Option<UserRow> = sqlx::query_as(OWNER).bind(id).fetch_optional(&mut *tx).await?;
                    match owner {
                        Some(owner) if open.rows_affected() == 1 => {
                            sqlx::query(ADD_TOKEN).bind(digest(&next)).bind(id).execute(&mut *tx).await?;
                            tx.commit().await?;
                            Some((id, owner))
                        }
                        _ => None,
                    }
                }
            }
        });
        let Some((id, owner)) = went_on else {
            if self.close_behind(&used).await? {
                tracing::warn!("a refresh token was used twice; its session was ended");
            }
            return Err(Error::Unauthenticated("This refresh token is not valid, or not any more.".into()));
        };
        self.pair(owner.try_into()?, id, next)
    }

    /// Ends the session that a refresh token belongs to, its access tokens included. Whether there was one is not said.
    pub async fn revoke(&self, refresh_token: &str) -> Result<()> {
        self.close_behind(&digest(refresh_token)).await.map(drop)
    }

    fn pair(&self, who: Principal, session: Uuid, refresh_token: String) -> Result<TokenPair> {
        let access_token = self.0.access().jwt.issue(who.id, session)?;
        Ok(TokenPair { access_token, refresh_token, expires_in: jwt::LIFE, who })
    }

    async fn close_behind(&self, token: &str) -> Result<bool> {
        let found: Option<(Uuid, Uuid)> =
            on_db!(read self.0.db(), pool => sqlx::query_as(SESSION_OF).bind(token).fetch_optional(pool).await)?;
        let Some((session, user)) = found else { return Ok(false) };
        let user = UserId(user);
        let version = on_db!(change self.0.db(), tx => {
            sqlx::query(CLOSE).bind(session).bind(user.0).execute(&mut *tx).await?;
            let version = access_changed!(tx, user);
            tx.commit().await?;
            version
        });
        self.0.access().changed(user, version);
        Ok(true)
    }

    /// Fails where an auth service signs people in.
    pub(super) fn own_sign_in(&self) -> Result<()> {
        match self.0.settings().auth_service {
            Some(_) => Err(Error::Denied("An auth service signs people in here; get a token there.".into())),
            None => Ok(()),
        }
    }
}
