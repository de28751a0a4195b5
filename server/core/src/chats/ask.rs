//! Asking: the question is stored, an answer is begun, and the caller learns both at once.

use super::rows::ConversationRow;
use super::{Chats, Sampling};
use crate::accounts::Principal;
use crate::attachments::{COPY, Parcel, SEND as SEND_ATTACHMENT, gone};
use crate::clock::now;
use crate::db::on_db;
use crate::error::{Error, Result};
use crate::limits::{Key, Limit};
use crate::llm::Chosen;
use crate::runs::{Ask, Plan};
use crate::to_the_end;
use folio_types::{
    Asked, Attachment, AttachmentId, AttachmentKind, Conversation, ConversationId, Message, MessageId, MessageStatus,
    Scope, Speaker,
};
use uuid::Uuid;

const LONGEST_QUESTION: usize = 32_000;
pub const LONGEST_KEY: usize = 200;
/// Characters of a title that is made of a question.
const LONGEST_NAME: usize = 80;

const SENT: &str = "SELECT question_id, answer_id FROM sent_questions WHERE user_id = $1 AND key = $2";
const SEND: &str = "INSERT INTO sent_questions (user_id, key, question_id, answer_id) VALUES ($1, $2, $3, $4)";
const CREATE: &str = "INSERT INTO conversations (id, user_id, title, model_tag, created_at, updated_at)
    VALUES ($1, $2, $3, $4, $5, $5)";
const TOUCH: &str = "UPDATE conversations SET updated_at = $2, title = CASE WHEN title = '' THEN $3 ELSE title END,
    model_tag = $4, active_leaf = $5 WHERE id = $1 RETURNING *";
const INSERT: &str = "INSERT INTO messages
    (id, conversation_id, parent_id, speaker, content, status, model_tag, scope, node_id, created_at, attached)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
/// Another version of the conversation, even within the same millisecond.
pub(super) const GOES_ON: &str =
    "UPDATE conversations SET updated_at = CASE WHEN updated_at < $2 THEN $2 ELSE updated_at + 1 END
    WHERE id = $1";
const SCOPE: &str = "SELECT scope FROM messages WHERE id = $1";
pub(super) const BUSY: &str = "An answer is being written here. Wait for it, or stop it first.";

#[derive(Clone, Debug, Default)]
pub struct Question {
    /// The conversation to go on with; none begins a new one.
    pub conversation: Option<ConversationId>,
    /// A question of that conversation that this one is another version of.
    pub instead_of: Option<MessageId>,
    /// 1 to 32,000 characters.
    pub content: String,
    /// The tag of a model; or none for the conversation's, or else the default.
    pub model: Option<String>,
    /// In a conversation about a topic, all books are the topic's.
    pub scope: Scope,
    /// Files that wait to be sent. Another version of a question has those of the question, too.
    pub attachments: Vec<AttachmentId>,
    pub sampling: Sampling,
    /// Makes a repeated send land once.
    pub key: Option<String>,
}

/// What is about to be stored.
pub(super) struct Entry<'a> {
    /// The conversation it belongs to, or the title of a new one.
    pub conversation: Result<&'a Conversation, String>,
    pub question: &'a Message,
    /// Whether the question is there already.
    pub asked: bool,
    pub answer: &'a Message,
    /// What is sent with the question.
    pub parcel: &'a Parcel,
    pub scope: &'a Scope,
    pub model: &'a str,
    pub key: Option<&'a str>,
}

/// Where a question stands.
#[derive(Default)]
struct Place {
    /// The conversation that it goes on with.
    known: Option<Conversation>,
    /// What was said before it.
    before: Vec<Message>,
    /// Its other versions.
    versions: Vec<MessageId>,
    /// What was sent with the one that it stands for.
    other: Vec<Attachment>,
}

