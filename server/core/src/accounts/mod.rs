//! Who may come in, and what they may do.

pub mod password;
mod sessions;
mod setup;

pub use sessions::WebSessions;
pub use setup::SetupCode;

use crate::Core;
use crate::clock::now;
use crate::db::on_db;
use crate::error::{Error, Result};
use crate::settings::Registration;
use folio_types::{Me, Role, UserId};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

/// Who asks, and with which rights. Every use case takes one and decides for itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    pub id: UserId,
    pub name: String,
    pub email: String,
    pub role: Role,
}

/// What a person types to make an account.
pub struct NewAccount {
    pub name: String,
    pub email: String,
    pub password: SecretString,
}

pub struct Accounts<'a>(pub(crate) &'a Core);

const INSERT: &str = "INSERT INTO users (id, email, name, password_hash, role, created_at, updated_at)
    VALUES ($1, $2, $3, $4, $5, $6, $6) ON CONFLICT (email) DO NOTHING";
/// Only the very first account can be made this way, whatever arrives at the same time.
const INSERT_FIRST: &str = "INSERT INTO users (id, email, name, password_hash, role, created_at, updated_at)
    SELECT $1, $2, $3, $4, $5, $6, $6 WHERE NOT EXISTS (SELECT 1 FROM users)";
const ANY: &str = "SELECT EXISTS (SELECT 1 FROM users)";
const BY_ID: &str = "SELECT id, email, name, password_hash, role FROM users WHERE id = $1 AND disabled_at IS NULL";
const BY_EMAIL: &str =
    "SELECT id, email, name, password_hash, role FROM users WHERE email = $1 AND disabled_at IS NULL";

#[derive(sqlx::FromRow)]
struct UserRow {
    id: Uuid,
    email: String,
    name: String,
    password_hash: String,
    role: String,
}

impl Accounts<'_> {
    /// Whether nobody has an account yet.
    pub async fn setup_needed(&self) -> Result<bool> {
        let any: bool = on_db!(read self.0.db(), pool => sqlx::query_scalar(ANY).fetch_one(pool).await)?;
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

    /// Makes the administrator whom the configuration names, unless there is an account already.
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

    pub fn registration_open(&self) -> bool {
        self.0.settings().registration == Registration::Open
    }

    pub async fn register(&self, account: NewAccount) -> Result<Principal> {
        if !self.registration_open() {
            return Err(Error::Denied("Registration is closed. Ask an administrator for an account.".into()));
        }
        if self.setup_needed().await? {
            return Err(Error::Denied("Folio is not set up yet. Use the link that it printed when it started.".into()));
        }
        self.insert(INSERT, account, Role::User).await?.ok_or_else(already_there)
    }

    /// The account that this e-mail address and password open.
    pub async fn sign_in(&self, email: &str, password: SecretString) -> Result<Principal> {
        let email = normal_email(email);
        let row: Option<UserRow> =
            on_db!(read self.0.db(), pool => sqlx::query_as(BY_EMAIL).bind(&email).fetch_optional(pool).await)?;
        let stored = row.as_ref().map(|row| row.password_hash.clone());
        let too_long = password.expose_secret().len() > password::LONGEST;
        let right = !too_long && password::verify(password.expose_secret().to_owned(), stored).await?;
        match row {
            Some(row) if right => row.try_into(),
            _ => Err(Error::Unauthenticated("The e-mail address or the password is wrong.".into())),
        }
    }

    /// The principal of a signed-in session, or none when the account is gone or disabled.
    pub async fn principal(&self, id: UserId) -> Result<Option<Principal>> {
        let row: Option<UserRow> =
            on_db!(read self.0.db(), pool => sqlx::query_as(BY_ID).bind(id.0).fetch_optional(pool).await)?;
        row.map(TryInto::try_into).transpose()
    }

    pub fn web_sessions(&self) -> WebSessions {
        WebSessions(self.0.db().clone())
    }

    async fn insert(&self, sql: &'static str, account: NewAccount, role: Role) -> Result<Option<Principal>> {
        let NewAccount { name, email, password } = account.checked()?;
        let digest = password::hash(password.expose_secret().to_owned()).await?;
        let id = UserId(Uuid::now_v7());
        let made = on_db!(write self.0.db(), pool => sqlx::query(sql)
            .bind(id.0).bind(&email).bind(&name).bind(&digest).bind(role.as_str()).bind(now())
            .execute(pool).await?.rows_affected());
        Ok((made == 1).then_some(Principal { id, name, email, role }))
    }
}

impl NewAccount {
    fn checked(self) -> Result<Self> {
        let name = self.name.trim().to_owned();
        let email = normal_email(&self.email);
        let secret = self.password.expose_secret();
        if name.is_empty() || name.chars().count() > 100 {
            return Err(Error::invalid("name", "Give a name of 1 to 100 characters."));
        }
        let well_formed = email.split_once('@').is_some_and(|(who, host)| !who.is_empty() && !host.is_empty());
        if !well_formed || email.len() > 254 || email.contains(char::is_whitespace) {
            return Err(Error::invalid("email", "Give an e-mail address, for example ada@example.org."));
        }
        if secret.chars().count() < password::SHORTEST {
            return Err(Error::invalid("password", "Choose a password of at least 8 characters."));
        }
        if secret.len() > password::LONGEST {
            return Err(Error::invalid("password", "Choose a password of at most 200 bytes."));
        }
        Ok(Self { name, email, password: self.password })
    }
}

impl Principal {
    /// What pages show of the signed-in person.
    pub fn me(&self) -> Me {
        Me { id: self.id, name: self.name.clone(), email: self.email.clone(), role: self.role }
    }

    /// Whether books may be shared with everyone, and shared ones changed.
    pub fn may_manage_shared_books(&self) -> bool {
        self.role >= Role::Librarian
    }
}

impl TryFrom<UserRow> for Principal {
    type Error = Error;

    fn try_from(row: UserRow) -> Result<Self> {
        let role = row.role.parse().map_err(|fault: String| Error::internal(fault))?;
        Ok(Self { id: UserId(row.id), name: row.name, email: row.email, role })
    }
}

fn already_there() -> Error {
    Error::Conflict("There is an account with this e-mail address already. Sign in instead.".into())
}

fn normal_email(email: &str) -> String {
    email.trim().to_lowercase()
}
