//! Attachments as the databases keep them.

use crate::clock::now;
use crate::db::{Db, on_db};
use crate::error::{Error, Result};
use folio_types::{Attachment, AttachmentId, AttachmentKind, ConversationId, MessageId, Millis, UserId};
use std::collections::HashMap;
use uuid::Uuid;

const OF_CONVERSATION: &str = "SELECT a.* FROM attachments a JOIN messages m ON m.id = a.message_id
    WHERE m.conversation_id = $1 ORDER BY a.position";
const FILES: &str = "SELECT DISTINCT a.file_id FROM attachments a JOIN messages m ON m.id = a.message_id
    WHERE m.conversation_id = $1 AND a.file_id IS NOT NULL";

/// An attachment, and where it belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub attachment: Attachment,
    /// None until it is sent.
    pub message: Option<MessageId>,
    pub media_type: String,
    pub created_at: Millis,
}

#[derive(sqlx::FromRow)]
pub struct AttachmentRow {
    pub id: Uuid,
    pub owner_id: Uuid,
    pub message_id: Option<Uuid>,
    pub file_id: Option<Uuid>,
    pub position: i64,
    pub kind: String,
    pub name: String,
    pub media_type: String,
    pub size: i64,
    pub kept: i64,
    pub characters: i64,
    pub read_characters: i64,
    pub created_at: i64,
}

impl AttachmentRow {
    pub fn new(
        owner: UserId,
        message: Option<MessageId>,
        kind: AttachmentKind,
        name: String,
        media_type: String,
    ) -> Self {
        Self {
            id: Uuid::now_v7(),
            owner_id: owner.0,
            message_id: message.map(|message| message.0),
            file_id: None,
            position: 0,
            kind: kind.to_string(),
            name,
            media_type,
            size: 0,
            kept: 0,
            characters: 0,
            read_characters: 0,
            created_at: now(),
        }
    }

    /// Says which file it has: its own bytes, those of all that is kept of it, and the characters of its text.
    pub fn holds(&mut self, file: Uuid, size: u64, kept: u64, characters: u64, read: u64) {
        let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        self.file_id = Some(file);
        (self.size, self.kept) = (number(size), number(kept));
        (self.characters, self.read_characters) = (number(characters), number(read));
    }

    pub fn message(&self) -> Option<MessageId> {
        self.message_id.map(MessageId)
    }

    /// The folder of its files.
    pub fn file(&self) -> Option<Uuid> {
        self.file_id
    }
}

impl TryFrom<AttachmentRow> for Record {
    type Error = Error;

    fn try_from(row: AttachmentRow) -> Result<Self> {
        Ok(Self {
            message: row.message(),
            attachment: Attachment {
                id: AttachmentId(row.id),
                name: row.name,
                kind: row.kind.parse().map_err(|fault: String| Error::internal(fault))?,
                size: row.size.unsigned_abs(),
                characters: row.characters.unsigned_abs(),
                read: row.read_characters.unsigned_abs(),
            },
            media_type: row.media_type,
            created_at: row.created_at,
        })
    }
}

/// What was sent with the messages of a conversation.
pub(crate) async fn of_conversation(db: &Db, id: ConversationId) -> Result<HashMap<MessageId, Vec<Attachment>>> {
    let rows: Vec<AttachmentRow> =
        on_db!(read db, pool => sqlx::query_as(OF_CONVERSATION).bind(id.0).fetch_all(pool).await)?;
    let mut found: HashMap<MessageId, Vec<Attachment>> = HashMap::new();
    for row in rows {
        if let Some(message) = row.message() {
            found.entry(message).or_default().push(Record::try_from(row)?.attachment);
        }
    }
    Ok(found)
}

/// What was sent with one message.
pub(crate) async fn of_message(db: &Db, id: MessageId) -> Result<Vec<Attachment>> {
    let rows: Vec<AttachmentRow> =
        on_db!(read db, pool => sqlx::query_as(super::OF_MESSAGE).bind(id.0).fetch_all(pool).await)?;
    rows.into_iter().map(|row| Ok(Record::try_from(row)?.attachment)).collect()
}

/// The folder of each attachment of a conversation that has one.
pub(crate) async fn places(db: &Db, id: ConversationId) -> Result<HashMap<AttachmentId, Uuid>> {
    let rows: Vec<AttachmentRow> =
        on_db!(read db, pool => sqlx::query_as(OF_CONVERSATION).bind(id.0).fetch_all(pool).await)?;
    Ok(rows.iter().filter_map(|row| Some((AttachmentId(row.id), row.file()?))).collect())
}

/// The folders that messages of a conversation have files in.
pub(crate) async fn files(db: &Db, id: ConversationId) -> Result<Vec<Uuid>> {
    Ok(on_db!(read db, pool => sqlx::query_scalar(FILES).bind(id.0).fetch_all(pool).await)?)
}
