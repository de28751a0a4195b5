//! From a credential to a [`Principal`], without asking the database each time, and without outliving a change.
//!
//! A credential is proved once (its signature, its password); what was proved is a [`Proof`], which the database can
//! confirm by one statement. The answer is kept for a minute, until something of the account's access changes.

mod basic;
mod bearer;
mod changes;
mod proof;

pub(crate) use changes::{COUNT, Changes as AccessChanges, NOTE, access_changed};
pub(crate) use proof::Proof;

use super::external::External;
use super::jwt::Jwt;
use super::oidc::Oidc;
use super::principal::Principal;
use super::{Accounts, password};
use crate::Core;
use crate::clock::now;
use crate::db::Db;
use crate::error::Result;
use crate::secrets::Secrets;
use crate::settings::Settings;
use changes::Changes;
use folio_types::{Millis, UserId};
use moka::future::Cache;
use rand::RngCore;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// What was granted is looked up again after this long, whatever was heard.
const KEPT: Duration = Duration::from_mins(1);
const MOST: u64 = 50_000;

/// Who has access now, as this process knows it.
pub struct Access {
    pub(super) jwt: Jwt,
    pub(super) external: Option<External>,
    pub(super) oidc: Option<Oidc>,
    changes: Changes,
    granted: Cache<Proof, Arc<Grant>>,
    /// Passwords that were right a moment ago, by a digest that means nothing outside this process.
    passwords: Cache<[u8; 32], password::Right>,
    salt: [u8; 32],
    /// The account behind the shared credential.
    shared: OnceLock<UserId>,
}

pub(crate) struct Grant {
    who: Principal,
    /// The changes that it knows of.
    version: i64,
    until: Option<Millis>,
}

/// Somebody's access, for as long as it lasts.
#[derive(Clone)]
pub struct Lease {
    core: Core,
    proof: Proof,
    grant: Arc<Grant>,
}

impl Access {
    pub(crate) async fn new(settings: &Settings, secrets: &Secrets, db: &Db) -> Result<Self> {
        let mut salt = [0; 32];
        rand::rng().fill_bytes(&mut salt);
        Ok(Self {
            jwt: Jwt::new(&secrets.derive("jwt v1"), &settings.public_url),
            external: settings.auth_service.clone().map(External::new).transpose()?,
            oidc: settings.open_id.clone().map(|open_id| Oidc::new(open_id, &settings.public_url)).transpose()?,
            changes: Changes::new(db).await?,
            granted: Cache::builder().max_capacity(MOST).time_to_live(KEPT).build(),
            passwords: Cache::builder().max_capacity(MOST).time_to_live(KEPT).build(),
            salt,
            shared: OnceLock::new(),
        })
    }

    /// Hears, until the program ends, of changes that other processes made.
    pub(crate) async fn listen(core: Core) {
        core.access().changes.poll_forever(core.db()).await;
    }

    /// Something of `user`'s access changed; `version` is what [`access_changed`] gave.
    pub(super) fn changed(&self, user: UserId, version: i64) {
        self.changes.note(user, version);
    }

    fn is_current(&self, grant: &Grant) -> bool {
        grant.until.is_none_or(|until| until > now()) && self.changes.knows(grant.who.id, grant.version)
    }
}

impl Accounts<'_> {
    /// The access that `proof` gives now, if it does.
    pub(super) async fn admit(&self, proof: Proof) -> Result<Option<Lease>> {
        let access = self.0.access();
        let lease = |grant| Some(Lease { core: self.0.clone(), proof: proof.clone(), grant });
        if let Some(grant) = access.granted.get(&proof).await
            && access.is_current(&grant)
        {
            return Ok(lease(grant));
        }
        // what is changed while the row is read is not known to the grant
        let version = access.changes.seen();
        let Some((who, until)) = proof.confirm(self.0.db()).await? else {
            access.granted.invalidate(&proof).await;
            return Ok(None);
        };
        let grant = Arc::new(Grant { who, version, until });
        access.granted.insert(proof.clone(), grant.clone()).await;
        Ok(lease(grant))
    }
}

impl Lease {
    pub fn who(&self) -> &Principal {
        &self.grant.who
    }

    pub(super) fn proof(&self) -> &Proof {
        &self.proof
    }

    /// Waits until the access ends or becomes less than it was.
    pub async fn lost(mut self) {
        let core = self.core.clone();
        let mut news = core.access().changes.subscribe();
        loop {
            if !core.access().is_current(&self.grant) {
                match core.accounts().admit(self.proof.clone()).await {
                    Ok(Some(now)) if now.who().role >= self.who().role => self = now,
                    Ok(_) => return,
                    // nobody can take anything away while the database is gone
                    Err(_) => tokio::time::sleep(changes::LOOK).await,
                }
                continue;
            }
            tokio::select! {
                () = expiry(self.grant.until) => {}
                open = news.changed() => if open.is_err() { return },
            }
        }
    }
}

async fn expiry(until: Option<Millis>) {
    match until {
        Some(until) => {
            let left = u64::try_from(until.saturating_sub(now())).unwrap_or_default();
            tokio::time::sleep(Duration::from_millis(left + 1)).await;
        }
        None => std::future::pending().await,
    }
}
