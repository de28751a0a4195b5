//! Conversations, newest first, in pieces.

use super::Chats;
use super::rows::ConversationRow;
use crate::accounts::Principal;
use crate::db::on_db;
use crate::error::{Error, Result};
use folio_types::Conversation;

/// Rows that one list may have.
pub const LONGEST_LIST: u32 = 200;

const LIST: &str = "SELECT * FROM conversations WHERE user_id = $1 AND archived = $2
    ORDER BY updated_at DESC, id DESC LIMIT $3 OFFSET $4";
const FAVORITES: &str = "SELECT * FROM conversations WHERE user_id = $1 AND archived = $2 AND is_favorited = $5
    ORDER BY updated_at DESC, id DESC LIMIT $3 OFFSET $4";
const COUNT: &str = "SELECT COUNT(*) FROM conversations WHERE user_id = $1 AND archived = $2";
const COUNT_FAVORITES: &str =
    "SELECT COUNT(*) FROM conversations WHERE user_id = $1 AND archived = $2 AND is_favorited = $3";

/// Which conversations, and how many of them.
#[derive(Clone, Copy, Debug)]
pub struct Listing {
    /// Archived ones only, or the others only.
    pub archived: bool,
    /// Favourites only, the others only, or both.
    pub favorited: Option<bool>,
    /// 1 to [`LONGEST_LIST`].
    pub limit: u32,
    pub offset: u32,
}

impl Default for Listing {
    fn default() -> Self {
        Self { archived: false, favorited: None, limit: 50, offset: 0 }
    }
}

impl Listing {
    fn checked(self) -> Result<()> {
        if self.limit == 0 || self.limit > LONGEST_LIST {
            return Err(Error::invalid("limit", format!("Give a limit of 1 to {LONGEST_LIST}.")));
        }
        Ok(())
    }
}

impl Chats<'_> {
    /// The caller's conversations, newest first.
    pub async fn list(&self, who: &Principal, listing: Listing) -> Result<Vec<Conversation>> {
        listing.checked()?;
        self.fetch(who, listing, listing.limit).await
    }

    /// As [`Chats::list`], and how many there are in all.
    pub async fn page(&self, who: &Principal, listing: Listing) -> Result<(Vec<Conversation>, u64)> {
        listing.checked()?;
        // one more tells whether these are all, and then nothing has to be counted
        let mut conversations = self.fetch(who, listing, listing.limit + 1).await?;
        let shown = conversations.len();
        let is_end = shown <= listing.limit as usize && (shown > 0 || listing.offset == 0);
        if is_end {
            return Ok((conversations, u64::from(listing.offset) + shown as u64));
        }
        conversations.truncate(listing.limit as usize);
        Ok((conversations, self.count(who, listing).await?))
    }

    async fn fetch(&self, who: &Principal, listing: Listing, most: u32) -> Result<Vec<Conversation>> {
        let Listing { archived, favorited, offset, .. } = listing;
        let (limit, offset) = (i64::from(most), i64::from(offset));
        let rows: Vec<ConversationRow> = on_db!(read self.0.db(), pool => match favorited {
            None => sqlx::query_as(LIST).bind(who.id.0).bind(archived).bind(limit).bind(offset).fetch_all(pool).await,
            Some(favorited) => sqlx::query_as(FAVORITES).bind(who.id.0).bind(archived).bind(limit).bind(offset)
                .bind(favorited).fetch_all(pool).await,
        })?;
        Ok(rows.into_iter().map(Into::into).collect())
    }

    async fn count(&self, who: &Principal, listing: Listing) -> Result<u64> {
        let Listing { archived, favorited, .. } = listing;
        let count: i64 = on_db!(read self.0.db(), pool => match favorited {
            None => sqlx::query_scalar(COUNT).bind(who.id.0).bind(archived).fetch_one(pool).await,
            Some(favorited) => sqlx::query_scalar(COUNT_FAVORITES).bind(who.id.0).bind(archived).bind(favorited)
                .fetch_one(pool).await,
        })?;
        Ok(count.unsigned_abs())
    }
}
