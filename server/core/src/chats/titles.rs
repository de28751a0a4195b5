//! All of a person's conversations by name, for finding the one that is meant.

use super::{Change, Chats};
use crate::accounts::Principal;
use crate::db::on_db;
use crate::error::{Error, Result};
use folio_types::{ConversationId, Millis};
use uuid::Uuid;

/// More are not looked through.
const MOST: i64 = 10_000;

const TITLES: &str = "SELECT c.id, c.title, c.archived, c.updated_at,
        (SELECT COUNT(*) FROM messages m WHERE m.conversation_id = c.id) AS messages,
        (SELECT COUNT(*) FROM messages m WHERE m.conversation_id = c.id AND m.speaker = 'user'
            AND NOT EXISTS (SELECT 1 FROM assistant_turns t WHERE t.message_id = m.id)) AS asked
    FROM conversations c WHERE c.user_id = $1 ORDER BY c.updated_at DESC, c.id DESC LIMIT $2";
const TITLE: &str = "SELECT c.id, c.title, c.archived, c.updated_at,
        (SELECT COUNT(*) FROM messages m WHERE m.conversation_id = c.id) AS messages,
        (SELECT COUNT(*) FROM messages m WHERE m.conversation_id = c.id AND m.speaker = 'user'
            AND NOT EXISTS (SELECT 1 FROM assistant_turns t WHERE t.message_id = m.id)) AS asked
    FROM conversations c WHERE c.user_id = $1 AND c.id = $2";

/// A conversation without what is said in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Titled {
    pub id: ConversationId,
    pub title: String,
    pub archived: bool,
    pub updated_at: Millis,
    pub messages: u32,
    /// Questions, which commands are not. Answers say nothing new of what somebody wants: one may just be asking.
    pub asked: u32,
}

#[derive(sqlx::FromRow)]
struct TitledRow {
    id: Uuid,
    title: String,
    archived: bool,
    updated_at: i64,
    messages: i64,
    asked: i64,
}

impl Chats<'_> {
    /// Every conversation of the caller's, archived ones too, newest first.
    pub async fn titles(&self, who: &Principal) -> Result<Vec<Titled>> {
        let rows: Vec<TitledRow> = on_db!(read self.0.db(), pool =>
            sqlx::query_as(TITLES).bind(who.id.0).bind(MOST).fetch_all(pool).await?);
        Ok(rows.into_iter().map(Into::into).collect())
    }

    pub async fn titled(&self, who: &Principal, id: ConversationId) -> Result<Titled> {
        let row: Option<TitledRow> = on_db!(read self.0.db(), pool =>
            sqlx::query_as(TITLE).bind(who.id.0).bind(id.0).fetch_optional(pool).await?);
        row.map(Into::into).ok_or(Error::NotFound("Conversation"))
    }

    /// Puts a conversation away, or takes it back; false when it was there already.
    pub async fn archive(&self, who: &Principal, id: ConversationId, archived: bool) -> Result<bool> {
        if self.one(who, id).await?.archived == archived {
            return Ok(false);
        }
        self.change(who, id, Change { archived: Some(archived), ..Change::default() }).await?;
        Ok(true)
    }
}

impl From<TitledRow> for Titled {
    fn from(row: TitledRow) -> Self {
        Self {
            id: ConversationId(row.id),
            title: if row.title.is_empty() { "Untitled".into() } else { row.title },
            archived: row.archived,
            updated_at: row.updated_at,
            messages: u32::try_from(row.messages).unwrap_or_default(),
            asked: u32::try_from(row.asked).unwrap_or_default(),
        }
    }
}
