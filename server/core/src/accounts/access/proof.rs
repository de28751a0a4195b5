//! What a credential proved, and what the database says to it now.

use crate::accounts::principal::{Principal, Reach, UserRow};
use crate::clock::now;
use crate::db::{Db, on_db};
use crate::error::Result;
use folio_types::{Millis, UserId};
use uuid::Uuid;

/// A use is written down again after this long.
const MINUTE: Millis = 60_000;

/// What is established already, so that one look into the database says whether it still opens the account.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Proof {
    /// The digest of a browser's session.
    Web(String),
    /// An access token's session, until the token expires.
    App { session: Uuid, until: Millis },
    /// The digest of a personal access token.
    Token(String),
    /// The stored hash that a password matched.
    Password { user: UserId, hash: String },
    /// Somebody whom the configuration or an auth service vouches for.
    Known { user: UserId, reach: Reach },
}

const WEB: &str = "SELECT u.id, u.email, u.name, u.role, u.epoch, s.seen_at, s.expires_at, NULL AS reach
    FROM web_sessions s JOIN users u ON u.id = s.user_id
    WHERE s.id = $1 AND s.expires_at > $2 AND s.epoch = u.epoch AND u.disabled_at IS NULL";
const APP: &str = "SELECT u.id, u.email, u.name, u.role, u.epoch, s.seen_at, s.expires_at, NULL AS reach
    FROM app_sessions s JOIN users u ON u.id = s.user_id
    WHERE s.id = $1 AND s.expires_at > $2 AND s.epoch = u.epoch AND u.disabled_at IS NULL";
const TOKEN: &str =
    "SELECT u.id, u.email, u.name, u.role, u.epoch, COALESCE(t.used_at, 0) AS seen_at, t.expires_at, t.reach
    FROM personal_tokens t JOIN users u ON u.id = t.user_id
    WHERE t.digest = $1 AND (t.expires_at IS NULL OR t.expires_at > $2) AND u.disabled_at IS NULL";
const PASSWORD: &str =
    "SELECT id, email, name, role, epoch FROM users WHERE id = $1 AND password_hash = $2 AND disabled_at IS NULL";
const KNOWN: &str = "SELECT id, email, name, role, epoch FROM users WHERE id = $1 AND disabled_at IS NULL";
const WEB_SEEN: &str = "UPDATE web_sessions SET seen_at = $2 WHERE id = $1";
const APP_SEEN: &str = "UPDATE app_sessions SET seen_at = $2 WHERE id = $1";
const TOKEN_USED: &str = "UPDATE personal_tokens SET used_at = $2 WHERE digest = $1";

#[derive(sqlx::FromRow)]
struct SignInRow {
    #[sqlx(flatten)]
    user: UserRow,
    seen_at: i64,
    expires_at: Option<i64>,
    reach: Option<String>,
}

impl Proof {
    /// Whose access it is and until when, if the database still says so.
    pub async fn confirm(&self, db: &Db) -> Result<Option<(Principal, Option<Millis>)>> {
        match self {
            Self::Web(digest) => sign_in(db, self, WEB, digest.as_str()).await,
            Self::App { session, until } => {
                let found = sign_in(db, self, APP, *session).await?;
                Ok(found.filter(|_| *until > now()).map(|(who, _)| (who, Some(*until))))
            }
            Self::Token(digest) => sign_in(db, self, TOKEN, digest.as_str()).await,
            Self::Password { user, hash } => {
                let row: Option<UserRow> = on_db!(read db, pool =>
                    sqlx::query_as(PASSWORD).bind(user.0).bind(hash).fetch_optional(pool).await)?;
                Ok(row.map(Principal::try_from).transpose()?.map(|who| (who, None)))
            }
            Self::Known { user, reach } => {
                let row: Option<UserRow> =
                    on_db!(read db, pool => sqlx::query_as(KNOWN).bind(user.0).fetch_optional(pool).await)?;
                Ok(row.map(Principal::try_from).transpose()?.map(|who| (who.within(*reach), None)))
            }
        }
    }

    async fn touch(&self, db: &Db) {
        let at = now();
        let touched = async {
            on_db!(write db, pool => match self {
                Self::Web(digest) => sqlx::query(WEB_SEEN).bind(digest).bind(at).execute(pool).await.map(drop),
                Self::App { session, .. } => sqlx::query(APP_SEEN).bind(session).bind(at).execute(pool).await.map(drop),
                Self::Token(digest) => sqlx::query(TOKEN_USED).bind(digest).bind(at).execute(pool).await.map(drop),
                Self::Password { .. } | Self::Known { .. } => Ok(()),
            })
        };
        if let Err(fault) = touched.await {
            tracing::warn!(%fault, "a use could not be written down");
        }
    }
}

async fn sign_in<'q, K>(
    db: &Db,
    proof: &Proof,
    sql: &'static str,
    key: K,
) -> Result<Option<(Principal, Option<Millis>)>>
where
    K: sqlx::Encode<'q, sqlx::Sqlite>
        + sqlx::Type<sqlx::Sqlite>
        + sqlx::Encode<'q, sqlx::Postgres>
        + sqlx::Type<sqlx::Postgres>
        + Send
        + 'q,
{
    let row: Option<SignInRow> =
        on_db!(read db, pool => sqlx::query_as(sql).bind(key).bind(now()).fetch_optional(pool).await)?;
    let Some(row) = row else { return Ok(None) };
    if row.seen_at <= now() - MINUTE {
        proof.touch(db).await;
    }
    let reach = row.reach.as_deref().map_or(Ok(Reach::Full), str::parse)?;
    Ok(Some((Principal::try_from(row.user)?.within(reach), row.expires_at)))
}
