//! Answering a question once more, and going on with an answer that broke off.

use super::ask::{BUSY, Entry, GOES_ON, key_given, may_see, message};
use super::{Chats, Sampling};
use crate::accounts::Principal;
use crate::attachments::Parcel;
use crate::clock::now;
use crate::db::on_db;
use crate::error::{Error, Result};
use crate::runs::{Ask, REOPEN};
use crate::to_the_end;
use folio_types::{Asked, ConversationId, Message, MessageId, MessageStatus, Speaker};

/// How a question is to be answered again.
#[derive(Clone, Debug, Default)]
pub struct Again {
    /// Another model, or none for the same.
    pub model: Option<String>,
    pub sampling: Sampling,
    /// Makes a repeated send land once.
    pub key: Option<String>,
}

impl Chats<'_> {
    /// Begins another answer to the last question of the line that is seen.
    pub async fn regenerate_last(&self, who: &Principal, id: ConversationId, again: Again) -> Result<Asked> {
        let (_, line) = self.open(who, id).await?;
        let last = line.iter().rev().find(|message| message.speaker == Speaker::User);
        let last = last.ok_or_else(|| Error::invalid("conversation", "There is no question yet to be answered."))?;
        self.regenerate(who, last.id, again).await
    }

    /// Begins another answer to the same question, beside the one that is there. `message` is that answer, or its
    /// question.
    pub async fn regenerate(&self, who: &Principal, message: MessageId, again: Again) -> Result<Asked> {
        let (core, who) = (self.0.clone(), who.clone());
        to_the_end(async move { core.chats().answer_again(&who, message, again).await }).await
    }

    /// Goes on with an answer that broke off, where it broke off.
    pub async fn resume(&self, who: &Principal, answer: MessageId) -> Result<Message> {
        let (core, who) = (self.0.clone(), who.clone());
        to_the_end(async move { core.chats().go_on(&who, answer).await }).await
    }

    async fn answer_again(&self, who: &Principal, message: MessageId, again: Again) -> Result<Asked> {
        let sampling = again.sampling.checked()?;
        let key = key_given(again.key);
        let given = self.message(who, message).await?;
        let (id, parent) = (given.id, given.parent_id);
        let is_same = |asked: &Asked| id == asked.question.id || parent == Some(asked.question.id);
        if let Some(asked) = self.asked_before(who, key.as_deref(), is_same).await? {
            return Ok(asked);
        }
        let conversation = self.conversation(who, given.conversation_id).await?.into();
        let tree = self.tree(given.conversation_id).await?;
        let question = match given.speaker {
            Speaker::User => Some(given.id),
            Speaker::Assistant | Speaker::System => given.parent_id,
        };
        let line = question.map(|question| tree.line(Some(question))).unwrap_or_default();
        let Some(question) = line.last().filter(|last| last.speaker == Speaker::User).cloned() else {
            return Err(Error::invalid("message", "There is no question that could be answered again."));
        };
        self.count_question(who).await?;
        let model = self.model_for(who, again.model.as_deref(), given.model_tag.as_deref()).await?;
        may_see(&model, question.attachments.iter())?;
        let scope = self.scope_of(question.id).await?;
        let tag = model.offer.tag.clone();
        let mut answer =
            self::message(question.conversation_id, Some(question.id), Speaker::Assistant, "", Some(&tag), now());
        let versions = tree.versions(Some(question.id));
        answer.variants = if versions.is_empty() { Vec::new() } else { [versions, &[answer.id]].concat() };
        let entry = Entry {
            conversation: Ok(&conversation),
            question: &question,
            asked: true,
            answer: &answer,
            parcel: &Parcel::default(),
            scope: &scope,
            model: &tag,
            key: key.as_deref(),
        };
        let Some(conversation) = self.store(who, entry).await? else {
            return self.asked_meanwhile(who, key.as_deref(), is_same).await;
        };
        self.begin(who, line, &answer, Ask { scope, sampling, whole_history: false }, model).await;
        Ok(Asked { conversation, question, answer })
    }

    async fn go_on(&self, who: &Principal, answer: MessageId) -> Result<Message> {
        // whoever writes it now, if it has ended by what is read next, was ended by another process
        let stale = self.0.runs().writing(answer);
        let answer = self.message(who, answer).await?;
        if answer.status == MessageStatus::Streaming {
            return Ok(answer);
        }
        let tree = self.tree(answer.conversation_id).await?;
        let line = tree.before(&answer);
        let Some(question) = line.last().filter(|_| answer.speaker == Speaker::Assistant) else {
            return Err(Error::invalid("message", "Only an answer can be continued."));
        };
        self.count_question(who).await?;
        let model = self.model_for(who, None, answer.model_tag.as_deref()).await?;
        let scope = self.scope_of(question.id).await?;
        if let Some(stale) = stale {
            self.0.runs().let_go(answer.id, stale).await;
        }
        let node = self.0.runs().node();
        let reopened = on_db!(change self.0.db(), tx => {
            let reopened = match sqlx::query(REOPEN).bind(answer.id.0).bind(node).bind(false).execute(&mut *tx).await {
                Err(sqlx::Error::Database(fault)) if fault.is_unique_violation() => {
                    return Err(Error::Conflict(BUSY.into()));
                }
                other => other?.rows_affected(),
            };
            sqlx::query(GOES_ON).bind(answer.conversation_id.0).bind(now()).execute(&mut *tx).await?;
            tx.commit().await?;
            reopened
        });
        let answer = self.message(who, answer.id).await?;
        if reopened == 0 {
            // another request may have been quicker
            let goes_on = answer.status == MessageStatus::Streaming;
            return if goes_on { Ok(answer) } else { Err(Error::Conflict("This answer is complete.".into())) };
        }
        let ask = Ask { scope, sampling: Sampling::default(), whole_history: false };
        self.begin(who, line, &answer, ask, model).await;
        Ok(answer)
    }
}
