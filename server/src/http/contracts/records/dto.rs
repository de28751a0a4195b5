//! `snake_case` on the wire. Conversations and messages look as on the conversations face.

pub use crate::http::contracts::conversations::dto::{ConversationDto, MessageDto};

use folio_core::chats::NewConversation;
use folio_types::{ConversationId, Speaker, UserId};
use serde::Deserialize;
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

impl From<NewConversationRecord> for NewConversation {
    fn from(new: NewConversationRecord) -> Self {
        Self { title: Some(new.title), owner: new.user_id, ..Self::default() }
    }
}
