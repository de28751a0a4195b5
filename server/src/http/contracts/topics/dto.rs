//! `camelCase` on the wire.

use folio_core::topics::{NewTopic, Topic, TopicChange};
use folio_types::{BookId, TopicId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Topic)]
pub struct TopicDto {
    #[schema(value_type = String, example = "cerebral-aneurysm")]
    id: TopicId,
    #[schema(example = "Cerebral aneurysm")]
    title: String,
    description: String,
    /// What the model is told besides.
    instructions: String,
    /// Those that the caller may read.
    book_ids: Vec<BookId>,
    /// Whether everyone may ask it.
    shared: bool,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Topics)]
pub struct TopicPage {
    pub items: Vec<TopicDto>,
    pub total: u64,
    pub page: u32,
    pub page_size: u32,
    pub has_next: bool,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewTopicBody {
    /// 1 to 80 small letters, digits and hyphens; made of the title if absent.
    #[schema(example = "cerebral-aneurysm")]
    id: Option<String>,
    /// 1 to 200 characters.
    #[schema(example = "Cerebral aneurysm")]
    title: String,
    /// At most 2,000 characters.
    description: Option<String>,
    /// At most 4,000 characters.
    #[schema(example = "Answer for students in their third year.")]
    instructions: Option<String>,
    book_ids: Option<Vec<BookId>>,
    /// For librarians and administrators.
    shared: Option<bool>,
}

/// What is absent stays.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TopicChangeBody {
    title: Option<String>,
    description: Option<String>,
    instructions: Option<String>,
    book_ids: Option<Vec<BookId>>,
    shared: Option<bool>,
}

impl From<Topic> for TopicDto {
    fn from(topic: Topic) -> Self {
        let Topic { id, owner_id: _, title, description, instructions, book_ids, shared } = topic;
        Self { id, title, description, instructions, book_ids, shared }
    }
}

impl From<NewTopicBody> for NewTopic {
    fn from(body: NewTopicBody) -> Self {
        Self {
            id: body.id,
            title: body.title,
            description: body.description.unwrap_or_default(),
            instructions: body.instructions.unwrap_or_default(),
            book_ids: body.book_ids.unwrap_or_default(),
            shared: body.shared.unwrap_or_default(),
        }
    }
}

impl From<TopicChangeBody> for TopicChange {
    fn from(body: TopicChangeBody) -> Self {
        let TopicChangeBody { title, description, instructions, book_ids, shared } = body;
        Self { title, description, instructions, book_ids, shared }
    }
}
