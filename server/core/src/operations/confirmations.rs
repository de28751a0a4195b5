//! Questions whether something dangerous is meant: pending once, answered once, kept with what came of it.

use super::Operations;
use super::proposals::Proposer;
use super::spec::{Args, Preview};
use crate::accounts::Principal;
use crate::audit::{Actor, Chain, Deed, Origin, Outcome, Sealed};
use crate::clock::now;
use crate::db::on_db;
use crate::error::{Error, Result};
use crate::tasks::{self, insert_task};
use backon::{ExponentialBuilder, Retryable};
use folio_types::{ConfirmationId, ConversationId, Millis, TaskId, UserId};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

const INSERT: &str = "INSERT INTO confirmations
    (id, owner_id, conversation_id, operation, plan, state, node_id, origin, created_at, expires_at, updated_at)
    VALUES ($1, $2, NULL, $3, $4, $5, $6, $7, $8, $9, $8)";
const PLACE: &str = "UPDATE confirmations SET conversation_id = $2 WHERE id = $1";
const ONE: &str = "SELECT * FROM confirmations WHERE id = $1 AND owner_id = $2";
const OPEN: &str = "SELECT * FROM confirmations WHERE owner_id = $1 AND state = 'pending' AND expires_at > $2
    ORDER BY id DESC LIMIT 50";
/// Only one of all who try gets a row back.
const TAKE: &str = "UPDATE confirmations SET state = $2, node_id = $3, task_id = $4, outcome = $5, updated_at = $6
    WHERE id = $1 AND state = 'pending' AND ($7 OR expires_at > $6)";
const FINISH: &str = "UPDATE confirmations SET state = $2, outcome = $3, node_id = NULL, updated_at = $4
    WHERE id = $1 AND state = 'executing' AND node_id = $5";
const EXPIRED: &str = "SELECT * FROM confirmations WHERE state = 'pending' AND expires_at <= $1 ORDER BY id LIMIT 100";
const ORPHANS: &str = "SELECT * FROM confirmations WHERE state = 'executing' AND ($1 IS NULL OR node_id = $1)";
const GIVE_UP: &str = "UPDATE confirmations SET state = 'unknown', outcome = $2, node_id = NULL, updated_at = $3
    WHERE id = $1 AND state = 'executing'";

/// How often the end of something that was done is stored again.
const ATTEMPTS: usize = 5;

/// Finished or not, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Pending,
    Executing,
    Done,
    Failed,
    Denied,
    Cancelled,
    Expired,
    /// What it named had changed, so another one was asked instead.
    Replaced,
    Unknown,
}

/// What was asked, and what became of it.
#[derive(Clone, Debug)]
pub struct Confirmation {
    pub id: ConfirmationId,
    pub owner: UserId,
    pub conversation: Option<ConversationId>,
    /// `domain.operation`.
    pub operation: String,
    pub plan: Plan,
    pub state: State,
    pub outcome: Option<String>,
    pub task: Option<TaskId>,
    pub created_at: Millis,
    pub expires_at: Millis,
}

/// What would be done, frozen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    pub args: Args,
    pub preview: Preview,
    pub confidence: f32,
    /// The model that asked for it; none where a person did.
    #[serde(default)]
    pub by: Option<Proposer>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    owner_id: Uuid,
    conversation_id: Option<Uuid>,
    operation: String,
    plan: String,
    state: String,
    outcome: Option<String>,
    task_id: Option<Uuid>,
    origin: String,
    created_at: i64,
    expires_at: i64,
}

