//! Conversations and the questions asked in them.

mod again;
mod ask;
mod change;
mod create;
mod creator;
mod finish;
mod fork;
mod list;
mod notes;
mod recent;
mod record;
mod rows;
mod sampling;
mod tell;
mod titles;
mod tree;

pub use again::Again;
#[cfg(test)]
use ask::message;
use ask::title_of;
pub use ask::{LONGEST_KEY, Question};
pub use change::Change;
pub use create::NewConversation;
pub(crate) use creator::Creator;
pub use list::{LONGEST_LIST, Listing};
pub(crate) use recent::Recent;
pub use sampling::Sampling;
pub(crate) use tell::News;
pub use titles::Titled;

use crate::Core;
use crate::accounts::Principal;
use crate::attachments;
use crate::db::{Db, on_db};
use crate::error::{Error, Result};
use crate::runs::Seq;
use folio_types::{Conversation, ConversationId, Frame, Message, MessageId, MessageStatus};
use futures::stream::BoxStream;
use rows::{ConversationRow, MessageRow, message_columns};
use std::sync::Arc;
use tree::Tree;
use uuid::Uuid;

/// Characters of a title that someone gives; one that is made of a question is shorter.
const LONGEST_TITLE: usize = 200;

const ONE: &str = "SELECT * FROM conversations WHERE id = $1 AND user_id = $2";
const MESSAGES: &str =
    concat!("SELECT ", message_columns!(), " FROM messages m WHERE m.conversation_id = $1 ORDER BY m.id");
const MESSAGE: &str = concat!(
    "SELECT ",
    message_columns!(),
    " FROM messages m JOIN conversations c ON c.id = m.conversation_id WHERE m.id = $1 AND c.user_id = $2"
);
const HEAD: &str = "SELECT m.* FROM messages m JOIN conversations c ON c.id = m.conversation_id
    WHERE m.id = $1 AND c.user_id = $2";
const STORED: &str = concat!("SELECT ", message_columns!(), " FROM messages m WHERE m.id = $1");
const SWITCH: &str = "UPDATE conversations SET active_leaf = $2 WHERE id = $1";
const RUNNING: &str = "SELECT id FROM messages WHERE conversation_id = $1 AND status = 'streaming'";
const DELETE_MESSAGES: &str = "DELETE FROM messages WHERE conversation_id = $1";
const DELETE: &str = "DELETE FROM conversations WHERE id = $1 AND user_id = $2";

pub struct Chats<'a>(pub(crate) &'a Core);

