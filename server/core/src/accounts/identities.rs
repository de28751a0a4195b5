//! Who people are elsewhere: at the auth service, at an OpenID provider, behind the shared credential.

use super::access::access_changed;
use super::{Accounts, normal_email};
use crate::clock::now;
use crate::db::on_db;
use crate::error::{Error, Result};
use folio_types::{Role, UserId};
use uuid::Uuid;

/// The issuer of the shared credential's account.
const SHARED: &str = "folio:basic";
/// Accounts without an e-mail address of their own get one that cannot exist (RFC 2606).
const NOWHERE: &str = "accounts.invalid";

const KNOWN: &str = "SELECT u.id, u.name, u.role FROM identities i JOIN users u ON u.id = i.user_id
    WHERE i.issuer = $1 AND i.subject = $2";
/// An account with this address that may be linked: not somebody else of the same issuer, and no administrator's unless the
/// issuer says that this is one.
const LINKABLE: &str = "SELECT id, name, role FROM users u WHERE email = $1 AND (role <> 'admin' OR $3)
    AND NOT EXISTS (SELECT 1 FROM identities i WHERE i.user_id = u.id AND i.issuer IN ($2, 'folio:basic'))";
const ADD: &str = "INSERT INTO users (id, email, name, password_hash, role, created_at, updated_at)
    VALUES ($1, $2, $3, '', 'user', $4, $4) ON CONFLICT (email) DO NOTHING";
const LINK: &str = "INSERT INTO identities (issuer, subject, user_id) VALUES ($1, $2, $3)
    ON CONFLICT (issuer, subject) DO NOTHING";
const UPDATE: &str = "UPDATE users SET name = $2, role = $3, updated_at = $4 WHERE id = $1";

/// What an issuer says of somebody.
pub struct Profile {
    /// Never changes and is never given to someone else.
    pub subject: String,
    pub email: String,
    /// Whether the issuer made sure of the address.
    pub email_is_theirs: bool,
    pub name: String,
    /// None where the issuer has no say in it.
    pub is_admin: Option<bool>,
}

#[derive(Clone, sqlx::FromRow)]
struct Found {
    id: Uuid,
    name: String,
    role: String,
}

impl Accounts<'_> {
    /// The account of somebody whom `issuer` vouches for: the one they had before, else one with their verified address,
    /// else a new one. Name and administrator's rights follow what the issuer says.
    pub(super) async fn known_elsewhere(&self, issuer: &str, profile: Profile) -> Result<UserId> {
        if profile.subject.is_empty() || profile.subject.len() > 255 {
            return Err(Error::Upstream("The sign-in service does not say who this is.".into()));
        }
        let found = match self.known(issuer, &profile.subject).await? {
            Some(found) => found,
            None => self.link(issuer, &profile).await?,
        };
        self.follow(&found, &profile).await?;
        Ok(UserId(found.id))
    }

    /// The one account that everyone with the shared credential uses.
    pub(super) async fn shared_user(&self, name: &str) -> Result<UserId> {
        let profile = Profile {
            subject: "shared".into(),
            email: String::new(),
            email_is_theirs: false,
            name: name.to_owned(),
            is_admin: Some(false),
        };
        self.known_elsewhere(SHARED, profile).await
    }

    async fn known(&self, issuer: &str, subject: &str) -> Result<Option<Found>> {
        Ok(on_db!(read self.0.db(), pool =>
            sqlx::query_as(KNOWN).bind(issuer).bind(subject).fetch_optional(pool).await)?)
    }

    /// Links an account to somebody seen for the first time. When several processes see them at once, one of them does.
    async fn link(&self, issuer: &str, profile: &Profile) -> Result<Found> {
        let email = if profile.email_is_theirs { normal_email(&profile.email) } else { String::new() };
        let nowhere = format!("{}@{NOWHERE}", Uuid::now_v7().simple());
        let name = shown_name(profile);
        let is_admin = profile.is_admin == Some(true);
        on_db!(change self.0.db(), tx => {
            let linkable: Option<Found> = if email.contains('@') {
                sqlx::query_as(LINKABLE).bind(&email).bind(issuer).bind(is_admin).fetch_optional(&mut *tx).await?
            } else {
                None
            };
            let user = if let Some(found) = linkable {
                found.id
            } else {
                let id = Uuid::now_v7();
                let address = if email.contains('@') { &email } else { &nowhere };
                let made = sqlx::query(ADD).bind(id).bind(address).bind(&name).bind(now()).execute(&mut *tx).await?;
                if made.rows_affected() == 0 {
                    // the address belongs to an account that may not be linked
                    sqlx::query(ADD).bind(id).bind(&nowhere).bind(&name).bind(now()).execute(&mut *tx).await?;
                }
                id
            };
            let linked = sqlx::query(LINK).bind(issuer).bind(&profile.subject).bind(user).execute(&mut *tx).await?;
            if linked.rows_affected() == 1 {
                tx.commit().await?;
            }
        });
        self.known(issuer, &profile.subject).await?.ok_or_else(|| Error::internal("an identity was not linked"))
    }

    async fn follow(&self, found: &Found, profile: &Profile) -> Result<()> {
        let name = shown_name(profile);
        let role = match (profile.is_admin, found.role.as_str()) {
            (Some(true), _) => Role::Admin.as_str(),
            (Some(false), "admin") => Role::User.as_str(),
            (_, role) => role,
        };
        if found.name == name && found.role == role {
            return Ok(());
        }
        let user = UserId(found.id);
        let version = on_db!(change self.0.db(), tx => {
            sqlx::query(UPDATE).bind(user.0).bind(&name).bind(role).bind(now()).execute(&mut *tx).await?;
            let version = access_changed!(tx, user);
            tx.commit().await?;
            version
        });
        self.0.access().changed(user, version);
        Ok(())
    }
}

/// The issuer's name for somebody, else what their address begins with.
fn shown_name(profile: &Profile) -> String {
    let name = profile.name.trim();
    let name = if name.is_empty() { profile.email.split('@').next().unwrap_or_default() } else { name };
    let name = if name.is_empty() { "Unnamed" } else { name };
    name.chars().take(100).collect()
}
