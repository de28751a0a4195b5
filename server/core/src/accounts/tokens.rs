//! Personal access tokens: made in the settings, shown once, stored as digests.

use super::access::access_changed;
use super::principal::{Principal, Reach};
use super::{Accounts, digest, secret};
use crate::audit::{self, Chain, Deed};
use crate::clock::now;
use crate::db::on_db;
use crate::error::{Error, Result};
use folio_types::Millis;
use secrecy::SecretString;
use uuid::Uuid;

pub const PREFIX: &str = "folio_pat_";
/// More are no use, and somebody's mistake.
const MOST: i64 = 100;

const COUNT: &str = "SELECT COUNT(*) FROM personal_tokens WHERE user_id = $1";
const ADD: &str = "INSERT INTO personal_tokens (id, user_id, name, digest, reach, created_at, expires_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7)";
const LIST: &str = "SELECT id, name, reach, created_at, used_at, expires_at FROM personal_tokens
    WHERE user_id = $1 ORDER BY id DESC";
const REVOKE: &str = "DELETE FROM personal_tokens WHERE id = $1 AND user_id = $2 RETURNING name";

/// A token as its owner sees it afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonalToken {
    pub id: Uuid,
    pub name: String,
    pub reach: Reach,
    pub created_at: Millis,
    /// To the minute.
    pub used_at: Option<Millis>,
    pub expires_at: Option<Millis>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    name: String,
    reach: String,
    created_at: i64,
    used_at: Option<i64>,
    expires_at: Option<i64>,
}

impl Accounts<'_> {
    /// Makes a token. The text is given this once.
    pub async fn make_token(
        &self,
        who: &Principal,
        name: &str,
        reach: Reach,
        expires_at: Option<Millis>,
    ) -> Result<(PersonalToken, SecretString)> {
        who.as_owner()?;
        let name = name.trim();
        if name.is_empty() || name.chars().count() > 100 {
            return Err(Error::invalid("name", "Give the token a name of 1 to 100 characters."));
        }
        if expires_at.is_some_and(|at| at <= now()) {
            return Err(Error::invalid("expires_at", "A token must expire in the future."));
        }
        let count: i64 =
            on_db!(read self.0.db(), pool => sqlx::query_scalar(COUNT).bind(who.id.0).fetch_one(pool).await)?;
        if count >= MOST {
            return Err(Error::Conflict("There are 100 tokens already. Revoke one first.".into()));
        }
        let text = secret(PREFIX);
        let (id, created_at) = (Uuid::now_v7(), now());
        let record = audit::draft(who, Deed::ran("tokens.create", name).saying(reach.as_str()));
        on_db!(change self.0.db(), tx => {
            sqlx::query(ADD).bind(id).bind(who.id.0).bind(name).bind(digest(&text)).bind(reach.as_str())
                .bind(created_at).bind(expires_at).execute(&mut *tx).await?;
            tx.append(&record).await?;
            tx.commit().await?;
        });
        let made = PersonalToken { id, name: name.to_owned(), reach, created_at, used_at: None, expires_at };
        Ok((made, text.into()))
    }

    /// The caller's tokens, newest first.
    pub async fn tokens(&self, who: &Principal) -> Result<Vec<PersonalToken>> {
        who.as_owner()?;
        let rows: Vec<Row> =
            on_db!(read self.0.db(), pool => sqlx::query_as(LIST).bind(who.id.0).fetch_all(pool).await)?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    /// The token stops working at once, open streams included.
    pub async fn revoke_token(&self, who: &Principal, id: Uuid) -> Result<()> {
        who.as_owner()?;
        let version = on_db!(change self.0.db(), tx => {
            let name: Option<String> =
                sqlx::query_scalar(REVOKE).bind(id).bind(who.id.0).fetch_optional(&mut *tx).await?;
            let Some(name) = name else { return Err(Error::NotFound("Token")) };
            let version = access_changed!(tx, who.id);
            tx.append(&audit::draft(who, Deed::ran("tokens.revoke", name))).await?;
            tx.commit().await?;
            version
        });
        self.0.access().changed(who.id, version);
        Ok(())
    }
}

impl TryFrom<Row> for PersonalToken {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        let Row { id, name, reach, created_at, used_at, expires_at } = row;
        Ok(Self { id, name, reach: reach.parse()?, created_at, used_at, expires_at })
    }
}
