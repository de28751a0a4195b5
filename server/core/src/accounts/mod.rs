//! Who may come in, and what they may do.

mod access;
mod administration;
mod app_sessions;
mod ending;
mod external;
mod identities;
mod invitations;
mod jwt;
mod links;
mod oidc;
mod own;
pub mod password;
mod principal;
mod registration;
mod setup;
mod sign_ins;
mod tokens;
mod web_sessions;

pub use access::{Access, Lease};
pub(crate) use administration::Change;
pub use administration::{Account, AccountPage};
pub use app_sessions::TokenPair;
pub use invitations::Invitation;
pub use links::AccountLink;
pub use oidc::{CALLBACK as OPENID_CALLBACK, PendingSignIn};
pub use principal::{Principal, Reach};
pub use setup::SetupCode;
pub use sign_ins::{SignIn, SignInKind};
pub use tokens::PersonalToken;
pub use web_sessions::{Origin, WebSession, WebSessions};

use crate::Core;
use crate::audit::{self, Actor, Chain, Deed};
use crate::clock::now;
use crate::db::on_db;
use crate::error::{Error, Result};
use crate::limits::{Key, Limit};
use folio_types::{Role, UserId};
use password::Right;
use principal::UserRow;
use rand::Rng;
use rand::distr::Alphanumeric;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// What a person types to make an account.
pub struct NewAccount {
    pub name: String,
    pub email: String,
    pub password: SecretString,
}

pub struct Accounts<'a>(pub(crate) &'a Core);

const INSERT: &str = "INSERT INTO users (id, email, name, password_hash, role, created_at, updated_at)
    VALUES ($1, $2, $3, $4, $5, $6, $6) ON CONFLICT (email) DO NOTHING";
/// Only the first administrator can be made this way, whatever arrives at the same time.
const INSERT_FIRST: &str = "INSERT INTO users (id, email, name, password_hash, role, created_at, updated_at)
    SELECT $1, $2, $3, $4, $5, $6, $6 WHERE NOT EXISTS (SELECT 1 FROM users WHERE role = 'admin')
    ON CONFLICT (email) DO NOTHING";
const ANY_ADMIN: &str = "SELECT EXISTS (SELECT 1 FROM users WHERE role = 'admin')";
const BY_ID: &str = "SELECT id, email, name, role, epoch FROM users WHERE id = $1 AND disabled_at IS NULL";
const PASSWORD_OF: &str = "SELECT id, password_hash FROM users WHERE email = $1 AND disabled_at IS NULL";

