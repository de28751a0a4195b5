//! `camelCase` on the wire, and roles in capitals. A session is a conversation.

use crate::http::contracts::timestamp::Timestamp;
use crate::http::extract::Named;
use folio_core::Sampling;
use folio_types::{
    BookId, Conversation, ConversationId, Frame, Message, MessageId, MessageStatus, Passage, Speaker, TopicId,
};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use utoipa::ToSchema;

/// The id of a conversation, by the name that it has here.
#[derive(Clone, Copy)]
pub struct SessionId(pub ConversationId);

impl Named for SessionId {
    const NOUN: &'static str = "Session";

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok().map(Self)
    }
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewSession {
    /// The topic whose books are asked; without one all books are.
    #[schema(value_type = Option<String>, example = "cerebral-aneurysm")]
    pub topic_id: Option<TopicId>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Session)]
pub struct SessionDto {
    session_id: ConversationId,
    #[schema(value_type = Option<String>, example = "cerebral-aneurysm")]
    topic_id: Option<TopicId>,
    created_at: Timestamp,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionQuestion {
    /// 1 to 32,000 characters.
    #[schema(example = "What are the Hunt and Hess grading criteria?", min_length = 1, max_length = 32_000)]
    pub content: String,
    /// 0 to 2; the greater, the more surprising.
    #[schema(minimum = 0, maximum = 2)]
    temperature: Option<f32>,
    /// The length of the answer at most.
    #[schema(minimum = 1)]
    max_tokens: Option<u32>,
    /// Chooses among this many likeliest tokens only; 0 among all.
    #[schema(minimum = 0)]
    top_k: Option<u32>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionMessage {
    id: MessageId,
    role: SessionRole,
    content: String,
    /// Of an answer: the pages that it may rest on, cited ones first. Empty when nothing relevant was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    sources: Option<Vec<SessionSource>>,
    created_at: Timestamp,
    /// Of an answer that is not whole: `streaming`, `interrupted` or `failed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<MessageStatus>,
}

#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
enum SessionRole {
    User,
    Assistant,
}

#[derive(Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionSource {
    #[schema(example = "Principles of Neurosurgery")]
    book_title: String,
    #[schema(example = 318)]
    page: u32,
    book_id: BookId,
    quote: String,
    /// Names the passage; the same passage has the same id.
    chunk_id: String,
}

/// One event of a streamed answer.
#[derive(Serialize)]
#[serde(untagged)]
pub enum SessionFrame {
    #[serde(rename_all = "camelCase")]
    Started {
        message_id: MessageId,
        user_message_id: MessageId,
    },
    Sources {
        sources: Vec<SessionSource>,
    },
    #[serde(rename_all = "camelCase")]
    Error {
        error: String,
        status_code: u16,
    },
    /// The others have no names of their own to translate.
    Same(Frame),
}

impl SessionQuestion {
    pub fn sampling(&self) -> Sampling {
        Sampling { temperature: self.temperature, max_tokens: self.max_tokens, top_k: self.top_k }
    }
}

impl From<Conversation> for SessionDto {
    fn from(conversation: Conversation) -> Self {
        Self {
            session_id: conversation.id,
            topic_id: conversation.topic_id,
            created_at: Timestamp(conversation.created_at),
        }
    }
}

impl SessionMessage {
    /// None for what this contract does not know: messages of the system.
    pub fn of(message: Message) -> Option<Self> {
        let role = match message.speaker {
            Speaker::User => SessionRole::User,
            Speaker::Assistant => SessionRole::Assistant,
            Speaker::System => return None,
        };
        let cited = message.citations.iter().filter_map(|citation| citation.passage.as_ref());
        let sources = pages(cited.chain(&message.sources));
        Some(Self {
            id: message.id,
            role,
            content: message.content,
            sources: (message.speaker == Speaker::Assistant).then_some(sources),
            created_at: Timestamp(message.created_at),
            status: Some(message.status).filter(|status| *status != MessageStatus::Complete),
        })
    }
}

impl From<Frame> for SessionFrame {
    fn from(frame: Frame) -> Self {
        match frame {
            Frame::Started { message_id, user_message_id } => Self::Started { message_id, user_message_id },
            Frame::Sources { sources } => Self::Sources { sources: pages(&sources) },
            Frame::Error { error, status_code } => Self::Error { error, status_code },
            other => Self::Same(other),
        }
    }
}

impl From<&Passage> for SessionSource {
    fn from(passage: &Passage) -> Self {
        let Passage { book_id, book_title, page, span, quote, .. } = passage;
        Self {
            book_title: book_title.clone(),
            page: *page,
            book_id: *book_id,
            quote: quote.clone(),
            chunk_id: format!("{book_id}:{page}:{}-{}", span.start, span.end),
        }
    }
}

/// Each page once.
fn pages<'a>(passages: impl IntoIterator<Item = &'a Passage>) -> Vec<SessionSource> {
    let mut seen = HashSet::new();
    passages.into_iter().filter(|passage| seen.insert((passage.book_id, passage.page))).map(Into::into).collect()
}
