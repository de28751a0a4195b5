//! `snake_case` on the wire. The records face shows conversations and messages in the same way.

use crate::http::contracts::timestamp::Timestamp;
use folio_core::chats::Listing;
use folio_core::{Error, Sampling};
use folio_types::{
    Attachment, AttachmentId, AttachmentKind, Call, Citation, Conversation, ConversationId, Message, MessageId,
    MessageStatus, Passage, Speaker, TopicId, UserId,
};
use serde::{Deserialize, Serialize, Serializer};
use utoipa::ToSchema;

#[derive(Clone, Serialize, ToSchema)]
#[schema(as = Conversation)]
pub struct ConversationDto {
    id: ConversationId,
    user_id: UserId,
    /// Empty until the first question names it.
    #[schema(example = "How bees find flowers")]
    title: String,
    #[schema(example = "smollm2-135m-instruct")]
    model_tag: Option<String>,
    is_favorited: bool,
    archived: bool,
    topic_id: Option<TopicId>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Message)]
pub struct MessageDto {
    id: MessageId,
    conversation_id: ConversationId,
    role: Speaker,
    content: String,
    token_count: Option<u32>,
    model_tag: Option<String>,
    inference_time_ms: Option<u32>,
    created_at: Timestamp,
    status: MessageStatus,
    /// The passages that the search found, best first.
    sources: Vec<Passage>,
    parent_id: Option<MessageId>,
    /// What was sent with it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    attachments: Vec<SentDto>,
    /// What each sentence of the answer rests on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    citations: Vec<Citation>,
    /// What the model asked for while it wrote, and what came of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    calls: Vec<Call>,
    /// Why the answer broke off.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// A file that was sent with a message; `GET /chat/attachments/{id}` gives it.
#[derive(Serialize, ToSchema)]
#[schema(as = SentAttachment)]
pub struct SentDto {
    id: AttachmentId,
    name: String,
    kind: AttachmentKind,
    /// Bytes.
    size: u64,
    /// Of a document's text.
    characters: u64,
    /// How many of them a model reads: fewer where not all fit its budget.
    read_characters: u64,
}

/// A conversation with its messages, oldest first.
#[derive(Serialize, ToSchema)]
#[schema(as = ConversationWithMessages)]
pub struct Thread {
    #[serde(flatten)]
    pub conversation: ConversationDto,
    pub messages: Vec<MessageDto>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ConversationPage)]
pub struct PageDto {
    items: Vec<ConversationDto>,
    /// The items by the day of their last change, in UTC.
    #[serde(serialize_with = "as_map")]
    #[schema(value_type = BTreeMap<String, Vec<ConversationDto>>)]
    grouped: Vec<(String, Vec<ConversationDto>)>,
    limit: u32,
    offset: u32,
    total: u64,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// 1 to 200; 50 if absent.
    #[param(nullable = false, minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// How many of the newest ones to leave out.
    #[param(nullable = false, value_type = i64, required = false, minimum = 0, maximum = 4_294_967_295_i64)]
    offset: Option<u32>,
    /// Only archived ones instead of only the others.
    #[param(nullable = false)]
    archived: Option<bool>,
    /// Only favourites, or only the others.
    #[param(nullable = false)]
    is_favorited: Option<bool>,
}

/// An empty conversation of the service's clients.
#[derive(Default, Deserialize, ToSchema)]
pub struct NewConversation {
    /// Without one the first question names it.
    #[schema(example = "How bees find flowers")]
    title: Option<String>,
    /// The model that is to answer, where it is available.
    #[schema(example = "smollm2-135m-instruct")]
    model_tag: Option<String>,
    /// The topic whose books are asked.
    topic_id: Option<TopicId>,
}

/// An empty conversation of the contract's clients.
#[derive(Deserialize, ToSchema)]
pub struct TitledConversation {
    #[schema(example = "How bees find flowers", max_length = 200)]
    title: String,
    #[schema(example = "smollm2-135m-instruct", max_length = 200)]
    model_tag: String,
}

/// What is to change; what is absent stays.
#[derive(Deserialize, ToSchema)]
pub struct ConversationChange {
    #[schema(example = "Bees", min_length = 1, max_length = 200)]
    title: Option<String>,
    model_tag: Option<String>,
    is_favorited: Option<bool>,
    archived: Option<bool>,
}

