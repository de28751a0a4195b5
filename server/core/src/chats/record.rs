//! A message that is only recorded: nothing is generated.

use super::Chats;
use super::ask::{content_given, title_of};
use crate::accounts::Principal;
use crate::clock::now;
use crate::db::on_db;
use crate::error::{Error, Result};
use folio_types::{ConversationId, Message, MessageId, Speaker};
use uuid::Uuid;

/// Locks the conversation, so that of two messages at once one comes after the other.
const TOUCH: &str = "UPDATE conversations SET updated_at = $3, title = CASE WHEN title = '' THEN $4 ELSE title END
    WHERE id = $1 AND user_id = $2 RETURNING active_leaf";
const NEWEST: &str = "SELECT id FROM messages WHERE conversation_id = $1 ORDER BY id DESC LIMIT 1";
const INSERT: &str = "INSERT INTO messages (id, conversation_id, parent_id, speaker, content, status, created_at)
    VALUES ($1, $2, $3, $4, $5, 'complete', $6)";
const LEAF: &str = "UPDATE conversations SET active_leaf = $2 WHERE id = $1";

impl Chats<'_> {
    /// Puts a message at the end of the line that is seen.
    pub async fn record(
        &self,
        who: &Principal,
        conversation: ConversationId,
        speaker: Speaker,
        content: &str,
    ) -> Result<Message> {
        let content = content_given(content)?;
        let title = if speaker == Speaker::User { title_of(&content) } else { String::new() };
        let (id, at) = (Uuid::now_v7(), now());
        on_db!(change self.0.db(), tx => {
            let leaf: Option<Option<Uuid>> = sqlx::query_scalar(TOUCH)
                .bind(conversation.0).bind(who.id.0).bind(at).bind(&title).fetch_optional(&mut *tx).await?;
            let Some(leaf) = leaf else { return Err(Error::NotFound("Conversation")) };
            let parent: Option<Uuid> = match leaf {
                Some(leaf) => Some(leaf),
                None => sqlx::query_scalar(NEWEST).bind(conversation.0).fetch_optional(&mut *tx).await?,
            };
            sqlx::query(INSERT).bind(id).bind(conversation.0).bind(parent).bind(speaker.as_str())
                .bind(&content).bind(at).execute(&mut *tx).await?;
            sqlx::query(LEAF).bind(conversation.0).bind(id).execute(&mut *tx).await?;
            tx.commit().await?;
        });
        self.message(who, MessageId(id)).await
    }
}
