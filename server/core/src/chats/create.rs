//! A conversation before its first question.

use super::{Chats, title_given};
use crate::accounts::Principal;
use crate::audit::Deed;
use crate::clock::now;
use crate::db::on_db;
use crate::error::{Error, Result};
use folio_types::{Conversation, ConversationId, Role, TopicId, UserId};
use uuid::Uuid;

pub(super) const LONGEST_TAG: usize = 200;

const IS_USER: &str = "SELECT EXISTS (SELECT 1 FROM users WHERE id = $1)";

#[derive(Clone, Debug, Default)]
pub struct NewConversation {
    /// Empty or none: the first question names it.
    pub title: Option<String>,
    /// The model that is to answer, where it is available.
    pub model_tag: Option<String>,
    /// The topic whose books are asked.
    pub topic: Option<TopicId>,
    /// Whose it is: the caller's, or whomever an administrator names.
    pub owner: Option<UserId>,
}

impl Chats<'_> {
    /// Makes an empty conversation.
    pub async fn create(&self, who: &Principal, new: NewConversation) -> Result<Conversation> {
        let owner = self.owner_of(who, new.owner).await?;
        let title = new.title.as_deref().map(str::trim).filter(|title| !title.is_empty());
        let title = title.map(title_given).transpose()?.unwrap_or_default();
        let model = tag_given(new.model_tag)?;
        if let Some(topic) = &new.topic {
            self.0.topics().named(who, topic).await?;
        }
        let at = now();
        let conversation = Conversation {
            id: ConversationId(Uuid::now_v7()),
            user_id: owner,
            title,
            model_tag: model,
            is_favorited: false,
            archived: false,
            topic_id: new.topic,
            created_at: at,
            updated_at: at,
        };
        self.0.creator().store(conversation.clone()).await?;
        if owner != who.id {
            self.0.audit().record(who, Deed::ran("conversations.create", &*conversation.title).about(owner)).await?;
        }
        Ok(conversation)
    }

    async fn owner_of(&self, who: &Principal, named: Option<UserId>) -> Result<UserId> {
        let Some(owner) = named.filter(|owner| *owner != who.id) else { return Ok(who.id) };
        if who.role != Role::Admin {
            return Err(Error::Denied("Only an administrator may name another user.".into()));
        }
        let known: bool =
            on_db!(read self.0.db(), pool => sqlx::query_scalar(IS_USER).bind(owner.0).fetch_one(pool).await)?;
        if known { Ok(owner) } else { Err(Error::NotFound("User")) }
    }
}

/// A model's tag as it was given; whether there is such a model is found out when it is to answer.
pub(super) fn tag_given(tag: Option<String>) -> Result<Option<String>> {
    let tag = tag.map(|tag| tag.trim().replace('\0', "")).filter(|tag| !tag.is_empty());
    if tag.as_ref().is_some_and(|tag| tag.chars().count() > LONGEST_TAG) {
        return Err(Error::invalid("model_tag", "Give the tag of a model, of at most 200 characters."));
    }
    Ok(tag)
}