impl Chats<'_> {
    /// Stores a question and begins its answer.
    pub async fn ask(&self, who: &Principal, question: Question) -> Result<Asked> {
        let (core, who, question) = (self.0.clone(), who.clone(), question.checked()?);
        to_the_end(async move { core.chats().take(&who, question, false).await }).await
    }

    /// As [`Chats::ask`], but only if there is a book to answer from; the model reads the whole conversation, as far as
    /// it can.
    pub async fn ask_books(&self, who: &Principal, question: Question) -> Result<Asked> {
        let question = question.checked()?;
        if let Some(id) = question.conversation {
            self.conversation(who, id).await?;
        }
        if !self.0.library().any_ready(who).await? {
            return Err(Error::NoBooks);
        }
        let (core, who) = (self.0.clone(), who.clone());
        to_the_end(async move { core.chats().take(&who, question, true).await }).await
    }

    async fn take(&self, who: &Principal, question: Question, whole_history: bool) -> Result<Asked> {
        let is_same = |asked: &Asked| {
            asked.question.content == question.content
                && question.conversation.is_none_or(|id| id == asked.conversation.id)
        };
        if let Some(asked) = self.asked_before(who, question.key.as_deref(), is_same).await? {
            return Ok(asked);
        }
        let Place { known, before, versions, other } = self.place_of(who, &question).await?;
        let parcel = match Parcel::pack(self.0, who, &question.attachments, &other).await {
            Ok(parcel) => parcel,
            // the same question may have taken them a moment ago
            Err(fault) => return self.asked_before(who, question.key.as_deref(), is_same).await?.ok_or(fault),
        };
        let before_tag = known.as_ref().and_then(|known| known.model_tag.as_deref());
        self.count_question(who).await?;
        if question.scope != Scope::Nothing {
            // the search will compare it, and finds it done where storing the question took as long
            self.0.embedder().foresee(question.content.clone());
        }
        let model = self.model_for(who, question.model.as_deref(), before_tag).await?;
        may_see(&model, parcel.items.iter().map(|(attachment, _)| attachment))?;
        let topic = known.as_ref().and_then(|known| known.topic_id.clone());
        let scope = match (question.scope, topic) {
            (Scope::AllBooks | Scope::BooksOrModel, Some(topic)) => Scope::Topic(topic),
            (scope, _) => scope,
        };
        let (at, tag) = (now(), model.offer.tag.clone());
        let id = known.as_ref().map_or_else(|| ConversationId(Uuid::now_v7()), |known| known.id);
        let mut asked = message(id, before.last().map(|last| last.id), Speaker::User, &question.content, None, at);
        asked.attachments = parcel.attachments();
        asked.variants = if versions.is_empty() { versions } else { [versions, vec![asked.id]].concat() };
        let answer = message(id, Some(asked.id), Speaker::Assistant, "", Some(&tag), at);
        let entry = Entry {
            conversation: known.as_ref().ok_or_else(|| title_of(&question.content)),
            question: &asked,
            asked: false,
            answer: &answer,
            parcel: &parcel,
            scope: &scope,
            model: &tag,
            key: question.key.as_deref(),
        };
        let Some(conversation) = self.store(who, entry).await? else {
            return self.asked_meanwhile(who, question.key.as_deref(), is_same).await;
        };
        let line = [before, vec![asked.clone()]].concat();
        let ask = Ask { scope, sampling: question.sampling, whole_history };
        self.begin(who, line, &answer, ask, model).await;
        Ok(Asked { conversation, question: asked, answer })
    }

    async fn place_of(&self, who: &Principal, question: &Question) -> Result<Place> {
        let Some(id) = question.conversation else { return Ok(Place::default()) };
        let row = self.conversation(who, id).await?;
        let tree = self.tree(id).await?;
        let (before, versions, other) = match question.instead_of {
            None => (tree.line(row.leaf()), Vec::new(), Vec::new()),
            Some(other) => {
                let other = tree.find(other).filter(|other| other.speaker == Speaker::User);
                let other = other.ok_or(Error::NotFound("Message"))?;
                (tree.before(other), tree.versions(other.parent_id).to_vec(), other.attachments.clone())
            }
        };
        Ok(Place { known: Some(row.into()), before, versions, other })
    }

    pub(super) async fn begin(&self, who: &Principal, line: Vec<Message>, answer: &Message, ask: Ask, model: Chosen) {
        let plan = Plan::of(who, line, answer, ask, model);
        self.0.runs().spawn(self.0.clone(), plan).await;
    }

    /// What was asked with this key; refused where that is not the same.
    pub(super) async fn asked_before(
        &self,
        who: &Principal,
        key: Option<&str>,
        is_same: impl Fn(&Asked) -> bool,
    ) -> Result<Option<Asked>> {
        let Some(key) = key else { return Ok(None) };
        let sent: Option<(Uuid, Uuid)> = on_db!(read self.0.db(), pool =>
            sqlx::query_as(SENT).bind(who.id.0).bind(key).fetch_optional(pool).await)?;
        let Some((question, answer)) = sent else { return Ok(None) };
        let question = self.message(who, MessageId(question)).await?;
        let answer = self.message(who, MessageId(answer)).await?;
        let conversation = self.conversation(who, question.conversation_id).await?.into();
        let asked = Asked { conversation, question, answer };
        if is_same(&asked) { Ok(Some(asked)) } else { Err(other_key()) }
    }

    /// Another question was quicker: the same one, which arrived twice at the same time, or else one too many.
    pub(super) async fn asked_meanwhile(
        &self,
        who: &Principal,
        key: Option<&str>,
        is_same: impl Fn(&Asked) -> bool,
    ) -> Result<Asked> {
        self.asked_before(who, key, is_same).await?.ok_or_else(|| Error::Conflict(BUSY.into()))
    }

    /// Counts one more answer, unless there were too many in the last minute.
    pub(crate) async fn count_question(&self, who: &Principal) -> Result<()> {
        self.0.limits().count(Limit::Questions, Key::User(who.id)).await
    }

    /// The model that was asked for, or else the one that was used before, if it is still there.
    pub(super) async fn model_for(
        &self,
        who: &Principal,
        wanted: Option<&str>,
        before: Option<&str>,
    ) -> Result<Chosen> {
        let models = self.0.models();
        match (wanted, before) {
            (None, Some(before)) => match models.choose(who, Some(before)).await {
                Err(Error::Invalid { .. }) => models.choose(who, None).await,
                chosen => chosen,
            },
            (wanted, _) => models.choose(who, wanted).await,
        }
    }

    /// Where a question may be answered from.
    pub(super) async fn scope_of(&self, question: MessageId) -> Result<Scope> {
        let scope: Option<String> = on_db!(read self.0.db(), pool =>
            sqlx::query_scalar(SCOPE).bind(question.0).fetch_one(pool).await)?;
        Ok(scope.map(|scope| serde_json::from_str(&scope)).transpose()?.unwrap_or_default())
    }

    /// None when another request was quicker.
    pub(super) async fn store(&self, who: &Principal, entry: Entry<'_>) -> Result<Option<Conversation>> {
        let Entry { question, answer, parcel, model, .. } = entry;
        let (id, at, node) = (answer.conversation_id, answer.created_at, self.0.runs().node());
        let scope = serde_json::to_string(entry.scope)?;
        let title = entry.conversation.as_ref().map_or_else(Clone::clone, |_| title_of(&question.content));
        let row: ConversationRow = on_db!(change self.0.db(), tx => {
            if entry.conversation.is_err() {
                sqlx::query(CREATE).bind(id.0).bind(who.id.0).bind(&title).bind(model).bind(at)
                    .execute(&mut *tx).await?;
            }
            let new = if entry.asked { &[answer][..] } else { &[question, answer][..] };
            for message in new {
                let node = (message.speaker == Speaker::Assistant).then_some(node);
                let scope = (message.speaker == Speaker::User).then_some(&scope);
                let stored = sqlx::query(INSERT).bind(message.id.0).bind(id.0)
                    .bind(message.parent_id.map(|parent| parent.0)).bind(message.speaker.as_str())
                    .bind(&message.content).bind(message.status.as_str()).bind(&message.model_tag).bind(scope)
                    .bind(node).bind(at).bind(i64::try_from(message.attachments.len()).unwrap_or_default())
                    .execute(&mut *tx).await;
                // a conversation has one answer being written at most, as its index says
                match stored {
                    Err(sqlx::Error::Database(fault)) if fault.is_unique_violation() => return Ok(None),
                    other => other.map(drop)?,
                }
            }
            if let Some(key) = entry.key {
                let sent = sqlx::query(SEND).bind(who.id.0).bind(key).bind(question.id.0).bind(answer.id.0)
                    .execute(&mut *tx).await;
                match sent {
                    Err(sqlx::Error::Database(fault)) if fault.is_unique_violation() => return Ok(None),
                    other => other.map(drop)?,
                }
            }
            // after the key, so that the same question once more is not refused for what it sent itself
            for (place, (attachment, copied)) in (0_i64..).zip(&parcel.items) {
                let read = i64::try_from(attachment.read).unwrap_or_default();
                let send = sqlx::query(if copied.is_some() { COPY } else { SEND_ATTACHMENT }).bind(question.id.0).bind(place)
                    .bind(read).bind(attachment.id.0).bind(who.id.0);
                let send = match copied {
                    Some(original) => send.bind(original.0),
                    None => send,
                };
                if send.execute(&mut *tx).await?.rows_affected() == 0 {
                    return Err(gone());
                }
            }
            let row = sqlx::query_as(TOUCH).bind(id.0).bind(at).bind(&title).bind(model).bind(answer.id.0)
                .fetch_one(&mut *tx).await?;
            tx.commit().await?;
            row
        });
        Ok(Some(row.into()))
    }
}

