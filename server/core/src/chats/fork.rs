//! A conversation of its own from what was said up to a message.

use super::Chats;
use super::rows::ConversationRow;
use crate::accounts::Principal;
use crate::attachments::{COPY as COPY_ATTACHMENT, Parcel};
use crate::clock::now;
use crate::db::on_db;
use crate::error::{Error, Result};
use crate::operations::COPY as COPY_CARD;
use folio_types::{ConfirmationId, Conversation, ConversationId, Message, MessageId, MessageStatus, TopicId};
use uuid::Uuid;

const CREATE: &str = "INSERT INTO conversations 
    (id, user_id, title, model_tag, topic_id, active_leaf, created_at, updated_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $7) RETURNING *";
const COPY: &str =
    "INSERT INTO messages (id, conversation_id, parent_id, speaker, content, status, error, error_status,
        model_tag, token_count, inference_time_ms, sources, citations, calls, seq, scope, summary, attached, created_at)
    SELECT $2, $3, $4, speaker, content, status, error, error_status,
        model_tag, token_count, inference_time_ms, sources, citations, calls, seq, scope, summary, attached, created_at
    FROM messages WHERE id = $1";

impl Chats<'_> {
    /// Copies the line up to a message into a new conversation, which leaves this one as it is.
    pub async fn fork(&self, who: &Principal, at: MessageId) -> Result<Conversation> {
        let last = self.message(who, at).await?;
        let original = self.one(who, last.conversation_id).await?;
        let line = self.tree(last.conversation_id).await?.line(Some(at));
        if line.iter().any(|message| message.status == MessageStatus::Streaming) {
            return Err(Error::Conflict("This answer is still being written. Fork it when it is done.".into()));
        }
        self.refuse_while_undecided(who, &line).await?;
        // new ids in the same order
        let copy = |message: &Message| (message.id.0, Uuid::now_v7(), Parcel::copying(&message.attachments));
        let copies: Vec<(Uuid, Uuid, Parcel)> = line.iter().map(copy).collect();
        let (id, time) = (ConversationId(Uuid::now_v7()), now());
        let leaf = copies.last().map(|(_, copy, _)| *copy);
        let topic = original.topic_id.as_ref().map(TopicId::as_str);
        let row: ConversationRow = on_db!(change self.0.db(), tx => {
            let row = sqlx::query_as(CREATE).bind(id.0).bind(who.id.0).bind(&original.title)
                .bind(&original.model_tag).bind(topic).bind(leaf).bind(time).fetch_one(&mut *tx).await?;
            let mut parent: Option<Uuid> = None;
            for (original, copy, parcel) in &copies {
                sqlx::query(COPY).bind(original).bind(copy).bind(id.0).bind(parent).execute(&mut *tx).await?;
                sqlx::query(COPY_CARD).bind(original).bind(copy).execute(&mut *tx).await?;
                for (place, (attachment, from)) in (0_i64..).zip(&parcel.items) {
                    let read = i64::try_from(attachment.read).unwrap_or_default();
                    sqlx::query(COPY_ATTACHMENT).bind(copy).bind(place).bind(read).bind(attachment.id.0)
                        .bind(who.id.0).bind(from.map(|from| from.0)).execute(&mut *tx).await?;
                }
                parent = Some(*copy);
            }
            tx.commit().await?;
            row
        });
        Ok(row.into())
    }

    /// An answer goes on when its person has decided, in one place.
    async fn refuse_while_undecided(&self, who: &Principal, line: &[Message]) -> Result<()> {
        let asked: Vec<ConfirmationId> =
            line.iter().flat_map(|message| &message.calls).filter_map(|call| call.confirmation).collect();
        if asked.is_empty() {
            return Ok(());
        }
        let open = self.0.operations().open_confirmations(who).await?;
        if open.iter().any(|confirmation| asked.contains(&confirmation.id)) {
            return Err(Error::Conflict(
                "An answer here waits for you. Confirm or cancel what it asks for, then fork.".into(),
            ));
        }
        Ok(())
    }
}
