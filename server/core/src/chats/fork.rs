//! A conversation of its own from what was said up to a message.

use super::Chats;
use super::rows::ConversationRow;
use crate::accounts::Principal;
use crate::clock::now;
use crate::db::on_db;
use crate::error::{Error, Result};
use folio_types::{Conversation, ConversationId, MessageId, MessageStatus, TopicId};
use uuid::Uuid;

const CREATE: &str = "INSERT INTO conversations 
    (id, user_id, title, model_tag, topic_id, active_leaf, created_at, updated_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $7) RETURNING *";
const COPY: &str =
    "INSERT INTO messages (id, conversation_id, parent_id, speaker, content, status, error, error_status,
        model_tag, token_count, inference_time_ms, sources, citations, seq, scope, summary, created_at)
    SELECT $2, $3, $4, speaker, content, status, error, error_status,
        model_tag, token_count, inference_time_ms, sources, citations, seq, scope, summary, created_at
    FROM messages WHERE id = $1";

impl Chats<'_> {
    /// Copies the line up to a message into a new conversation, which leaves this one as it is.
    pub async fn fork(&self, who: &Principal, at: MessageId) -> Result<Conversation> {
        let last = self.message(who, at).await?;
        if last.status == MessageStatus::Streaming {
            return Err(Error::Conflict("This answer is still being written. Fork it when it is done.".into()));
        }
        let original = self.one(who, last.conversation_id).await?;
        let line = self.tree(last.conversation_id).await?.line(Some(at));
        // new ids in the same order
        let copies: Vec<(Uuid, Uuid)> = line.iter().map(|message| (message.id.0, Uuid::now_v7())).collect();
        let (id, time) = (ConversationId(Uuid::now_v7()), now());
        let leaf = copies.last().map(|(_, copy)| *copy);
        let topic = original.topic_id.as_ref().map(TopicId::as_str);
        let row: ConversationRow = on_db!(write self.0.db(), pool => {
            let mut tx = pool.begin().await?;
            let row = sqlx::query_as(CREATE).bind(id.0).bind(who.id.0).bind(&original.title)
                .bind(&original.model_tag).bind(topic).bind(leaf).bind(time).fetch_one(&mut *tx).await?;
            let mut parent: Option<Uuid> = None;
            for (original, copy) in &copies {
                sqlx::query(COPY).bind(original).bind(copy).bind(id.0).bind(parent).execute(&mut *tx).await?;
                parent = Some(*copy);
            }
            tx.commit().await?;
            row
        });
        Ok(row.into())
    }
}
