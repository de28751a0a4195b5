//! Looking something up in the log.

use super::{Audit, Outcome, Sealed};
use crate::accounts::Principal;
use crate::db::{literal, on_db};
use crate::error::{Error, Result};
use folio_types::{Millis, Role, UserId};
use uuid::Uuid;

/// Records of one person where `$1` names one; `$2` is part of who or what, `$3` the beginning of an action.
macro_rules! matching {
    ($select:literal, $rest:literal) => {
        concat!(
            $select,
            " FROM audit WHERE ($1 IS NULL OR actor_id = $1 OR subject_id = $1)
            AND ($2 IS NULL OR LOWER(actor) LIKE $2 ESCAPE '!' OR LOWER(target) LIKE $2 ESCAPE '!')
            AND ($3 IS NULL OR action LIKE $3 ESCAPE '!') AND ($4 IS NULL OR outcome = $4)
            AND ($5 IS NULL OR at >= $5) AND ($6 IS NULL OR at < $6)",
            $rest
        )
    };
}

const COUNT: &str = matching!("SELECT COUNT(*)", "");
const PAGE: &str = matching!(
    "SELECT seq, at, actor_id, actor, subject_id, action, target, outcome, detail, via, address",
    " AND seq < $7 ORDER BY seq DESC LIMIT $8 OFFSET $9"
);

/// What is looked for; nothing said means everything.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Records of everyone; administrators only.
    pub everyone: bool,
    /// Part of who did it or of what it was done to.
    pub text: Option<String>,
    /// An action, or a domain: `users` finds `users.disable`.
    pub action: Option<String>,
    pub outcome: Option<Outcome>,
    pub from: Option<Millis>,
    /// Before this moment.
    pub to: Option<Millis>,
}

/// One record of the log.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    pub seq: i64,
    pub at: Millis,
    pub actor_id: Option<UserId>,
    pub actor: String,
    pub subject_id: Option<UserId>,
    pub action: String,
    pub target: String,
    pub outcome: Outcome,
    pub detail: String,
    pub via: String,
    pub address: Option<String>,
}

/// A page of records, newest first, and how many there are.
#[derive(Clone, Debug)]
pub struct Found {
    pub items: Vec<Record>,
    pub total: u64,
}

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    seq: i64,
    #[sqlx(flatten)]
    row: Sealed,
}

/// A filter as the statements take it.
pub(super) struct Bounds {
    whose: Option<Uuid>,
    text: Option<String>,
    action: Option<String>,
    outcome: Option<&'static str>,
    from: Option<Millis>,
    to: Option<Millis>,
}

impl Audit<'_> {
    /// The caller's own records, or everyone's for an administrator who asks for them; newest first.
    pub async fn list(&self, who: &Principal, filter: &Filter, offset: u32, limit: u32) -> Result<Found> {
        let bounds = Bounds::of(who, filter)?;
        if filter.everyone {
            self.look(who, "activity", "the activity of everyone", None).await?;
        }
        let items = self.page(&bounds, i64::MAX, offset, limit).await?;
        let total: i64 = on_db!(read self.0.db(), pool => sqlx::query_scalar(COUNT)
            .bind(bounds.whose).bind(&bounds.text).bind(&bounds.action).bind(bounds.outcome).bind(bounds.from)
            .bind(bounds.to).fetch_one(pool).await?);
        Ok(Found { items, total: total.unsigned_abs() })
    }

    pub(super) async fn page(&self, bounds: &Bounds, before: i64, offset: u32, limit: u32) -> Result<Vec<Record>> {
        let rows: Vec<Row> = on_db!(read self.0.db(), pool => sqlx::query_as(PAGE)
            .bind(bounds.whose).bind(&bounds.text).bind(&bounds.action).bind(bounds.outcome).bind(bounds.from)
            .bind(bounds.to).bind(before).bind(i64::from(limit)).bind(i64::from(offset)).fetch_all(pool).await?);
        rows.into_iter().map(TryInto::try_into).collect()
    }
}

impl Bounds {
    pub fn of(who: &Principal, filter: &Filter) -> Result<Self> {
        if filter.everyone && who.role < Role::Admin {
            return Err(Error::Denied("Only administrators may see what others did.".into()));
        }
        let given = |text: &Option<String>| text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(literal);
        Ok(Self {
            whose: (!filter.everyone).then_some(who.id.0),
            text: given(&filter.text).map(|text| format!("%{}%", text.to_lowercase())),
            action: given(&filter.action).map(|action| format!("{action}%")),
            outcome: filter.outcome.map(Outcome::as_str),
            from: filter.from,
            to: filter.to,
        })
    }
}

impl TryFrom<Row> for Record {
    type Error = Error;

    fn try_from(Row { seq, row }: Row) -> Result<Self> {
        Ok(Self {
            seq,
            at: row.at,
            actor_id: row.actor_id.map(UserId),
            actor: row.actor,
            subject_id: row.subject_id.map(UserId),
            action: row.action,
            target: row.target,
            outcome: row.outcome.parse().map_err(|fault: String| Error::internal(fault))?,
            detail: row.detail,
            via: row.via,
            address: row.address,
        })
    }
}