impl Accounts<'_> {
    /// Whether there is no administrator yet.
    pub async fn setup_needed(&self) -> Result<bool> {
        let any: bool = on_db!(read self.0.db(), pool => sqlx::query_scalar(ANY_ADMIN).fetch_one(pool).await)?;
        Ok(!any)
    }

    /// The code that makes the first account, for the link that is printed at start.
    pub fn issue_setup_code(&self) -> String {
        self.0.setup_code().issue()
    }

    /// Makes the first account, an administrator's, for whoever holds the printed code.
    pub async fn set_up(&self, code: &str, account: NewAccount) -> Result<Principal> {
        if !self.0.setup_code().matches(code) {
            let message = "This set-up code is not valid. Use the newest link that Folio printed when it started.";
            return Err(Error::invalid("code", message));
        }
        let first = self.insert(INSERT_FIRST, account, Role::Admin).await?;
        let Some(first) = first else {
            return Err(Error::Conflict("The first account exists already. Sign in instead.".into()));
        };
        self.0.setup_code().spend();
        Ok(first)
    }

    /// Makes the administrator whom the configuration names, unless there is one already.
    pub async fn ensure_admin(&self, email: String, password: SecretString) -> Result<()> {
        if self.setup_needed().await? {
            let name = email.split('@').next().unwrap_or_default().to_owned();
            self.insert(INSERT_FIRST, NewAccount { name, email, password }, Role::Admin).await?;
        }
        Ok(())
    }

    /// Makes an administrator for the person who runs the program.
    pub async fn create_admin(&self, account: NewAccount) -> Result<Principal> {
        self.insert(INSERT, account, Role::Admin).await?.ok_or_else(already_there)
    }

    pub async fn register(&self, account: NewAccount) -> Result<Principal> {
        if !self.registration_open().await? {
            return Err(Error::Denied("Registration is closed. Ask an administrator for an account.".into()));
        }
        if self.setup_needed().await? {
            return Err(Error::Denied("Folio is not set up yet. Use the link that it printed when it started.".into()));
        }
        self.insert(INSERT, account, Role::User).await?.ok_or_else(already_there)
    }

    /// The account that this e-mail address and password open.
    pub async fn sign_in(&self, email: &str, password: SecretString) -> Result<Principal> {
        let right = self.check(&normal_email(email), password).await?;
        let who = self.principal(right.user).await?.ok_or_else(wrong_password)?;
        self.0.audit().record(&who, Deed::ran("accounts.sign_in", &who.email)).await?;
        Ok(who)
    }

    /// The principal of an account, or none when it is gone or disabled.
    pub async fn principal(&self, id: UserId) -> Result<Option<Principal>> {
        let row: Option<UserRow> =
            on_db!(read self.0.db(), pool => sqlx::query_as(BY_ID).bind(id.0).fetch_optional(pool).await)?;
        row.map(TryInto::try_into).transpose()
    }

    /// The same caller with the rights of this moment, or none when the account is gone or disabled.
    pub(crate) async fn as_of_now(&self, who: &Principal) -> Result<Option<Principal>> {
        Ok(self.principal(who.id).await?.map(|now| now.within(who.reach)))
    }

    pub fn web_sessions(&self) -> WebSessions {
        WebSessions(self.0.clone())
    }

    /// Compares a password with the account's; takes as long when there is none.
    async fn check(&self, email: &str, password: SecretString) -> Result<Right> {
        if let Some(address) = audit::Origin::here().address {
            self.0.limits().count(Limit::SignIns, Key::address(address)).await?;
        }
        let row: Option<(Uuid, String)> =
            on_db!(read self.0.db(), pool => sqlx::query_as(PASSWORD_OF).bind(email).fetch_optional(pool).await)?;
        let stored = row.as_ref().map(|(_, hash)| hash.clone());
        let too_long = password.expose_secret().len() > password::LONGEST;
        let right = !too_long && password::verify(password.expose_secret().to_owned(), stored).await?;
        match row {
            Some((user, hash)) if right => Ok(Right { user: UserId(user), hash }),
            Some((user, _)) => {
                // what was typed for an account that there is not may be anything, even a password
                let deed =
                    Deed::denied("accounts.sign_in", email).about(UserId(user)).saying("The password was wrong.");
                self.0.audit().record(Actor::Program("somebody"), deed).await?;
                Err(wrong_password())
            }
            None => Err(wrong_password()),
        }
    }

    async fn insert(&self, sql: &'static str, account: NewAccount, role: Role) -> Result<Option<Principal>> {
        let NewAccount { name, email, password } = account.checked()?;
        let digest = password::hash(password.expose_secret().to_owned()).await?;
        let id = UserId(Uuid::now_v7());
        let made = Principal { id, name, email, role, reach: Reach::Full, epoch: 0 };
        let record = audit::draft(&made, Deed::ran("accounts.create", &made.email).saying(role.as_str()));
        on_db!(change self.0.db(), tx => {
            let inserted = sqlx::query(sql)
                .bind(id.0).bind(&made.email).bind(&made.name).bind(&digest).bind(role.as_str()).bind(now())
                .execute(&mut *tx).await?;
            if inserted.rows_affected() == 0 {
                return Ok(None);
            }
            tx.append(&record).await?;
            tx.commit().await?;
        });
        Ok(Some(made))
    }
}

impl NewAccount {
    fn checked(self) -> Result<Self> {
        let name = checked_name(&self.name)?;
        let email = normal_email(&self.email);
        let well_formed = email.split_once('@').is_some_and(|(who, host)| !who.is_empty() && !host.is_empty());
        if !well_formed || email.len() > 254 || email.contains(char::is_whitespace) {
            return Err(Error::invalid("email", "Give an e-mail address, for example ada@example.org."));
        }
        check_password(&self.password)?;
        Ok(Self { name, email, password: self.password })
    }
}

fn checked_name(name: &str) -> Result<String> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 100 {
        return Err(Error::invalid("name", "Give a name of 1 to 100 characters."));
    }
    Ok(name.to_owned())
}

fn check_password(password: &SecretString) -> Result<()> {
    let secret = password.expose_secret();
    if secret.chars().count() < password::SHORTEST {
        return Err(Error::invalid("password", "Choose a password of at least 8 characters."));
    }
    if secret.len() > password::LONGEST {
        return Err(Error::invalid("password", "Choose a password of at most 200 bytes."));
    }
    Ok(())
}

fn wrong_password() -> Error {
    Error::Unauthenticated("The e-mail address or the password is wrong.".into())
}

fn already_there() -> Error {
    Error::Conflict("There is an account with this e-mail address already. Sign in instead.".into())
}

fn normal_email(email: &str) -> String {
    email.trim().to_lowercase()
}

/// A new secret that nobody can guess: 43 letters and digits are 256 bits.
fn secret(prefix: &str) -> String {
    let random: String = rand::rng().sample_iter(Alphanumeric).take(43).map(char::from).collect();
    format!("{prefix}{random}")
}

/// What is stored in place of a secret that we made; it is random, so a plain digest tells nothing.
fn digest(secret: &str) -> String {
    use std::fmt::Write;
    Sha256::digest(secret).iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
