//! Conversations that were read lately: reading one again does not read all its messages again.
//!
//! What is kept holds for one version of a conversation, which every reading asks the database for, so that several
//! processes never show each other's past. Whoever changes a message that is complete therefore touches its
//! conversation; one that is being written changes without that, and a conversation with such a message is not kept.

use super::rows::ConversationRow;
use folio_types::{ConversationId, Message, MessageId, MessageStatus, Millis};
use moka::future::Cache;
use std::sync::Arc;
use std::time::Duration;

/// Bytes of text that are kept at most.
const MOST: u64 = 64 * 1024 * 1024;
/// What a message takes besides its text, roughly.
const FRAME: usize = 400;
const UNREAD: Duration = Duration::from_mins(10);

#[derive(Clone, PartialEq, Eq)]
struct Version {
    updated_at: Millis,
    leaf: Option<MessageId>,
}

#[derive(Clone)]
struct Read {
    version: Version,
    /// All versions of all messages, oldest first.
    messages: Arc<Vec<Message>>,
}

#[derive(Clone)]
pub struct Recent(Cache<ConversationId, Read>);

impl Default for Recent {
    fn default() -> Self {
        let cache = Cache::builder().max_capacity(MOST).time_to_idle(UNREAD).weigher(|_, read: &Read| weight(read));
        Self(cache.build())
    }
}

impl Recent {
    /// The messages as they were read for this version of the conversation.
    pub async fn messages(&self, row: &ConversationRow) -> Option<Arc<Vec<Message>>> {
        let read = self.0.get(&row.id()).await?;
        (read.version == Version::of(row)).then_some(read.messages)
    }

    /// Keeps messages that were read after the row was.
    pub async fn keep(&self, row: &ConversationRow, messages: &Arc<Vec<Message>>) {
        if messages.iter().all(|message| message.status != MessageStatus::Streaming) {
            self.0.insert(row.id(), Read { version: Version::of(row), messages: Arc::clone(messages) }).await;
        }
    }
}

impl Version {
    fn of(row: &ConversationRow) -> Self {
        Self { updated_at: row.updated_at(), leaf: row.leaf() }
    }
}

fn weight(read: &Read) -> u32 {
    let text = |message: &Message| {
        let passages = message.sources.len() + message.citations.len() + message.attachments.len();
        message.content.len() + FRAME * (1 + passages)
    };
    u32::try_from(read.messages.iter().map(text).sum::<usize>()).unwrap_or(u32::MAX)
}
