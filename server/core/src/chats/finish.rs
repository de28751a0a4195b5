//! Answers for those who wait for the whole.

use super::Chats;
use crate::accounts::Principal;
use crate::error::{Error, Result};
use folio_types::{Message, MessageId, MessageStatus};
use futures::StreamExt;

impl Chats<'_> {
    /// The answer once it has ended; a caller who stops waiting changes nothing. What a model server's fault made of it
    /// is the same error as if it had been asked here.
    pub async fn finished(&self, who: &Principal, answer: MessageId) -> Result<Message> {
        let mut events = self.follow(who, answer, 0).await?;
        while events.next().await.is_some() {}
        let message = self.message(who, answer).await?;
        match (message.status, message.error.clone()) {
            (MessageStatus::Complete, _) | (_, None) => Ok(message),
            (_, Some(words)) => Err(match message.error_status {
                Some(503) => Error::Unavailable(words),
                Some(500) => Error::internal(words),
                _ => Error::Upstream(words),
            }),
        }
    }
}
