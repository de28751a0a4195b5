//! One chain for each store: every row carries the hash of itself and of the row before.

use super::{Actor, Deed, Origin};
use async_trait::async_trait;
use folio_types::Millis;
use sha2::{Digest, Sha256};
use sqlx::{PgConnection, SqliteConnection};
use uuid::Uuid;

/// The update locks the end of the chain until the transaction ends, so that there is one next row.
const NEXT: &str = "UPDATE audit_head SET seq = seq + 1 WHERE one = 1 RETURNING seq, hash";
const INSERT: &str = "INSERT INTO audit
    (seq, at, actor_id, actor, subject_id, action, target, outcome, detail, via, address, hash)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
const ADVANCE: &str = "UPDATE audit_head SET hash = $1 WHERE one = 1";

/// Longer texts are cut; an audit log is no place for contents.
const LONGEST: usize = 2_000;

/// A row without its place.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Sealed {
    pub at: Millis,
    pub actor_id: Option<Uuid>,
    pub actor: String,
    pub subject_id: Option<Uuid>,
    pub action: String,
    pub target: String,
    pub outcome: String,
    pub detail: String,
    pub via: String,
    pub address: Option<String>,
}

/// A connection, inside a transaction, that can add a row. Nothing may be locked after it in the same transaction.
#[async_trait]
pub(crate) trait Chain {
    async fn append(&mut self, row: &Sealed) -> sqlx::Result<()>;
}

macro_rules! chain {
    ($connection:ty) => {
        #[async_trait]
        impl Chain for $connection {
            async fn append(&mut self, row: &Sealed) -> sqlx::Result<()> {
                let (seq, before): (i64, Vec<u8>) = sqlx::query_as(NEXT).fetch_one(&mut *self).await?;
                let hash = row.hash(seq, &before).to_vec();
                sqlx::query(INSERT)
                    .bind(seq)
                    .bind(row.at)
                    .bind(row.actor_id)
                    .bind(&row.actor)
                    .bind(row.subject_id)
                    .bind(&row.action)
                    .bind(&row.target)
                    .bind(&row.outcome)
                    .bind(&row.detail)
                    .bind(&row.via)
                    .bind(&row.address)
                    .bind(&hash)
                    .execute(&mut *self)
                    .await?;
                sqlx::query(ADVANCE).bind(&hash).execute(&mut *self).await.map(drop)
            }
        }
    };
}
chain!(SqliteConnection);
chain!(PgConnection);

impl Sealed {
    pub fn draft(actor: Actor, deed: Deed, origin: Origin, at: Millis) -> Self {
        let (actor_id, actor) = match actor {
            Actor::Person(id, name) => (Some(id.0), name),
            Actor::Program(name) => (None, name.to_owned()),
        };
        Self {
            at,
            actor_id,
            actor,
            subject_id: deed.subject.map(|subject| subject.0),
            action: deed.action.into_owned(),
            target: kept(deed.target),
            outcome: deed.outcome.as_str().to_owned(),
            detail: kept(deed.detail),
            via: origin.via,
            address: origin.address.map(|address| address.to_string()),
        }
    }

    /// SHA-256 over the hash before and the row as a JSON array, whose form is fixed.
    pub fn hash(&self, seq: i64, before: &[u8]) -> [u8; 32] {
        let row = serde_json::json!([
            seq,
            self.at,
            self.actor_id,
            self.actor,
            self.subject_id,
            self.action,
            self.target,
            self.outcome,
            self.detail,
            self.via,
            self.address,
        ]);
        Sha256::new().chain_update(before).chain_update(row.to_string()).finalize().into()
    }
}

/// PostgreSQL cannot store the character NUL.
fn kept(text: String) -> String {
    if text.len() <= LONGEST && !text.contains('\0') {
        return text;
    }
    text.chars().filter(|c| *c != '\0').take(LONGEST).collect()
}
