//! Rows as the databases give them.

use crate::error::{Error, Result};
use folio_types::{Conversation, ConversationId, Message, MessageId, Millis, TopicId, UserId};
use uuid::Uuid;

#[derive(sqlx::FromRow)]
pub struct ConversationRow {
    id: Uuid,
    user_id: Uuid,
    title: String,
    model_tag: Option<String>,
    is_favorited: bool,
    archived: bool,
    topic_id: Option<String>,
    created_at: i64,
    updated_at: i64,
    active_leaf: Option<Uuid>,
}

impl ConversationRow {
    pub fn id(&self) -> ConversationId {
        ConversationId(self.id)
    }

    pub fn updated_at(&self) -> Millis {
        self.updated_at
    }

    /// The end of the line that people see.
    pub fn leaf(&self) -> Option<MessageId> {
        self.active_leaf.map(MessageId)
    }
}

/// What a whole [`MessageRow`] is read from, with `m` for `messages`: an answer that is being written has its text elsewhere.
macro_rules! message_columns {
    () => {
        "m.*, CASE WHEN m.status = 'streaming'
            THEN (SELECT d.text FROM drafted d WHERE d.message_id = m.id) END AS draft,
        CASE WHEN m.status = 'streaming'
            THEN (SELECT d.seq FROM drafted d WHERE d.message_id = m.id) END AS draft_seq"
    };
}
pub(crate) use message_columns;

#[derive(sqlx::FromRow)]
pub struct MessageRow {
    id: Uuid,
    conversation_id: Uuid,
    parent_id: Option<Uuid>,
    speaker: String,
    content: String,
    status: String,
    error: Option<String>,
    error_status: Option<i64>,
    model_tag: Option<String>,
    token_count: Option<i64>,
    inference_time_ms: Option<i64>,
    sources: String,
    citations: String,
    seq: i64,
    #[sqlx(default)]
    draft: Option<String>,
    #[sqlx(default)]
    draft_seq: Option<i64>,
    window_from: Option<Uuid>,
    created_at: i64,
    attached: i64,
    calls: String,
}

impl MessageRow {
    /// Whether anything was sent with it.
    pub fn has_attachments(&self) -> bool {
        self.attached > 0
    }
}

impl From<ConversationRow> for Conversation {
    fn from(row: ConversationRow) -> Self {
        Self {
            id: ConversationId(row.id),
            user_id: UserId(row.user_id),
            title: row.title,
            model_tag: row.model_tag,
            is_favorited: row.is_favorited,
            archived: row.archived,
            topic_id: row.topic_id.map(TopicId::from),
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

impl TryFrom<MessageRow> for Message {
    type Error = Error;

    fn try_from(row: MessageRow) -> Result<Self> {
        Ok(Self {
            id: MessageId(row.id),
            conversation_id: ConversationId(row.conversation_id),
            parent_id: row.parent_id.map(MessageId),
            speaker: row.speaker.parse().map_err(|fault: String| Error::internal(fault))?,
            content: row.content + row.draft.as_deref().unwrap_or_default(),
            status: row.status.parse().map_err(|fault: String| Error::internal(fault))?,
            error: row.error,
            error_status: row.error_status.and_then(|status| u16::try_from(status).ok()),
            model_tag: row.model_tag,
            token_count: row.token_count.and_then(|count| u32::try_from(count).ok()),
            inference_time_ms: row.inference_time_ms.and_then(|time| u32::try_from(time).ok()),
            sources: serde_json::from_str(&row.sources)?,
            citations: serde_json::from_str(&row.citations)?,
            attachments: Vec::new(),
            calls: serde_json::from_str(&row.calls)?,
            seq: row.draft_seq.unwrap_or(row.seq).unsigned_abs(),
            window_from: row.window_from.map(MessageId),
            variants: Vec::new(),
            created_at: row.created_at,
        })
    }
}