impl Operations<'_> {
    /// A confirmation of the caller's.
    pub async fn confirmation(&self, who: &Principal, id: ConfirmationId) -> Result<Confirmation> {
        let row: Option<Row> = on_db!(read self.0.db(), pool =>
            sqlx::query_as(ONE).bind(id.0).bind(who.id.0).fetch_optional(pool).await?);
        row.ok_or(Error::NotFound("Confirmation"))?.try_into()
    }

    /// What waits for the caller's word, newest first.
    pub async fn open_confirmations(&self, who: &Principal) -> Result<Vec<Confirmation>> {
        let rows: Vec<Row> = on_db!(read self.0.db(), pool =>
            sqlx::query_as(OPEN).bind(who.id.0).bind(now()).fetch_all(pool).await?);
        rows.into_iter().map(TryInto::try_into).collect()
    }

    pub(super) async fn ask_first(&self, who: &Principal, operation: &str, plan: &Plan) -> Result<Confirmation> {
        self.insert(who, operation, plan, State::Pending).await
    }

    /// Notes what is about to be done without a question, so that a process that goes meanwhile leaves a trace of it.
    pub(super) async fn begin(&self, who: &Principal, operation: &str, plan: &Plan) -> Result<Confirmation> {
        self.insert(who, operation, plan, State::Executing).await
    }

    async fn insert(&self, who: &Principal, operation: &str, plan: &Plan, state: State) -> Result<Confirmation> {
        let (id, at) = (ConfirmationId(Uuid::now_v7()), now());
        let lifetime = i64::try_from(self.0.settings().confirmation_ttl.as_millis()).unwrap_or(i64::MAX / 4);
        let (expires_at, frozen) = (at.saturating_add(lifetime), serde_json::to_string(plan)?);
        let origin = serde_json::to_string(&Origin::here())?;
        let node = self.node_for(state);
        on_db!(write self.0.db(), pool => sqlx::query(INSERT).bind(id.0).bind(who.id.0).bind(operation).bind(&frozen)
            .bind(state.as_str()).bind(node).bind(&origin).bind(at).bind(expires_at).execute(pool).await.map(drop))?;
        Ok(Confirmation {
            id,
            owner: who.id,
            conversation: None,
            operation: operation.to_owned(),
            plan: plan.clone(),
            state,
            outcome: None,
            task: None,
            created_at: at,
            expires_at,
        })
    }

    /// Notes in which conversation it was asked.
    pub(super) async fn place(&self, id: ConfirmationId, conversation: ConversationId) -> Result<()> {
        on_db!(write self.0.db(), pool =>
            sqlx::query(PLACE).bind(id.0).bind(conversation.0).execute(pool).await.map(drop))?;
        Ok(())
    }

    /// Ends a pending confirmation with a record, or begins to execute it without one. False when another was quicker
    /// or, unless it is to expire, when its time is over.
    pub(super) async fn take(
        &self,
        one: &Confirmation,
        to: State,
        outcome: &str,
        record: Option<Sealed>,
    ) -> Result<bool> {
        let (node, at, late) = (self.node_for(to), now(), to == State::Expired);
        let taken = on_db!(change self.0.db(), tx => {
            let taken = sqlx::query(TAKE).bind(one.id.0).bind(to.as_str()).bind(node).bind(None::<Uuid>).bind(outcome)
                .bind(at).bind(late).execute(&mut *tx).await?.rows_affected();
            if let (1, Some(record)) = (taken, &record) {
                tx.append(record).await?;
            }
            tx.commit().await?;
            taken
        });
        Ok(taken == 1)
    }

    /// Ends a pending confirmation by queueing its task, both or neither.
    pub(super) async fn take_as_task(&self, one: &Confirmation, new: &tasks::New) -> Result<bool> {
        let at = now();
        let taken = on_db!(change self.0.db(), tx => {
            let taken = sqlx::query(TAKE).bind(one.id.0).bind(State::Done.as_str()).bind(None::<Uuid>).bind(new.id.0)
                .bind("A task does it.").bind(at).bind(false).execute(&mut *tx).await?.rows_affected();
            if taken == 1 {
                insert_task!(new, &mut *tx);
            }
            tx.commit().await?;
            taken
        });
        self.0.queue().wake();
        Ok(taken == 1)
    }

    /// Ends an executing confirmation with its record, if this process still has it. It was done, so a database that is away
    /// for a moment is asked again.
    pub(super) async fn finish(&self, one: &Confirmation, to: State, outcome: &str, record: &Sealed) -> Result<()> {
        (|| self.try_finish(one, to, outcome, record))
            .retry(ExponentialBuilder::default().with_max_times(ATTEMPTS))
            .notify(|fault, _| tracing::warn!(fault = fault.diagnosis(), "the end of an operation is stored again"))
            .await
    }

    async fn try_finish(&self, one: &Confirmation, to: State, outcome: &str, record: &Sealed) -> Result<()> {
        let (node, at) = (self.0.runs().node(), now());
        on_db!(change self.0.db(), tx => {
            let ended = sqlx::query(FINISH).bind(one.id.0).bind(to.as_str()).bind(outcome).bind(at).bind(node)
                .execute(&mut *tx).await?.rows_affected();
            if ended == 1 {
                tx.append(record).await?;
            }
            tx.commit().await?;
        });
        Ok(())
    }

    /// Ends what nobody answered in time.
    pub(crate) async fn expire(&self) -> Result<()> {
        let rows: Vec<Row> =
            on_db!(read self.0.db(), pool => sqlx::query_as(EXPIRED).bind(now()).fetch_all(pool).await?);
        for row in rows {
            let origin = serde_json::from_str(&row.origin).unwrap_or_else(|_| Origin::here());
            // one that a newer program has stored must not hold up the others
            let Some(one) = readable(row) else { continue };
            self.end_expired(&one, origin).await?;
        }
        Ok(())
    }

    pub(super) async fn end_expired(&self, one: &Confirmation, origin: Origin) -> Result<bool> {
        let deed = one.deed(Outcome::Expired).about(one.owner).saying("Nobody confirmed it in time.");
        let record = Sealed::draft(Actor::Program("folio"), deed, origin, now());
        self.take(one, State::Expired, "Nobody confirmed it in time.", Some(record)).await
    }

    /// Says of what a process was executing when it went that nobody knows; of all, where none is named.
    pub(crate) async fn take_over(&self, node: Option<Uuid>) -> Result<()> {
        const WHY: &str =
            "Folio stopped while this was done. It may or may not have happened; look before you repeat it.";
        let rows: Vec<Row> =
            on_db!(read self.0.db(), pool => sqlx::query_as(ORPHANS).bind(node).fetch_all(pool).await?);
        for row in rows {
            let origin = serde_json::from_str(&row.origin).unwrap_or_else(|_| Origin::here());
            let Some(one) = readable(row) else { continue };
            let deed = one.deed(Outcome::Unknown).about(one.owner).saying(WHY);
            let record = Sealed::draft(Actor::Program("folio"), deed, origin, now());
            on_db!(change self.0.db(), tx => {
                let ended = sqlx::query(GIVE_UP).bind(one.id.0).bind(WHY).bind(now()).execute(&mut *tx).await?
                    .rows_affected();
                if ended == 1 {
                    tx.append(&record).await?;
                }
                tx.commit().await?;
            });
        }
        Ok(())
    }

    fn node_for(&self, to: State) -> Option<Uuid> {
        (to == State::Executing).then(|| self.0.runs().node())
    }
}

