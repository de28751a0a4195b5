//! Model servers as the databases keep them.

use crate::db::{Db, on_db};
use crate::error::{Error, Result};
use crate::llm::Takes;
use crate::secrets::Seal;
use folio_types::{Millis, ProviderId, UserId};
use secrecy::{ExposeSecret, SecretString};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

const USABLE: &str =
    "SELECT p.id, p.owner_id, p.kind, p.name, p.api_endpoint, p.models, p.takes_images, p.takes_tools, p.api_key,
        k.api_key AS own_key
    FROM llm_providers p LEFT JOIN user_llm_configs k ON k.provider_id = p.id AND k.user_id = $1
    WHERE p.enabled AND (p.owner_id IS NULL OR p.owner_id = $1)
    ORDER BY p.owner_id IS NOT NULL, p.id";
const USABLE_ONE: &str =
    "SELECT p.id, p.owner_id, p.kind, p.name, p.api_endpoint, p.models, p.takes_images, p.takes_tools, p.api_key,
        k.api_key AS own_key
    FROM llm_providers p LEFT JOIN user_llm_configs k ON k.provider_id = p.id AND k.user_id = $1
    WHERE p.id = $2";

/// What a model server speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// OpenAI's chat completions.
    OpenAi,
    /// The API of inference services.
    Inference,
}

/// A model server that somebody added. It never tells its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider {
    pub id: ProviderId,
    pub kind: Kind,
    pub name: String,
    pub api_endpoint: String,
    /// The end of its key, to tell one from another; none without a key.
    pub key_hint: Option<String>,
    /// The models to offer; none means all that it lists.
    pub models: Option<Vec<String>>,
    /// Whether everyone may use it, or only `owner`.
    pub owner: Option<UserId>,
    pub created_by: Option<UserId>,
    pub enabled: bool,
    /// What its models take beside text.
    pub takes: Takes,
    pub created_at: Millis,
    pub updated_at: Millis,
}

/// Somebody's own key for a model server. It never tells the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserKey {
    pub user: UserId,
    pub provider: ProviderId,
    pub key_hint: String,
    pub created_at: Millis,
    pub updated_at: Millis,
}

#[derive(sqlx::FromRow)]
pub struct ProviderRow {
    id: Uuid,
    owner_id: Option<Uuid>,
    created_by: Option<Uuid>,
    kind: String,
    name: String,
    api_endpoint: String,
    key_hint: Option<String>,
    models: Option<String>,
    enabled: bool,
    takes_images: bool,
    takes_tools: bool,
    created_at: i64,
    updated_at: i64,
}

#[derive(sqlx::FromRow)]
pub struct UserKeyRow {
    user_id: Uuid,
    provider_id: Uuid,
    key_hint: String,
    created_at: i64,
    updated_at: i64,
}

#[derive(sqlx::FromRow)]
struct RawUsable {
    id: Uuid,
    owner_id: Option<Uuid>,
    kind: String,
    name: String,
    api_endpoint: String,
    models: Option<String>,
    takes_images: bool,
    takes_tools: bool,
    api_key: Option<Vec<u8>>,
    own_key: Option<Vec<u8>>,
}

/// A model server as somebody uses it: with their own key, or else with the server's.
pub struct UsableRow {
    pub id: ProviderId,
    pub owner: Option<UserId>,
    pub kind: Kind,
    pub name: String,
    pub api_endpoint: String,
    pub models: Option<Vec<String>>,
    pub takes: Takes,
    api_key: Option<Vec<u8>>,
    own_key: Option<Vec<u8>>,
}

impl UsableRow {
    /// Those that `user` may use now, the ones for everyone first.
    pub async fn of(db: &Db, user: UserId) -> Result<Vec<Self>> {
        let rows: Vec<RawUsable> = on_db!(read db, pool => sqlx::query_as(USABLE).bind(user.0).fetch_all(pool).await?);
        rows.into_iter().map(TryInto::try_into).collect()
    }

