//! Conversations, messages, and what an answer rests on.

#[cfg(not(target_family = "wasm"))]
use crate::ConfirmationId;
use crate::books::stored_by_name;
use crate::{Attachment, BookId, ConversationId, MessageId, Millis, TopicId, UserId};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Conversation {
    pub id: ConversationId,
    pub user_id: UserId,
    /// Empty until the first question names it.
    pub title: String,
    pub model_tag: Option<String>,
    pub is_favorited: bool,
    pub archived: bool,
    /// The topic whose books are asked.
    pub topic_id: Option<TopicId>,
    pub created_at: Millis,
    pub updated_at: Millis,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    pub id: MessageId,
    pub conversation_id: ConversationId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<MessageId>,
    pub speaker: Speaker,
    pub content: String,
    pub status: MessageStatus,
    /// Why the answer failed, in words that say what to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The HTTP status that says the same to programs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_status: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_tag: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_count: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inference_time_ms: Option<u32>,
    /// The passages that the search found, best first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<Passage>,
    /// One entry for each sentence of a finished, grounded answer, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub citations: Vec<Citation>,
    /// What was sent with it, in the sender's order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// What the model asked for while it wrote, in order. The server draws it, so that browsers load no code for it.
    #[cfg(not(target_family = "wasm"))]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<Call>,
    /// How many events of the run this state contains; a client joins the stream after it.
    pub seq: u64,
    /// The first message that the model got word for word, where older ones were left out or summarized.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window_from: Option<MessageId>,
    /// All versions of this message, itself among them, oldest first; empty when it is the only one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variants: Vec<MessageId>,
    pub created_at: Millis,
}

/// Who says a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Speaker {
    User,
    Assistant,
    System,
}

/// What an account may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Role {
    User,
    Librarian,
    Admin,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", try_from = "String")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum MessageStatus {
    Streaming,
    Complete,
    Interrupted,
    Failed,
}

/// Characters (Unicode scalar values, not bytes) `start..end` of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Span {
    pub start: u32,
    pub end: u32,
}

/// A place in a book: the page, and the exact characters on it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Passage {
    pub book_id: BookId,
    pub book_title: String,
    pub page: u32,
    pub label: Option<String>,
    /// Where `quote` stands in the page's text.
    pub span: Span,
    pub quote: String,
}

/// What an answer may rest on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Every ready book that the asker may read.
    #[default]
    AllBooks,
    /// These books only.
    Books(Vec<BookId>),
    /// The books of this topic that the asker may read.
    Topic(TopicId),
    /// Every ready book, and where none says anything about the question, the model alone.
    BooksOrModel,
    /// No book: plain chat with the model.
    Nothing,
}

/// What was made of a question: stored, and an answer begun.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Asked {
    pub conversation: Conversation,
    pub question: Message,
    /// Streaming; its stream is joined after `answer.seq`.
    pub answer: Message,
}

/// A sentence of an answer and what supports it: a passage of a book, an attached file, or nothing that was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Citation {
    /// The sentence's place in the answer's content.
    pub sentence: Span,
    pub passage: Option<Passage>,
    /// The name of an attached document that supports it, where no book does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub file: Option<String>,
}

/// Something that a model asked for while it wrote an answer, and what came of it.
#[cfg(not(target_family = "wasm"))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Call {
    /// The function, as the model names it.
    #[cfg_attr(feature = "openapi", schema(example = "library_search"))]
    pub name: String,
    /// What it was to be done with: a JSON object, if the model did not get it wrong.
    #[cfg_attr(feature = "openapi", schema(example = "{\"query\": \"bees\"}"))]
    pub arguments: String,
    pub state: CallState,
    /// What came of it, as the model reads it; at most 8,000 characters.
    pub result: String,
    /// Where Folio's own words about it stand in the answer; an empty place, where it was asked for, if it said none.
    pub words: Span,
    /// What a person is asked before it is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub confirmation: Option<ConfirmationId>,
}

/// How far something is that a model asked for.
#[cfg(not(target_family = "wasm"))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum CallState {
    Done,
    Failed,
    Denied,
    /// What is meant was not clear.
    Unclear,
    /// A person is asked first.
    Waiting,
    Cancelled,
}

impl Speaker {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Assistant => "assistant",
            Self::System => "system",
        }
    }
}

impl Role {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Librarian => "librarian",
            Self::Admin => "admin",
        }
    }
}

impl MessageStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Streaming => "streaming",
            Self::Complete => "complete",
            Self::Interrupted => "interrupted",
            Self::Failed => "failed",
        }
    }
}

stored_by_name!(Speaker: User, Assistant, System);
stored_by_name!(Role: User, Librarian, Admin);
stored_by_name!(MessageStatus: Streaming, Complete, Interrupted, Failed);