fn readable(row: Row) -> Option<Confirmation> {
    let id = row.id;
    let fault = |fault: &Error| tracing::warn!(%id, fault = fault.diagnosis(), "a confirmation cannot be read");
    Confirmation::try_from(row).inspect_err(fault).ok()
}

impl Confirmation {
    pub(super) fn deed(&self, outcome: Outcome) -> Deed {
        Deed::new(outcome, self.operation.clone(), self.plan.args.told())
    }

    /// Whether it can still be answered at this moment.
    pub fn is_open(&self, at: Millis) -> bool {
        self.state == State::Pending && self.expires_at > at
    }
}

impl State {
    pub const ALL: [Self; 9] = [
        Self::Pending,
        Self::Executing,
        Self::Done,
        Self::Failed,
        Self::Denied,
        Self::Cancelled,
        Self::Expired,
        Self::Replaced,
        Self::Unknown,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Executing => "executing",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Denied => "denied",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::Replaced => "replaced",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for State {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|one| one.as_str() == text).ok_or_else(|| format!("unknown state: {text}"))
    }
}

impl TryFrom<Row> for Confirmation {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        Ok(Self {
            id: ConfirmationId(row.id),
            owner: UserId(row.owner_id),
            conversation: row.conversation_id.map(ConversationId),
            operation: row.operation,
            plan: serde_json::from_str(&row.plan)?,
            state: row.state.parse().map_err(|fault: String| Error::internal(fault))?,
            outcome: row.outcome,
            task: row.task_id.map(TaskId),
            created_at: row.created_at,
            expires_at: row.expires_at,
        })
    }
}
