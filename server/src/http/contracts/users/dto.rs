//! Accounts as administrators see them.

use crate::http::contracts::timestamp::Timestamp;
use folio_core::accounts::{Account, AccountLink, AccountPage};
use folio_types::{Role, UserId};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

const PAGE_SIZE: u32 = 50;

#[derive(Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// Part of a name or an address.
    pub q: String,
    #[param(minimum = 1, default = 1)]
    pub page: u32,
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub page_size: u32,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Account)]
pub struct AccountDto {
    id: UserId,
    email: String,
    name: String,
    role: Role,
    is_admin: bool,
    disabled: bool,
    created_at: Timestamp,
    last_seen_at: Option<Timestamp>,
}

#[derive(Serialize, ToSchema)]
pub struct Accounts {
    items: Vec<AccountDto>,
    total: u64,
    page: u32,
    page_size: u32,
    has_next: bool,
}

#[derive(Deserialize, ToSchema)]
#[schema(as = UserChanges)]
pub struct Changes {
    pub role: Option<Role>,
    pub disabled: Option<bool>,
}

#[derive(Deserialize, ToSchema)]
pub struct Invitation {
    #[serde(default = "user")]
    #[schema(default = "user")]
    pub role: Role,
    /// Days that the link is good for.
    #[serde(default = "a_week")]
    #[schema(minimum = 1, maximum = 90, default = 7)]
    pub days: u32,
}

#[derive(Serialize, ToSchema)]
#[schema(as = AccountLink)]
pub struct LinkDto {
    /// The link; it is not shown again.
    url: String,
    expires_at: Timestamp,
}

impl Default for Asked {
    fn default() -> Self {
        Self { q: String::new(), page: 1, page_size: PAGE_SIZE }
    }
}

impl Accounts {
    pub fn new(found: AccountPage, asked: &Asked) -> Self {
        let &Asked { page, page_size, .. } = asked;
        Self {
            items: found.items.into_iter().map(Into::into).collect(),
            total: found.total,
            page,
            page_size,
            has_next: u64::from(page) * u64::from(page_size) < found.total,
        }
    }
}

impl From<Account> for AccountDto {
    fn from(account: Account) -> Self {
        Self {
            id: account.id,
            email: account.email,
            name: account.name,
            role: account.role,
            is_admin: account.role == Role::Admin,
            disabled: account.disabled,
            created_at: Timestamp(account.created_at),
            last_seen_at: account.seen_at.map(Timestamp),
        }
    }
}

impl From<AccountLink> for LinkDto {
    fn from(link: AccountLink) -> Self {
        Self { url: link.url.expose_secret().to_owned(), expires_at: Timestamp(link.expires_at) }
    }
}

fn user() -> Role {
    Role::User
}

fn a_week() -> u32 {
    7
}
