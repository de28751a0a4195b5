//! What its owner can change of a conversation besides what is said in it.

use super::create::tag_given;
use super::rows::ConversationRow;
use super::{Chats, title_given};
use crate::accounts::Principal;
use crate::clock::now;
use crate::db::on_db;
use crate::error::{Error, Result};
use folio_types::{Conversation, ConversationId};

const CHANGE: &str = "UPDATE conversations SET title = COALESCE($3, title), model_tag = COALESCE($4, model_tag),
    is_favorited = COALESCE($5, is_favorited), archived = COALESCE($6, archived), updated_at = $7
    WHERE id = $1 AND user_id = $2 RETURNING *";

/// What is none stays as it is.
#[derive(Clone, Debug, Default)]
pub struct Change {
    pub title: Option<String>,
    pub model_tag: Option<String>,
    pub is_favorited: Option<bool>,
    pub archived: Option<bool>,
}

impl Chats<'_> {
    pub async fn change(&self, who: &Principal, id: ConversationId, change: Change) -> Result<Conversation> {
        let title = change.title.as_deref().map(title_given).transpose()?;
        let model = tag_given(change.model_tag)?;
        let row: Option<ConversationRow> = on_db!(write self.0.db(), pool => sqlx::query_as(CHANGE)
            .bind(id.0).bind(who.id.0).bind(&title).bind(&model).bind(change.is_favorited).bind(change.archived)
            .bind(now()).fetch_optional(pool).await)?;
        Ok(row.ok_or(Error::NotFound("Conversation"))?.into())
    }

    pub async fn rename(&self, who: &Principal, id: ConversationId, title: &str) -> Result<Conversation> {
        self.change(who, id, Change { title: Some(title.to_owned()), ..Change::default() }).await
    }
}