/// A question: `message`, or else `content`.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({ "content": "How do bees tell where flowers are?", "temperature": 0.2, "stream": false }))]
pub struct AskBody {
    message: Option<Said>,
    /// 1 to 32,000 characters.
    #[schema(min_length = 1, max_length = 32_000)]
    content: Option<String>,
    /// Files that were uploaded with `POST /chat/attachments` and not sent yet.
    #[serde(default)]
    pub attachments: Vec<AttachmentId>,
    /// False waits for the whole answer.
    #[schema(default = true)]
    pub stream: Option<bool>,
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

/// A message, or only its text.
#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
enum Said {
    Text(String),
    Message {
        /// `user`, if it is given.
        role: Option<Speaker>,
        content: String,
    },
}

#[derive(Default, Deserialize, ToSchema)]
pub struct RegenerateBody {
    /// False waits for the whole answer.
    #[schema(default = true)]
    pub stream: Option<bool>,
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

impl AskBody {
    /// The text that is asked.
    pub fn question(&self) -> Result<&str, Error> {
        match (&self.message, &self.content) {
            (Some(Said::Text(content) | Said::Message { role: None | Some(Speaker::User), content }), None)
            | (None, Some(content)) => Ok(content),
            (Some(Said::Message { .. }), None) => {
                Err(Error::invalid("message", "Only a message of the role “user” can be answered."))
            }
            (Some(_), Some(_)) => Err(Error::invalid("content", "Give either “message” or “content”.")),
            (None, None) => Err(Error::invalid("content", "Give the question as “content” or as “message”.")),
        }
    }

    pub fn sampling(&self) -> Sampling {
        Sampling { temperature: self.temperature, max_tokens: self.max_tokens, top_k: self.top_k }
    }
}

impl RegenerateBody {
    pub fn sampling(&self) -> Sampling {
        Sampling { temperature: self.temperature, max_tokens: self.max_tokens, top_k: self.top_k }
    }
}

impl PageDto {
    pub fn new(conversations: Vec<Conversation>, listing: Listing, total: u64) -> Self {
        let mut grouped: Vec<(String, Vec<ConversationDto>)> = Vec::new();
        let mut items = Vec::with_capacity(conversations.len());
        for conversation in conversations {
            let dto = ConversationDto::from(conversation);
            let day = dto.updated_at.day();
            match grouped.last_mut() {
                Some((last, group)) if *last == day => group.push(dto.clone()),
                _ => grouped.push((day, vec![dto.clone()])),
            }
            items.push(dto);
        }
        Self { items, grouped, limit: listing.limit, offset: listing.offset, total }
    }
}

impl From<ListQuery> for Listing {
    fn from(query: ListQuery) -> Self {
        let usual = Self::default();
        Self {
            archived: query.archived.unwrap_or(usual.archived),
            favorited: query.is_favorited,
            limit: query.limit.unwrap_or(usual.limit),
            offset: query.offset.unwrap_or(usual.offset),
        }
    }
}

impl From<NewConversation> for folio_core::chats::NewConversation {
    fn from(new: NewConversation) -> Self {
        Self { title: new.title, model_tag: new.model_tag, topic: new.topic_id, owner: None }
    }
}

impl From<TitledConversation> for folio_core::chats::NewConversation {
    fn from(new: TitledConversation) -> Self {
        Self { title: Some(new.title), model_tag: Some(new.model_tag), topic: None, owner: None }
    }
}

impl From<ConversationChange> for folio_core::chats::Change {
    fn from(change: ConversationChange) -> Self {
        Self {
            title: change.title,
            model_tag: change.model_tag,
            is_favorited: change.is_favorited,
            archived: change.archived,
        }
    }
}

impl From<Conversation> for ConversationDto {
    fn from(conversation: Conversation) -> Self {
        Self {
            id: conversation.id,
            user_id: conversation.user_id,
            title: conversation.title,
            model_tag: conversation.model_tag,
            is_favorited: conversation.is_favorited,
            archived: conversation.archived,
            topic_id: conversation.topic_id,
            created_at: Timestamp(conversation.created_at),
            updated_at: Timestamp(conversation.updated_at),
        }
    }
}

impl From<Attachment> for SentDto {
    fn from(sent: Attachment) -> Self {
        let Attachment { id, name, kind, size, characters, read } = sent;
        Self { id, name, kind, size, characters, read_characters: read }
    }
}

impl From<Message> for MessageDto {
    fn from(message: Message) -> Self {
        Self {
            id: message.id,
            conversation_id: message.conversation_id,
            role: message.speaker,
            content: message.content,
            token_count: message.token_count,
            model_tag: message.model_tag,
            inference_time_ms: message.inference_time_ms,
            created_at: Timestamp(message.created_at),
            status: message.status,
            sources: message.sources,
            parent_id: message.parent_id,
            attachments: message.attachments.into_iter().map(Into::into).collect(),
            citations: message.citations,
            calls: message.calls,
            error: message.error,
        }
    }
}

fn as_map<S: Serializer>(days: &[(String, Vec<ConversationDto>)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(days.iter().map(|(day, items)| (day, items)))
}
