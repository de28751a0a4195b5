//! Where somebody is signed in: their browsers, and the programs that have tokens for their password.

use super::Accounts;
use super::access::{Lease, Proof, access_changed};
use crate::clock::now;
use crate::db::on_db;
use crate::error::{Error, Result};
use folio_types::Millis;
use uuid::Uuid;

const BROWSERS: &str = "SELECT s.id, s.user_agent, s.address, s.created_at, s.seen_at
    FROM web_sessions s JOIN users u ON u.id = s.user_id
    WHERE s.user_id = $1 AND s.epoch = u.epoch AND s.expires_at > $2 ORDER BY s.seen_at DESC";
const PROGRAMS: &str = "SELECT s.id, s.user_agent, s.address, s.created_at, s.seen_at
    FROM app_sessions s JOIN users u ON u.id = s.user_id
    WHERE s.user_id = $1 AND s.epoch = u.epoch AND s.expires_at > $2 ORDER BY s.seen_at DESC";
const END_BROWSER: &str = "DELETE FROM web_sessions WHERE id = $1 AND user_id = $2";
const END_PROGRAM: &str = "DELETE FROM app_sessions WHERE id = $1 AND user_id = $2";

/// One place where somebody is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignIn {
    pub id: String,
    pub kind: SignInKind,
    pub user_agent: Option<String>,
    pub address: Option<String>,
    pub created_at: Millis,
    /// To the minute.
    pub seen_at: Millis,
    /// Whether it is the one that asks.
    pub is_current: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInKind {
    Browser,
    Program,
}

type Row<Id> = (Id, Option<String>, Option<String>, i64, i64);

impl Accounts<'_> {
    /// The caller's sign-ins, browsers first, each kind in the order of use.
    pub async fn sign_ins(&self, lease: &Lease) -> Result<Vec<SignIn>> {
        lease.who().as_owner()?;
        let user = lease.who().id.0;
        let browsers: Vec<Row<String>> = on_db!(read self.0.db(), pool =>
            sqlx::query_as(BROWSERS).bind(user).bind(now()).fetch_all(pool).await)?;
        let programs: Vec<Row<Uuid>> = on_db!(read self.0.db(), pool =>
            sqlx::query_as(PROGRAMS).bind(user).bind(now()).fetch_all(pool).await)?;
        let browsers = browsers.into_iter().map(|row| {
            let is_current = matches!(lease.proof(), Proof::Web(digest) if *digest == row.0);
            sign_in(SignInKind::Browser, row, is_current)
        });
        let programs = programs.into_iter().map(|(id, agent, address, created, seen)| {
            let is_current = matches!(lease.proof(), Proof::App { session, .. } if *session == id);
            sign_in(SignInKind::Program, (id.to_string(), agent, address, created, seen), is_current)
        });
        Ok(browsers.chain(programs).collect())
    }

    /// Signs out in one place; what is open there ends.
    pub async fn end_sign_in(&self, lease: &Lease, id: &str) -> Result<()> {
        lease.who().as_owner()?;
        let user = lease.who().id;
        let version = on_db!(change self.0.db(), tx => {
            let gone = match Uuid::parse_str(id) {
                Ok(id) => sqlx::query(END_PROGRAM).bind(id).bind(user.0).execute(&mut *tx).await?,
                Err(_) => sqlx::query(END_BROWSER).bind(id).bind(user.0).execute(&mut *tx).await?,
            };
            if gone.rows_affected() == 0 {
                return Err(Error::NotFound("Session"));
            }
            let version = access_changed!(tx, user);
            tx.commit().await?;
            version
        });
        self.0.access().changed(user, version);
        Ok(())
    }
}

fn sign_in(kind: SignInKind, row: Row<String>, is_current: bool) -> SignIn {
    let (id, user_agent, address, created_at, seen_at) = row;
    SignIn { id, kind, user_agent, address, created_at, seen_at, is_current }
}