impl Question {
    fn checked(self) -> Result<Self> {
        let content = content_given(&self.content)?;
        if self.scope == Scope::Books(Vec::new()) {
            return Err(Error::invalid("books", "Choose at least one book, or “No books (plain chat)”."));
        }
        Ok(Self { content, key: key_given(self.key), sampling: self.sampling.checked()?, ..self })
    }
}

pub(super) fn content_given(content: &str) -> Result<String> {
    // PostgreSQL cannot store it as text
    let content = content.replace('\0', "");
    let length = content.chars().count();
    if content.trim().is_empty() {
        return Err(Error::invalid("content", "Type a question first."));
    }
    if length > LONGEST_QUESTION {
        let message = format!("A message has at most 32,000 characters; this one has {length}.");
        return Err(Error::invalid("content", message));
    }
    Ok(content)
}

/// Refuses pictures for a model that takes none, before anything is stored.
pub(super) fn may_see<'a>(model: &Chosen, mut attachments: impl Iterator<Item = &'a Attachment>) -> Result<()> {
    if model.offer.takes.images || attachments.all(|attachment| attachment.kind != AttachmentKind::Picture) {
        return Ok(());
    }
    let tag = &model.offer.tag;
    let message = format!("“{tag}” takes no pictures. Choose a model that does, or ask without the picture.");
    Err(Error::invalid("attachments", message))
}

/// A key that was sent before, with something else.
fn other_key() -> Error {
    Error::invalid("key", "This key was sent with another question. Use a new one for each question.")
}

pub(super) fn key_given(key: Option<String>) -> Option<String> {
    key.filter(|key| !key.is_empty() && key.len() <= LONGEST_KEY)
}

pub(super) fn message(
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
        error_status: None,
        model_tag: model.map(str::to_owned),
        token_count: None,
        inference_time_ms: None,
        sources: Vec::new(),
        citations: Vec::new(),
        attachments: Vec::new(),
        calls: Vec::new(),
        seq: 0,
        window_from: None,
        variants: Vec::new(),
        created_at: at,
    }
}

/// The first line of a question, at most 80 characters, cut at a word.
pub(super) fn title_of(content: &str) -> String {
    let line = content.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= LONGEST_NAME {
        return line;
    }
    let cut: String = line.chars().take(LONGEST_NAME - 1).collect();
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
            prop_assert!(title.chars().count() <= LONGEST_NAME);
            prop_assert!(!title.contains('\n'));
        }
    }

    #[test]
    fn a_long_question_is_cut_at_a_word() {
        let title = title_of(&"wonder ".repeat(30));
        assert!(title.ends_with("wonder…"), "{title}");
    }
}
