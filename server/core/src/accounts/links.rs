//! Links that an administrator makes: an invitation, or a new password for somebody who lost theirs. Each works once.

use super::access::access_changed;
use super::ending::ending;
use super::password;
use super::principal::{Principal, Reach};
use super::{Accounts, NewAccount, already_there, check_password, digest, secret};
use crate::audit::{self, Actor, Chain, Deed};
use crate::clock::now;
use crate::db::on_db;
use crate::error::{Error, Result};
use crate::settings::Registration;
use folio_types::{Millis, Role, UserId};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

pub(super) const DAY: Millis = 24 * 60 * 60 * 1000;
const LONGEST_DAYS: u32 = 90;
const RESET_FOR: Millis = DAY;

const ADD: &str = "INSERT INTO account_links (id, digest, purpose, role, user_id, created_by, created_at, expires_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
const IS_OPEN: &str = "SELECT EXISTS (SELECT 1 FROM account_links
    WHERE digest = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3)";
const USE_INVITE: &str = "UPDATE account_links SET used_at = $2
    WHERE digest = $1 AND purpose = 'invite' AND used_at IS NULL AND expires_at > $2 RETURNING role";
const USE_RESET: &str = "UPDATE account_links SET used_at = $2
    WHERE digest = $1 AND purpose = 'reset' AND used_at IS NULL AND expires_at > $2 RETURNING user_id";
/// An older link to the same account is worth nothing any more.
const SPEND_RESETS: &str =
    "UPDATE account_links SET used_at = $2 WHERE user_id = $1 AND purpose = 'reset' AND used_at IS NULL";
const SET_PASSWORD: &str =
    "UPDATE users SET password_hash = $2, epoch = epoch + 1, updated_at = $3 WHERE id = $1 AND disabled_at IS NULL";

const EMAIL: &str = "SELECT email FROM users WHERE id = $1";

/// A link to give to somebody.
pub struct AccountLink {
    /// The whole address; it is a secret and is not shown again.
    pub url: SecretString,
    pub expires_at: Millis,
}

