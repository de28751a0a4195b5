//! People's own keys, used instead of a model server's own.

use super::rows::{UserKey, UserKeyRow, hint, place_of_user_key};
use super::{Providers, checked_key, is_admin};
use crate::accounts::Principal;
use crate::audit::{self, Chain, Deed};
use crate::clock::now;
use crate::db::on_db;
use crate::error::{Error, Result};
use folio_types::{ProviderId, UserId};
use secrecy::SecretString;

const EXISTS: &str = "SELECT EXISTS (SELECT 1 FROM users WHERE id = $1)";
const MAY_USE: &str =
    "SELECT EXISTS (SELECT 1 FROM llm_providers WHERE id = $1 AND (owner_id IS NULL OR owner_id = $2))";
const KEEP: &str = "INSERT INTO user_llm_configs (user_id, provider_id, api_key, key_hint, created_at, updated_at)
    VALUES ($1, $2, $3, $4, $5, $5)
    ON CONFLICT (user_id, provider_id) DO UPDATE SET api_key = $3, key_hint = $4, updated_at = $5";
const ONE: &str = "SELECT user_id, provider_id, key_hint, created_at, updated_at FROM user_llm_configs
    WHERE user_id = $1 AND provider_id = $2";
const ALL: &str =
    "SELECT user_id, provider_id, key_hint, created_at, updated_at FROM user_llm_configs WHERE user_id = $1";
const REMOVE: &str = "DELETE FROM user_llm_configs WHERE user_id = $1 AND provider_id = $2";

impl Providers<'_> {
    /// Keeps a key, encrypted, in place of the one before. `user` is the caller; an administrator may name another.
    pub async fn keep_key(
        &self,
        who: &Principal,
        user: UserId,
        provider: ProviderId,
        key: SecretString,
    ) -> Result<UserKey> {
        if user != who.id {
            if !is_admin(who) {
                return Err(Error::Denied("You can only keep keys of your own.".into()));
            }
            let known: bool =
                on_db!(read self.0.db(), pool => sqlx::query_scalar(EXISTS).bind(user.0).fetch_one(pool).await?);
            if !known {
                return Err(Error::NotFound("User"));
            }
        }
        let usable: bool = on_db!(read self.0.db(), pool =>
            sqlx::query_scalar(MAY_USE).bind(provider.0).bind(user.0).fetch_one(pool).await?);
        if !usable {
            return Err(Error::NotFound("LLM provider"));
        }
        let key = checked_key(key)?;
        let sealed = self.0.catalog().seal.close(&place_of_user_key(user, provider), &key)?;
        let record = audit::draft(who, Deed::ran("providers.keep_key", provider.to_string()).about(user));
        on_db!(change self.0.db(), tx => {
            sqlx::query(KEEP).bind(user.0).bind(provider.0).bind(&sealed).bind(hint(&key)).bind(now())
                .execute(&mut *tx).await?;
            tx.append(&record).await?;
            tx.commit().await?;
        });
        self.key(who, user, provider).await
    }

    pub async fn key(&self, who: &Principal, user: UserId, provider: ProviderId) -> Result<UserKey> {
        if who.id != user && !is_admin(who) {
            return Err(Error::NotFound("User LLM config"));
        }
        let row: Option<UserKeyRow> = on_db!(read self.0.db(), pool =>
            sqlx::query_as(ONE).bind(user.0).bind(provider.0).fetch_optional(pool).await?);
        row.map(Into::into).ok_or(Error::NotFound("User LLM config"))
    }

    /// The caller's own keys.
    pub async fn keys(&self, who: &Principal) -> Result<Vec<UserKey>> {
        let rows: Vec<UserKeyRow> =
            on_db!(read self.0.db(), pool => sqlx::query_as(ALL).bind(who.id.0).fetch_all(pool).await?);
        Ok(rows.into_iter().map(Into::into).collect())
    }

    pub async fn remove_key(&self, who: &Principal, user: UserId, provider: ProviderId) -> Result<()> {
        self.key(who, user, provider).await?;
        let record = audit::draft(who, Deed::ran("providers.remove_key", provider.to_string()).about(user));
        on_db!(change self.0.db(), tx => {
            sqlx::query(REMOVE).bind(user.0).bind(provider.0).execute(&mut *tx).await?;
            tx.append(&record).await?;
            tx.commit().await?;
        });
        Ok(())
    }
}