impl Chats<'_> {
    pub async fn one(&self, who: &Principal, id: ConversationId) -> Result<Conversation> {
        Ok(self.conversation(who, id).await?.into())
    }

    /// A conversation and the messages of its active line, oldest first.
    pub async fn open(&self, who: &Principal, id: ConversationId) -> Result<(Conversation, Vec<Message>)> {
        let row = self.conversation(who, id).await?;
        let line = Tree::of(self.messages(&row).await?).into_line(row.leaf());
        Ok((row.into(), line))
    }

    /// Makes another version of a message the one that is seen, with what came after it.
    pub async fn switch(&self, who: &Principal, to: MessageId) -> Result<(Conversation, Vec<Message>)> {
        let conversation = self.message(who, to).await?.conversation_id;
        let leaf = self.tree(conversation).await?.leaf_below(to);
        on_db!(write self.0.db(), pool =>
            sqlx::query(SWITCH).bind(conversation.0).bind(leaf.0).execute(pool).await.map(drop))?;
        self.open(who, conversation).await
    }

    /// One message of a conversation of the caller's.
    pub async fn message(&self, who: &Principal, id: MessageId) -> Result<Message> {
        let row: Option<MessageRow> = on_db!(read self.0.db(), pool =>
            sqlx::query_as(MESSAGE).bind(id.0).bind(who.id.0).fetch_optional(pool).await)?;
        let row = row.ok_or(Error::NotFound("Message"))?;
        let sent = if row.has_attachments() { attachments::of_message(self.0.db(), id).await? } else { Vec::new() };
        Ok(Message { attachments: sent, ..row.try_into()? })
    }

    /// As [`Chats::message`], without what was sent with it and what of its text is still being written: whoever follows an
    /// answer gets that anyway.
    pub async fn head(&self, who: &Principal, id: MessageId) -> Result<Message> {
        let row: Option<MessageRow> = on_db!(read self.0.db(), pool =>
            sqlx::query_as(HEAD).bind(id.0).bind(who.id.0).fetch_optional(pool).await)?;
        row.ok_or(Error::NotFound("Message"))?.try_into()
    }

    /// The events of an answer after `after`, followed until it ends.
    pub async fn follow(&self, who: &Principal, id: MessageId, after: Seq) -> Result<BoxStream<'static, (Seq, Frame)>> {
        let message = self.head(who, id).await?;
        Ok(self.0.runs().follow(message, after))
    }

    /// Stops an answer that is being written; what is there stays. Stopping an ended one changes nothing.
    pub async fn stop(&self, who: &Principal, id: MessageId) -> Result<()> {
        let message = self.head(who, id).await?;
        if message.status == MessageStatus::Streaming {
            self.0.runs().stop(id).await?;
        }
        Ok(())
    }

    /// Deletes a conversation with all that is in it; answers that are being written are stopped first.
    pub async fn delete(&self, who: &Principal, id: ConversationId) -> Result<()> {
        self.conversation(who, id).await?;
        let running: Vec<Uuid> =
            on_db!(read self.0.db(), pool => sqlx::query_scalar(RUNNING).bind(id.0).fetch_all(pool).await)?;
        for run in running {
            self.0.runs().stop(MessageId(run)).await?;
        }
        let files = attachments::files_of(self.0.db(), id).await?;
        // messages first, as the writer of an answer locks them, or the two could wait for each other
        on_db!(change self.0.db(), tx => {
            sqlx::query(DELETE_MESSAGES).bind(id.0).execute(&mut *tx).await?;
            sqlx::query(DELETE).bind(id.0).bind(who.id.0).execute(&mut *tx).await?;
            tx.commit().await?;
        });
        attachments::forget(self.0, files).await
    }

    async fn conversation(&self, who: &Principal, id: ConversationId) -> Result<ConversationRow> {
        let row: Option<ConversationRow> = on_db!(read self.0.db(), pool =>
            sqlx::query_as(ONE).bind(id.0).bind(who.id.0).fetch_optional(pool).await)?;
        row.ok_or(Error::NotFound("Conversation"))
    }

    /// All versions of all messages, oldest first.
    async fn messages(&self, row: &ConversationRow) -> Result<Vec<Message>> {
        if let Some(known) = self.0.recent().messages(row).await {
            return Ok(known.to_vec());
        }
        let rows: Vec<MessageRow> =
            on_db!(read self.0.db(), pool => sqlx::query_as(MESSAGES).bind(row.id().0).fetch_all(pool).await)?;
        let messages = Arc::new(self.whole(row.id(), rows).await?);
        self.0.recent().keep(row, &messages).await;
        Ok(Arc::unwrap_or_clone(messages))
    }

    async fn tree(&self, id: ConversationId) -> Result<Tree> {
        let rows: Vec<MessageRow> =
            on_db!(read self.0.db(), pool => sqlx::query_as(MESSAGES).bind(id.0).fetch_all(pool).await)?;
        Ok(Tree::of(self.whole(id, rows).await?))
    }

    /// The messages with what was sent with them, which is looked for only where there is something.
    async fn whole(&self, id: ConversationId, rows: Vec<MessageRow>) -> Result<Vec<Message>> {
        let has_attachments = rows.iter().any(MessageRow::has_attachments);
        let mut messages = rows.into_iter().map(TryInto::try_into).collect::<Result<Vec<Message>>>()?;
        if has_attachments {
            let mut sent = attachments::of_conversation(self.0.db(), id).await?;
            for message in &mut messages {
                message.attachments = sent.remove(&message.id).unwrap_or_default();
            }
        }
        Ok(messages)
    }
}

fn title_given(title: &str) -> Result<String> {
    // PostgreSQL cannot store it as text
    let title = title.trim().replace('\0', "");
    if title.is_empty() || title.chars().count() > LONGEST_TITLE {
        return Err(Error::invalid("title", "Give a title of 1 to 200 characters."));
    }
    Ok(title)
}

/// A message as it is stored now, whoever asks.
pub(crate) async fn stored_message(db: &Db, id: MessageId) -> Result<Option<Message>> {
    let row: Option<MessageRow> =
        on_db!(read db, pool => sqlx::query_as(STORED).bind(id.0).fetch_optional(pool).await)?;
    row.map(TryInto::try_into).transpose()
}