impl Accounts<'_> {
    /// A link that makes one account with this role.
    pub async fn invite(&self, who: &Principal, role: Role, days: u32) -> Result<AccountLink> {
        self.may_invite(who).await?;
        if days == 0 || days > LONGEST_DAYS {
            return Err(Error::invalid("days", "An invitation is good for 1 to 90 days."));
        }
        let text = secret("");
        let expires_at = now() + i64::from(days) * DAY;
        let deed = Deed::ran("users.invite", role.as_str());
        self.add_link(who, &text, Some(role), None, expires_at, deed).await?;
        let url = format!("{}/register?invite={text}", self.0.settings().public_url);
        Ok(AccountLink { url: url.into(), expires_at })
    }

    /// Fails where the caller may not invite anybody, or nobody can be invited.
    pub(super) async fn may_invite(&self, who: &Principal) -> Result<()> {
        who.as_admin()?;
        who.as_owner()?;
        self.own_sign_in()?;
        if self.registration().await? == Registration::Closed {
            return Err(Error::Denied("Registration is closed here, also by invitation.".into()));
        }
        Ok(())
    }

    /// Makes the account that an invitation is for.
    pub async fn accept_invitation(&self, invite: &str, account: NewAccount) -> Result<Principal> {
        self.own_sign_in()?;
        if self.registration().await? == Registration::Closed {
            return Err(Error::Denied("Registration is closed. Ask an administrator for an account.".into()));
        }
        let invite = digest(invite.trim());
        if !self.is_open(&invite, "invite").await? {
            return Err(spent());
        }
        let NewAccount { name, email, password } = account.checked()?;
        let hash = password::hash(password.expose_secret().to_owned()).await?;
        let (id, at) = (UserId(Uuid::now_v7()), now());
        let role: String = on_db!(change self.0.db(), tx => {
            let role: Option<Option<String>> =
                sqlx::query_scalar(USE_INVITE).bind(&invite).bind(at).fetch_optional(&mut *tx).await?;
            let Some(role) = role.flatten() else { return Err(spent()) };
            let made = sqlx::query(super::INSERT).bind(id.0).bind(&email).bind(&name).bind(&hash).bind(&role).bind(at)
                .execute(&mut *tx).await?;
            if made.rows_affected() == 0 {
                // the invitation stays good
                return Err(already_there());
            }
            let deed = Deed::ran("accounts.create", &email).saying(format!("{role}, by invitation"));
            tx.append(&audit::draft(Actor::Person(id, email.clone()), deed)).await?;
            tx.commit().await?;
            role
        });
        let role = role.parse().map_err(|fault: String| Error::internal(fault))?;
        Ok(Principal { id, name, email, role, reach: Reach::Full, epoch: 0 })
    }

    /// Whether an invitation can still be used.
    pub async fn invitation_open(&self, invite: &str) -> Result<bool> {
        if self.registration().await? == Registration::Closed {
            return Ok(false);
        }
        self.is_open(&digest(invite.trim()), "invite").await
    }

    /// A link that sets the password of an account anew. The ones before it stop working.
    pub async fn make_reset_link(&self, who: &Principal, user: UserId) -> Result<AccountLink> {
        who.as_admin()?;
        who.as_owner()?;
        self.own_sign_in()?;
        let account = self.account(who, user).await?;
        let text = secret("");
        let expires_at = now() + RESET_FOR;
        on_db!(write self.0.db(), pool =>
            sqlx::query(SPEND_RESETS).bind(user.0).bind(now()).execute(pool).await.map(drop))?;
        let deed = Deed::ran("users.reset_link", account.email).about(user);
        self.add_link(who, &text, None, Some(user), expires_at, deed).await?;
        let url = format!("{}/reset?code={text}", self.0.settings().public_url);
        Ok(AccountLink { url: url.into(), expires_at })
    }

    /// Sets a new password for whoever holds the link, and ends every sign-in of the account.
    pub async fn reset_password(&self, code: &str, new: SecretString) -> Result<Principal> {
        let code = digest(code.trim());
        if !self.is_open(&code, "reset").await? {
            return Err(spent());
        }
        check_password(&new)?;
        let (hash, at) = (password::hash(new.expose_secret().to_owned()).await?, now());
        let (user, version) = on_db!(change self.0.db(), tx => {
            let user: Option<Option<Uuid>> =
                sqlx::query_scalar(USE_RESET).bind(&code).bind(at).fetch_optional(&mut *tx).await?;
            let Some(user) = user.flatten().map(UserId) else { return Err(spent()) };
            let set = sqlx::query(SET_PASSWORD).bind(user.0).bind(&hash).bind(at).execute(&mut *tx).await?;
            if set.rows_affected() == 0 {
                return Err(Error::Denied("This account is disabled. Ask an administrator.".into()));
            }
            ending!(tx, user);
            let version = access_changed!(tx, user);
            let email: String = sqlx::query_scalar(EMAIL).bind(user.0).fetch_one(&mut *tx).await?;
            let deed = Deed::ran("accounts.password", &email).saying("Set anew by a link.");
            tx.append(&audit::draft(Actor::Person(user, email.clone()), deed)).await?;
            tx.commit().await?;
            (user, version)
        });
        self.0.access().changed(user, version);
        self.principal(user).await?.ok_or_else(spent)
    }

    /// Whether a link for a new password can still be used.
    pub async fn reset_open(&self, code: &str) -> Result<bool> {
        self.is_open(&digest(code.trim()), "reset").await
    }

    async fn is_open(&self, digest: &str, purpose: &str) -> Result<bool> {
        Ok(on_db!(read self.0.db(), pool =>
            sqlx::query_scalar(IS_OPEN).bind(digest).bind(purpose).bind(now()).fetch_one(pool).await)?)
    }

    async fn add_link(
        &self,
        who: &Principal,
        text: &str,
        role: Option<Role>,
        user: Option<UserId>,
        expires_at: Millis,
        deed: Deed,
    ) -> Result<()> {
        let record = audit::draft(who, deed);
        let purpose = if user.is_some() { "reset" } else { "invite" };
        on_db!(change self.0.db(), tx => {
            sqlx::query(ADD).bind(Uuid::now_v7()).bind(digest(text)).bind(purpose)
                .bind(role.map(Role::as_str)).bind(user.map(|user| user.0)).bind(who.id.0).bind(now()).bind(expires_at)
                .execute(&mut *tx).await?;
            tx.append(&record).await?;
            tx.commit().await?;
        });
        Ok(())
    }
}

fn spent() -> Error {
    Error::Denied("This link was used already, or it is too old. Ask an administrator for a new one.".into())
}
