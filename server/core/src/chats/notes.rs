//! What is said in a conversation without a model: both sides are stored as they are.

use super::{Chats, title_of};
use crate::accounts::Principal;
use crate::clock::now;
use crate::db::on_db;
use crate::error::{Error, Result};
use folio_types::{ConversationId, MessageId};
use uuid::Uuid;

const CREATE: &str = "INSERT INTO conversations (id, user_id, title, created_at, updated_at)
    VALUES ($1, $2, $3, $4, $4)";
/// The update holds the conversation, so that two notes at the same time follow each other.
const HOLD: &str = "UPDATE conversations SET updated_at = $3 WHERE id = $1 AND user_id = $2 RETURNING active_leaf";
const NEWEST: &str = "SELECT id FROM messages WHERE conversation_id = $1 ORDER BY id DESC LIMIT 1";
const SAY: &str = "INSERT INTO messages (id, conversation_id, parent_id, speaker, content, status, created_at)
    VALUES ($1, $2, $3, $4, $5, 'complete', $6)";
const SEE: &str = "UPDATE conversations SET active_leaf = $2, title = CASE WHEN title = '' THEN $3 ELSE title END
    WHERE id = $1";

/// Where something was noted.
#[derive(Clone, Copy, Debug)]
pub struct Noted {
    pub conversation: ConversationId,
    /// What the person said, where something was said.
    pub said: Option<MessageId>,
    pub reply: MessageId,
}

impl Chats<'_> {
    /// Adds what the caller said, if anything, and what is replied, at the end of a conversation or in a new one.
    pub(crate) async fn note(
        &self,
        who: &Principal,
        conversation: Option<ConversationId>,
        said: Option<&str>,
        reply: &str,
    ) -> Result<Noted> {
        let at = now();
        let (question, answer) = (said.map(|_| MessageId(Uuid::now_v7())), MessageId(Uuid::now_v7()));
        let id = conversation.unwrap_or_else(|| ConversationId(Uuid::now_v7()));
        let title = title_of(said.unwrap_or(reply));
        // PostgreSQL cannot store it as text
        let (said, reply) = (said.map(|said| said.replace('\0', "")), reply.replace('\0', ""));
        on_db!(change self.0.db(), tx => {
            let leaf: Option<Uuid> = if conversation.is_some() {
                let held: Option<Option<Uuid>> = sqlx::query_scalar(HOLD).bind(id.0).bind(who.id.0).bind(at)
                    .fetch_optional(&mut *tx).await?;
                let Some(leaf) = held else { return Err(Error::NotFound("Conversation")) };
                match leaf {
                    Some(leaf) => Some(leaf),
                    None => sqlx::query_scalar(NEWEST).bind(id.0).fetch_optional(&mut *tx).await?,
                }
            } else {
                sqlx::query(CREATE).bind(id.0).bind(who.id.0).bind(&title).bind(at).execute(&mut *tx).await?;
                None
            };
            if let (Some(question), Some(said)) = (question, &said) {
                sqlx::query(SAY).bind(question.0).bind(id.0).bind(leaf).bind("user").bind(said).bind(at)
                    .execute(&mut *tx).await?;
            }
            sqlx::query(SAY).bind(answer.0).bind(id.0).bind(question.map(|question| question.0).or(leaf))
                .bind("assistant").bind(&reply).bind(at).execute(&mut *tx).await?;
            sqlx::query(SEE).bind(id.0).bind(answer.0).bind(&title).execute(&mut *tx).await?;
            tx.commit().await?;
        });
        Ok(Noted { conversation: id, said: question, reply: answer })
    }
}
