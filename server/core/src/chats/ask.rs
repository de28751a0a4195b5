//! Asking: the question is stored, an answer is begun, and the caller learns both at once.

use super::rows::ConversationRow;
use super::{Chats, LONGEST_TITLE};
use crate::accounts::Principal;
use crate::clock::now;
use crate::db::on_db;
use crate::error::{Error, Result};
use crate::llm::Turn;
use crate::runs::Plan;
use folio_types::{Asked, Conversation, ConversationId, Message, MessageId, MessageStatus, Scope, Speaker};
use uuid::Uuid;

const LONGEST_QUESTION: usize = 32_000;
const LONGEST_KEY: usize = 200;

const SENT: &str = "SELECT question_id, answer_id FROM sent_questions WHERE user_id = $1 AND key = $2";
const SEND: &str = "INSERT INTO sent_questions (user_id, key, question_id, answer_id) VALUES ($1, $2, $3, $4)";
const CREATE: &str = "INSERT INTO conversations (id, user_id, title, model_tag, created_at, updated_at)
    VALUES ($1, $2, $3, $4, $5, $5)";
const TOUCH: &str = "UPDATE conversations SET updated_at = $2, title = CASE WHEN title = '' THEN $3 ELSE title END,
    model_tag = $4 WHERE id = $1 RETURNING id, title, model_tag, created_at, updated_at";
const INSERT: &str = "INSERT INTO messages
    (id, conversation_id, parent_id, speaker, content, status, model_tag, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
const RUNNING: &str = "SELECT EXISTS (SELECT 1 FROM messages WHERE conversation_id = $1 AND status = 'streaming')";

pub struct Question {
    /// The conversation to go on with; none begins a new one.
    pub conversation: Option<ConversationId>,
    /// 1 to 32,000 characters.
    pub content: String,
    /// The tag of a model, or none for the default.
    pub model: Option<String>,
    pub scope: Scope,
    /// Makes a repeated send land once.
    pub key: Option<String>,
}

impl Chats<'_> {
    /// Stores a question and begins its answer.
    pub async fn ask(&self, who: &Principal, question: Question) -> Result<Asked> {
        let question = question.checked()?;
        if let Some(asked) = self.asked_before(who, &question).await? {
            return Ok(asked);
        }
        let model = self.0.models().choose(question.model.as_deref()).await?;
        let (conversation, before) = match question.conversation {
            Some(id) => {
                let (conversation, messages) = self.open(who, id).await?;
                (Some(conversation), messages)
            }
            None => (None, Vec::new()),
        };
        let asked = self.store(who, &question, conversation, &before, &model.offer.tag).await?;
        let Some(asked) = asked else {
            // the same question arrived twice at the same time, and the other one was stored
            let asked = self.asked_before(who, &question).await?;
            return asked.ok_or_else(|| Error::Conflict("This question was sent already.".into()));
        };
        let plan = Plan {
            who: who.clone(),
            question: asked.question.id,
            answer: asked.answer.id,
            history: history(before, &asked.question, self.0.settings().max_history),
            scope: question.scope,
            model,
        };
        self.0.runs().spawn(self.0.clone(), plan).await;
        Ok(asked)
    }

    async fn asked_before(&self, who: &Principal, question: &Question) -> Result<Option<Asked>> {
        let Some(key) = &question.key else { return Ok(None) };
        let sent: Option<(Uuid, Uuid)> = on_db!(read self.0.db(), pool =>
            sqlx::query_as(SENT).bind(who.id.0).bind(key).fetch_optional(pool).await)?;
        let Some((question, answer)) = sent else { return Ok(None) };
        let question = self.message(who, MessageId(question)).await?;
        let answer = self.message(who, MessageId(answer)).await?;
        let conversation = self.conversation(who, question.conversation_id).await?;
        Ok(Some(Asked { conversation, question, answer }))
    }

    /// None when another request with the same key was quicker.
    async fn store(
        &self,
        who: &Principal,
        question: &Question,
        conversation: Option<Conversation>,
        before: &[Message],
        model: &str,
    ) -> Result<Option<Asked>> {
        let at = now();
        let title = title_of(&question.content);
        let is_new = conversation.is_none();
        let id = conversation.map_or_else(|| ConversationId(Uuid::now_v7()), |known| known.id);
        let ask = message(id, before.last().map(|last| last.id), Speaker::User, &question.content, None, at);
        let answer = message(id, Some(ask.id), Speaker::Assistant, "", Some(model), at);
        let row: ConversationRow = on_db!(write self.0.db(), pool => {
            let mut tx = pool.begin().await?;
            if is_new {
                sqlx::query(CREATE).bind(id.0).bind(who.id.0).bind(&title).bind(model).bind(at)
                    .execute(&mut *tx).await?;
            } else if sqlx::query_scalar(RUNNING).bind(id.0).fetch_one(&mut *tx).await? {
                return Err(Error::Conflict("An answer is being written here. Wait for it, or stop it first.".into()));
            }
            for message in [&ask, &answer] {
                sqlx::query(INSERT).bind(message.id.0).bind(id.0).bind(message.parent_id.map(|parent| parent.0))
                    .bind(message.speaker.as_str()).bind(&message.content).bind(message.status.as_str())
                    .bind(&message.model_tag).bind(at).execute(&mut *tx).await?;
            }
            if let Some(key) = &question.key {
                let sent = sqlx::query(SEND).bind(who.id.0).bind(key).bind(ask.id.0).bind(answer.id.0)
                    .execute(&mut *tx).await;
                match sent {
                    Err(sqlx::Error::Database(fault)) if fault.is_unique_violation() => return Ok(None),
                    other => other.map(drop)?,
                }
            }
            let row = sqlx::query_as(TOUCH).bind(id.0).bind(at).bind(&title).bind(model)
                .fetch_one(&mut *tx).await?;
            tx.commit().await?;
            row
        });
        Ok(Some(Asked { conversation: row.into(), question: ask, answer }))
    }
}

