//! An invitation that is made now and whose link is shown later, once, to who made it. Until then there is no secret.

use super::links::DAY;
use super::{AccountLink, Accounts, Principal, digest, secret};
use crate::audit::{self, Chain, Deed};
use crate::clock::now;
use crate::db::on_db;
use crate::error::{Error, Result};
use folio_types::{InvitationId, Millis, Role};
use uuid::Uuid;

const GOOD_FOR: Millis = 7 * DAY;

const ADD: &str = "INSERT INTO account_links (id, digest, purpose, role, created_by, created_at, expires_at, unseen)
    VALUES ($1, $2, 'invite', $3, $4, $5, $6, TRUE)";
const UNSEEN: &str = "SELECT role, expires_at FROM account_links
    WHERE id = $1 AND created_by = $2 AND unseen AND used_at IS NULL AND expires_at > $3";
/// Only one of all who try gets a row back.
const REVEAL: &str = "UPDATE account_links SET digest = $3, unseen = FALSE
    WHERE id = $1 AND created_by = $2 AND unseen AND used_at IS NULL AND expires_at > $4 RETURNING expires_at";

/// An invitation whose link nobody has seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    pub id: InvitationId,
    pub role: Role,
    pub expires_at: Millis,
}

impl Accounts<'_> {
    /// Makes an invitation for a week; [`Accounts::reveal`] shows its link. Its record is the caller's.
    pub(crate) async fn prepare_invitation(&self, who: &Principal, role: Role) -> Result<Invitation> {
        self.may_invite(who).await?;
        let (id, at) = (InvitationId(Uuid::now_v7()), now());
        let expires_at = at + GOOD_FOR;
        // a secret that nobody knows stands in for the one that is made when the link is shown
        let placeholder = digest(&secret(""));
        on_db!(write self.0.db(), pool =>
            sqlx::query(ADD).bind(id.0).bind(&placeholder).bind(role.as_str()).bind(who.id.0).bind(at).bind(expires_at)
                .execute(pool).await.map(drop))?;
        Ok(Invitation { id, role, expires_at })
    }

    /// Fails where an invitation could not be made.
    pub(crate) async fn check_invitation(&self, who: &Principal) -> Result<()> {
        self.may_invite(who).await
    }

    /// An invitation of the caller's whose link was not shown yet.
    pub async fn invitation(&self, who: &Principal, id: InvitationId) -> Result<Invitation> {
        who.as_admin()?;
        let found: Option<(String, i64)> = on_db!(read self.0.db(), pool =>
            sqlx::query_as(UNSEEN).bind(id.0).bind(who.id.0).bind(now()).fetch_optional(pool).await?);
        let (role, expires_at) = found.ok_or(Error::NotFound("Invitation"))?;
        Ok(Invitation { id, role: role.parse().map_err(|fault: String| Error::internal(fault))?, expires_at })
    }

    /// The invitation's link, this once.
    pub async fn reveal(&self, who: &Principal, id: InvitationId) -> Result<AccountLink> {
        self.may_invite(who).await?;
        let invitation = self.invitation(who, id).await?;
        let text = secret("");
        let record = audit::draft(who, Deed::ran("users.show_invitation", invitation.role.as_str()));
        on_db!(change self.0.db(), tx => {
            let shown: Option<i64> = sqlx::query_scalar(REVEAL).bind(id.0).bind(who.id.0).bind(digest(&text)).bind(now())
                .fetch_optional(&mut *tx).await?;
            if shown.is_none() {
                return Err(Error::NotFound("Invitation"));
            }
            tx.append(&record).await?;
            tx.commit().await?;
        });
        let url = format!("{}/register?invite={text}", self.0.settings().public_url);
        Ok(AccountLink { url: url.into(), expires_at: invitation.expires_at })
    }
}
