//! What administrators do with other people's accounts.

use super::Accounts;
use super::access::access_changed;
use super::ending::ending;
use super::principal::Principal;
use crate::audit::{self, Chain, Deed, Sealed};
use crate::clock::now;
use crate::db::{literal, on_db};
use crate::error::{Error, Result};
use folio_types::{Millis, Role, UserId};
use uuid::Uuid;

pub const MOST_ON_A_PAGE: u32 = 200;

const LIST: &str = "SELECT id, email, name, role, disabled_at, created_at,
        (SELECT MAX(seen_at) FROM web_sessions s WHERE s.user_id = u.id) AS seen_at
    FROM users u WHERE LOWER(name) LIKE $1 ESCAPE '!' OR email LIKE $1 ESCAPE '!'
    ORDER BY created_at DESC, id DESC LIMIT $2 OFFSET $3";
const COUNT: &str = "SELECT COUNT(*) FROM users WHERE LOWER(name) LIKE $1 ESCAPE '!' OR email LIKE $1 ESCAPE '!'";
const ONE: &str = "SELECT id, email, name, role, disabled_at, created_at,
        (SELECT MAX(seen_at) FROM web_sessions s WHERE s.user_id = u.id) AS seen_at
    FROM users u WHERE id = $1";
const OTHER_ADMINS: &str = "SELECT COUNT(*) FROM users WHERE role = 'admin' AND disabled_at IS NULL AND id <> $1";
const SET_ROLE: &str = "UPDATE users SET role = $2, updated_at = $3 WHERE id = $1";
const DISABLE: &str =
    "UPDATE users SET disabled_at = COALESCE(disabled_at, $2), epoch = epoch + 1, updated_at = $2 WHERE id = $1";
const ENABLE: &str = "UPDATE users SET disabled_at = NULL, updated_at = $2 WHERE id = $1";
const END_EPOCH: &str = "UPDATE users SET epoch = epoch + 1, updated_at = $2 WHERE id = $1";

/// An account as administrators see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub id: UserId,
    pub email: String,
    pub name: String,
    pub role: Role,
    pub disabled: bool,
    pub created_at: Millis,
    /// When one of its browsers was last here, to the minute.
    pub seen_at: Option<Millis>,
}

/// Some of the accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountPage {
    pub items: Vec<Account>,
    pub total: u64,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    email: String,
    name: String,
    role: String,
    disabled_at: Option<i64>,
    created_at: i64,
    seen_at: Option<i64>,
}

/// What an administrator does to an account.
#[derive(Clone, Copy)]
pub(crate) enum Change {
    Role(Role),
    Disable,
    Enable,
    SignOut,
}

impl Change {
    fn action(self) -> &'static str {
        match self {
            Self::Role(_) => "users.role",
            Self::Disable => "users.disable",
            Self::Enable => "users.enable",
            Self::SignOut => "users.sign_out",
        }
    }

    fn detail(self) -> &'static str {
        match self {
            Self::Role(role) => role.as_str(),
            Self::Disable | Self::Enable | Self::SignOut => "",
        }
    }
}