impl Question {
    fn checked(self) -> Result<Self> {
        let length = self.content.chars().count();
        if self.content.trim().is_empty() {
            return Err(Error::invalid("content", "Type a question first."));
        }
        if length > LONGEST_QUESTION {
            let message = format!("A question has at most 32,000 characters; this one has {length}.");
            return Err(Error::invalid("content", message));
        }
        if self.scope == Scope::Books(Vec::new()) {
            return Err(Error::invalid("books", "Choose at least one book, or “No books (plain chat)”."));
        }
        let key = self.key.filter(|key| !key.is_empty() && key.len() <= LONGEST_KEY);
        Ok(Self { key, ..self })
    }
}

fn message(
    conversation: ConversationId,
    parent: Option<MessageId>,
    speaker: Speaker,
    content: &str,
    model: Option<&str>,
    at: i64,
) -> Message {
    let status = if speaker == Speaker::User { MessageStatus::Complete } else { MessageStatus::Streaming };
    Message {
        id: MessageId(Uuid::now_v7()),
        conversation_id: conversation,
        parent_id: parent,
        speaker,
        content: content.to_owned(),
        status,
        error: None,
        model_tag: model.map(str::to_owned),
        token_count: None,
        inference_time_ms: None,
        sources: Vec::new(),
        citations: Vec::new(),
        seq: 0,
        created_at: at,
    }
}

/// The newest turns for the model, oldest first, ending with the question.
fn history(before: Vec<Message>, question: &Message, most: usize) -> Vec<Turn> {
    let skip = (before.len() + 1).saturating_sub(most.max(1));
    before
        .into_iter()
        .skip(skip)
        .filter(|message| !message.content.is_empty())
        .chain([question.clone()])
        .map(|message| Turn { speaker: message.speaker, content: message.content })
        .collect()
}

/// The first line of a question, at most 80 characters, cut at a word.
fn title_of(content: &str) -> String {
    let line = content.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= LONGEST_TITLE {
        return line;
    }
    let cut: String = line.chars().take(LONGEST_TITLE - 1).collect();
    let words = cut.rsplit_once(' ').map_or(cut.as_str(), |(words, _)| words);
    format!("{words}…")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_title_is_short_and_on_one_line(content in ".{1,300}") {
            let title = title_of(&content);
            prop_assert!(title.chars().count() <= LONGEST_TITLE);
            prop_assert!(!title.contains('\n'));
        }
    }

    #[test]
    fn a_long_question_is_cut_at_a_word() {
        let title = title_of(&"wonder ".repeat(30));
        assert!(title.ends_with("wonder…"), "{title}");
    }
}
