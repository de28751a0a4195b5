//! `snake_case` on the wire. Conversations and messages look as on the conversations face.

pub use crate::http::contracts::conversations::dto::{ConversationDto, MessageDto};

use crate::http::contracts::timestamp::Timestamp;
use folio_core::attachments::Record;
use folio_core::chats::NewConversation;
use folio_types::{AttachmentId, AttachmentKind, ConversationId, MessageId, Speaker, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
pub struct NewConversationRecord {
    /// The caller's own; an administrator may name another.
    user_id: Option<UserId>,
    #[schema(example = "How bees find flowers")]
    title: String,
}

#[derive(Deserialize, ToSchema)]
pub struct NewMessageRecord {
    pub conversation_id: ConversationId,
    pub role: Speaker,
    /// 1 to 32,000 characters.
    #[schema(example = "How do bees tell where flowers are?")]
    pub content: String,
}

/// A file that was sent with a message or is about to be, or a note of one that lies elsewhere.
#[derive(Serialize, ToSchema)]
#[schema(as = Attachment)]
pub struct AttachmentDto {
    id: AttachmentId,
    /// Null until it is sent with a question.
    message_id: Option<MessageId>,
    kind: AttachmentKind,
    /// By its content; of a reference, what was said.
    #[schema(example = "image/png")]
    file_type: String,
    /// The name it had at its sender's, or the path that was noted: a label, never opened.
    #[schema(example = "bees.png")]
    file_path: String,
    /// Bytes; 0 of a reference.
    size: u64,
    /// Of a document's text.
    characters: u64,
    /// How many of them a model reads: fewer where not all fit its budget.
    read_characters: u64,
    created_at: Timestamp,
}

/// Notes a file that lies elsewhere.
#[derive(Deserialize, ToSchema)]
#[schema(as = NewAttachment)]
pub struct NewAttachmentDto {
    pub message_id: MessageId,
    /// 1 to 200 characters.
    #[schema(example = "image/png")]
    pub file_type: String,
    /// A label, never opened.
    #[schema(example = "pictures/bees.png")]
    pub file_path: String,
}

/// Uploads the file itself; it is streamed to disk, so this is never built.
#[derive(ToSchema)]
#[schema(as = AttachmentForm)]
#[expect(dead_code, reason = "it only describes the form")]
pub struct AttachmentForm {
    /// A picture (PNG, JPEG, WebP, GIF), PDF, EPUB, DOCX, HTML, Markdown or text.
    #[schema(value_type = String, content_media_type = "application/octet-stream")]
    file: Vec<u8>,
    /// The message that it belongs to; without one it waits for a day to be sent with a question.
    message_id: Option<MessageId>,
}

impl From<Record> for AttachmentDto {
    fn from(record: Record) -> Self {
        let Record { attachment, message, media_type, created_at } = record;
        Self {
            id: attachment.id,
            message_id: message,
            kind: attachment.kind,
            file_type: media_type,
            file_path: attachment.name,
            size: attachment.size,
            characters: attachment.characters,
            read_characters: attachment.read,
            created_at: Timestamp(created_at),
        }
    }
}

impl From<NewConversationRecord> for NewConversation {
    fn from(new: NewConversationRecord) -> Self {
        Self { title: Some(new.title), owner: new.user_id, ..Self::default() }
    }
}
