//! What people do with their own account.

use super::access::{Lease, Proof, access_changed};
use super::ending::ending;
use super::password::{self, Right};
use super::{Accounts, check_password, checked_name, wrong_password};
use crate::audit::{self, Chain, Deed};
use crate::clock::now;
use crate::db::on_db;
use crate::error::{Error, Result};
use folio_types::UserId;
use secrecy::{ExposeSecret, SecretString};

const RENAME: &str = "UPDATE users SET name = $2, updated_at = $3 WHERE id = $1";
const EMAIL: &str = "SELECT email FROM users WHERE id = $1";
/// Only if nobody else changed it meanwhile.
const SET_PASSWORD: &str = "UPDATE users SET password_hash = $2, epoch = epoch + 1, updated_at = $3
    WHERE id = $1 AND password_hash = $4 AND disabled_at IS NULL RETURNING epoch";
const KEEP_BROWSER: &str = "UPDATE web_sessions SET epoch = $3 WHERE id = $1 AND user_id = $2";
const KEEP_PROGRAM: &str = "UPDATE app_sessions SET epoch = $3 WHERE id = $1 AND user_id = $2";
const END_EPOCH: &str = "UPDATE users SET epoch = epoch + 1, updated_at = $2 WHERE id = $1";

impl Accounts<'_> {
    /// The name as it is now.
    pub async fn rename(&self, lease: &Lease, name: &str) -> Result<String> {
        lease.who().as_owner()?;
        let (user, name) = (lease.who().id, checked_name(name)?);
        let version = on_db!(change self.0.db(), tx => {
            sqlx::query(RENAME).bind(user.0).bind(&name).bind(now()).execute(&mut *tx).await?;
            let version = access_changed!(tx, user);
            tx.commit().await?;
            version
        });
        self.0.access().changed(user, version);
        Ok(name)
    }

    /// Ends every sign-in but the one that asks. Personal access tokens stay.
    pub async fn change_password(&self, lease: &Lease, current: SecretString, new: SecretString) -> Result<()> {
        lease.who().as_owner()?;
        check_password(&new).map_err(|_| too_weak())?;
        let user = lease.who().id;
        let Right { hash: old, .. } = self.check_own(user, current).await?;
        let hash = password::hash(new.expose_secret().to_owned()).await?;
        let record = audit::draft(lease.who(), Deed::ran("accounts.password", &lease.who().email));
        let version = on_db!(change self.0.db(), tx => {
            let epoch: Option<i64> = sqlx::query_scalar(SET_PASSWORD).bind(user.0).bind(&hash).bind(now()).bind(&old)
                .fetch_optional(&mut *tx).await?;
            let Some(epoch) = epoch else { return Err(Error::Conflict("The password was just changed elsewhere.".into())) };
            match lease.proof() {
                Proof::Web(digest) =>
                    sqlx::query(KEEP_BROWSER).bind(digest).bind(user.0).bind(epoch).execute(&mut *tx).await.map(drop)?,
                Proof::App { session, .. } =>
                    sqlx::query(KEEP_PROGRAM).bind(session).bind(user.0).bind(epoch).execute(&mut *tx).await.map(drop)?,
                _ => {}
            }
            ending!(tx, user);
            let version = access_changed!(tx, user);
            tx.append(&record).await?;
            tx.commit().await?;
            version
        });
        self.0.access().changed(user, version);
        Ok(())
    }

    /// Ends every sign-in, the one that asks included. Personal access tokens stay.
    pub async fn sign_out_everywhere(&self, lease: &Lease) -> Result<()> {
        lease.who().as_owner()?;
        let user = lease.who().id;
        let record = audit::draft(lease.who(), Deed::ran("accounts.sign_out_everywhere", &lease.who().email));
        let version = on_db!(change self.0.db(), tx => {
            sqlx::query(END_EPOCH).bind(user.0).bind(now()).execute(&mut *tx).await?;
            ending!(tx, user);
            let version = access_changed!(tx, user);
            tx.append(&record).await?;
            tx.commit().await?;
            version
        });
        self.0.access().changed(user, version);
        Ok(())
    }

    async fn check_own(&self, user: UserId, password: SecretString) -> Result<Right> {
        let email: Option<String> =
            on_db!(read self.0.db(), pool => sqlx::query_scalar(EMAIL).bind(user.0).fetch_optional(pool).await)?;
        let right = self.check(&email.ok_or_else(wrong_password)?, password).await;
        right.map_err(|fault| match fault {
            // the caller is signed in; it is a field that is wrong
            Error::Unauthenticated(_) => Error::invalid("current_password", "The current password is wrong."),
            other => other,
        })
    }
}

fn too_weak() -> Error {
    Error::invalid("new_password", "Choose a password of at least 8 characters and at most 200 bytes.")
}