    /// This one with the keys of `user`, whoever may use it.
    pub async fn one(db: &Db, user: UserId, id: ProviderId) -> Result<Self> {
        let row: Option<RawUsable> =
            on_db!(read db, pool => sqlx::query_as(USABLE_ONE).bind(user.0).bind(id.0).fetch_optional(pool).await?);
        row.ok_or(Error::NotFound("LLM provider"))?.try_into()
    }

    pub fn is_shared(&self) -> bool {
        self.owner.is_none()
    }

    /// The encrypted key that is used.
    pub fn sealed(&self) -> Option<&[u8]> {
        self.own_key.as_deref().or(self.api_key.as_deref())
    }

    /// The key that `user` uses; none without one, or where it cannot be decrypted any more.
    pub fn key(&self, seal: &Seal, user: UserId) -> Option<SecretString> {
        let place = match &self.own_key {
            Some(_) => place_of_user_key(user, self.id),
            None => place_of_key(self.owner, self.id),
        };
        let key = seal.open(&place, self.sealed()?);
        if key.is_none() {
            tracing::warn!(provider = %self.id, "a key cannot be decrypted; was SECRET_KEY changed?");
        }
        key
    }
}

/// What binds a server's key to it and to its owner.
pub fn place_of_key(owner: Option<UserId>, id: ProviderId) -> Vec<u8> {
    [&b"provider"[..], owner.unwrap_or(UserId(Uuid::nil())).0.as_bytes(), id.0.as_bytes()].concat()
}

/// What binds somebody's key to them and to the server it is for.
pub fn place_of_user_key(user: UserId, id: ProviderId) -> Vec<u8> {
    [&b"user"[..], user.0.as_bytes(), id.0.as_bytes()].concat()
}

/// As much of a key as may be shown: `sk-…wxyz`.
pub fn hint(key: &SecretString) -> String {
    let key = key.expose_secret();
    let start = if key.starts_with("sk-") { "sk-…" } else { "…" };
    // of a short one the end would be too much
    let end = key.char_indices().rev().nth(3).filter(|_| key.chars().count() >= 12).map_or("", |(at, _)| &key[at..]);
    format!("{start}{end}")
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::Inference => "inference",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Kind {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        [Self::OpenAi, Self::Inference]
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| Error::invalid("kind", "The kind is “openai” or “inference”."))
    }
}

impl TryFrom<ProviderRow> for Provider {
    type Error = Error;

    fn try_from(row: ProviderRow) -> Result<Self> {
        Ok(Self {
            id: ProviderId(row.id),
            kind: row.kind.parse()?,
            name: row.name,
            api_endpoint: row.api_endpoint,
            key_hint: row.key_hint,
            models: row.models.map(|models| serde_json::from_str(&models)).transpose()?,
            owner: row.owner_id.map(UserId),
            created_by: row.created_by.map(UserId),
            enabled: row.enabled,
            takes: Takes { images: row.takes_images, tools: row.takes_tools },
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

impl From<UserKeyRow> for UserKey {
    fn from(row: UserKeyRow) -> Self {
        Self {
            user: UserId(row.user_id),
            provider: ProviderId(row.provider_id),
            key_hint: row.key_hint,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

impl TryFrom<RawUsable> for UsableRow {
    type Error = Error;

    fn try_from(row: RawUsable) -> Result<Self> {
        Ok(Self {
            id: ProviderId(row.id),
            owner: row.owner_id.map(UserId),
            kind: row.kind.parse()?,
            name: row.name,
            api_endpoint: row.api_endpoint,
            models: row.models.map(|models| serde_json::from_str(&models)).transpose()?,
            takes: Takes { images: row.takes_images, tools: row.takes_tools },
            api_key: row.api_key,
            own_key: row.own_key,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_tells_keys_apart_and_no_more() {
        assert_eq!(hint(&"sk-proj-abcdefghwxyz".to_owned().into()), "sk-…wxyz");
        assert_eq!(hint(&"gsk_abcdefghijklmnöp".to_owned().into()), "…mnöp");
        assert_eq!(hint(&"sk-short".to_owned().into()), "sk-…");
        assert_eq!(hint(&SecretString::default()), "…");
    }
}