impl Accounts<'_> {
    /// The accounts whose name or address contains `search`, newest first; `page` counts from 1.
    pub async fn list(&self, who: &Principal, search: &str, page: u32, page_size: u32) -> Result<AccountPage> {
        let found = self.list_unrecorded(who, search, page, page_size).await?;
        self.0.audit().look(who, "users", "the accounts of everyone", None).await?;
        Ok(found)
    }

    /// As [`Accounts::list`], for looks that are part of what is recorded anyway.
    pub(crate) async fn list_unrecorded(
        &self,
        who: &Principal,
        search: &str,
        page: u32,
        page_size: u32,
    ) -> Result<AccountPage> {
        who.as_admin()?;
        if page == 0 {
            return Err(Error::invalid("page", "Pages count from 1."));
        }
        if page_size == 0 || page_size > MOST_ON_A_PAGE {
            return Err(Error::invalid("page_size", format!("Ask for 1 to {MOST_ON_A_PAGE} accounts.")));
        }
        let like = format!("%{}%", literal(&search.trim().to_lowercase()));
        let offset = i64::from(page - 1) * i64::from(page_size);
        let rows: Vec<Row> = on_db!(read self.0.db(), pool =>
            sqlx::query_as(LIST).bind(&like).bind(i64::from(page_size)).bind(offset).fetch_all(pool).await)?;
        let total: i64 = on_db!(read self.0.db(), pool => sqlx::query_scalar(COUNT).bind(&like).fetch_one(pool).await)?;
        let items = rows.into_iter().map(TryInto::try_into).collect::<Result<_>>()?;
        Ok(AccountPage { items, total: total.unsigned_abs() })
    }

    /// Any account, for an administrator.
    pub async fn account(&self, who: &Principal, id: UserId) -> Result<Account> {
        let account = self.unrecorded(who, id).await?;
        if id != who.id {
            self.0.audit().look(who, "users", &account.email, Some(id)).await?;
        }
        Ok(account)
    }

    /// As [`Accounts::account`], for looks that are part of what is recorded anyway.
    pub(crate) async fn unrecorded(&self, who: &Principal, id: UserId) -> Result<Account> {
        who.as_admin()?;
        self.row(id).await
    }

    /// Takes effect at once. Somebody must stay administrator.
    pub async fn set_role(&self, who: &Principal, id: UserId, role: Role) -> Result<Account> {
        self.change_and_record(who, id, Change::Role(role)).await
    }

    /// Ends every access of the account until it is enabled again; nothing of it is deleted.
    pub async fn disable(&self, who: &Principal, id: UserId) -> Result<Account> {
        self.change_and_record(who, id, Change::Disable).await
    }

    pub async fn enable(&self, who: &Principal, id: UserId) -> Result<Account> {
        self.change_and_record(who, id, Change::Enable).await
    }

    /// Ends every session of the account. Personal access tokens stay.
    pub async fn sign_out(&self, who: &Principal, id: UserId) -> Result<Account> {
        self.change_and_record(who, id, Change::SignOut).await
    }

    async fn change_and_record(&self, who: &Principal, id: UserId, change: Change) -> Result<Account> {
        let account = self.unrecorded(who, id).await?;
        let deed = Deed::ran(change.action(), account.email).about(id).saying(change.detail());
        self.change(who, id, change, Some(audit::draft(who, deed))).await
    }

    /// What an operation does is recorded by the gate that it came through.
    pub(crate) async fn change(
        &self,
        who: &Principal,
        id: UserId,
        change: Change,
        record: Option<Sealed>,
    ) -> Result<Account> {
        who.as_admin()?;
        who.as_owner()?;
        let at = now();
        let version = on_db!(change self.0.db(), tx => {
            // this waits for others who change accounts, so that the count of administrators is true until the commit
            let version = access_changed!(tx, id);
            if matches!(change, Change::Disable) || matches!(change, Change::Role(role) if role != Role::Admin) {
                let others: i64 = sqlx::query_scalar(OTHER_ADMINS).bind(id.0).fetch_one(&mut *tx).await?;
                if others == 0 {
                    return Err(Error::Conflict("This is the last administrator. Make another one first.".into()));
                }
            }
            let done = match change {
                Change::Role(role) =>
                    sqlx::query(SET_ROLE).bind(id.0).bind(role.as_str()).bind(at).execute(&mut *tx).await?,
                Change::Disable => sqlx::query(DISABLE).bind(id.0).bind(at).execute(&mut *tx).await?,
                Change::Enable => sqlx::query(ENABLE).bind(id.0).bind(at).execute(&mut *tx).await?,
                Change::SignOut => sqlx::query(END_EPOCH).bind(id.0).bind(at).execute(&mut *tx).await?,
            };
            if done.rows_affected() == 0 {
                return Err(Error::NotFound("User"));
            }
            if matches!(change, Change::Disable | Change::SignOut) {
                ending!(tx, id);
            }
            if let Some(record) = &record {
                tx.append(record).await?;
            }
            tx.commit().await?;
            version
        });
        self.0.access().changed(id, version);
        self.row(id).await
    }

    async fn row(&self, id: UserId) -> Result<Account> {
        let row: Option<Row> =
            on_db!(read self.0.db(), pool => sqlx::query_as(ONE).bind(id.0).fetch_optional(pool).await)?;
        row.ok_or(Error::NotFound("User"))?.try_into()
    }
}

impl TryFrom<Row> for Account {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        let Row { id, email, name, role, disabled_at, created_at, seen_at } = row;
        let role = role.parse().map_err(|fault: String| Error::internal(fault))?;
        Ok(Self { id: UserId(id), email, name, role, disabled: disabled_at.is_some(), created_at, seen_at })
    }
}
