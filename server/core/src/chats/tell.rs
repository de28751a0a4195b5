//! Telling an answer what became of something that its model asked for, so that the model can go on.

use super::ask::GOES_ON;
use super::{Chats, Sampling};
use crate::accounts::Principal;
use crate::clock::now;
use crate::db::on_db;
use crate::error::{Error, Result};
use crate::llm::Chosen;
use crate::runs::{Ask, Plan, REOPEN, length};
use folio_types::{CallState, ConfirmationId, ConversationId, Message, MessageId, MessageStatus};

/// Only as it was read: two things may become known at once.
const TELL: &str =
    "UPDATE messages SET content = $2, calls = $3 WHERE id = $1 AND status <> 'streaming' AND calls = $4";

/// What became of something that a model asked for.
pub(crate) struct News {
    pub of: ConfirmationId,
    pub became: CallState,
    /// As people read it.
    pub words: String,
    /// As the model reads it.
    pub result: String,
    /// What is asked instead.
    pub next: Option<ConfirmationId>,
}

/// Where it was told.
pub(crate) struct Told {
    pub conversation: ConversationId,
    /// How the model goes on, if it does: the answer is open for that.
    pub goes_on: Option<Plan>,
}

enum Stored {
    Told,
    /// Something else was told meanwhile.
    Late,
    /// Another answer is being written there, so that this one cannot go on.
    Busy,
}

impl Chats<'_> {
    /// Adds news to an answer. None where there is no such answer any more, or it is being written.
    pub(crate) async fn tell(&self, who: &Principal, answer: MessageId, news: News) -> Result<Option<Told>> {
        let before = match self.message(who, answer).await {
            Err(Error::NotFound(_)) => return Ok(None),
            other => other?,
        };
        let Some(after) = told(&before, &news).filter(|_| before.status != MessageStatus::Streaming) else {
            return Ok(None);
        };
        let mut model = if goes_on(&news) { self.model_to_go_on(who, &before).await } else { None };
        let mut stored = self.store_told(&before, &after, model.is_some()).await?;
        if let Stored::Busy = stored {
            model = None;
            stored = self.store_told(&before, &after, false).await?;
        }
        if let Stored::Late = stored {
            return Ok(None);
        }
        let goes_on = match model {
            Some(model) => Some(self.plan_to_go_on(who, answer, model).await?),
            None => None,
        };
        Ok(Some(Told { conversation: before.conversation_id, goes_on }))
    }

    /// The model of the answer, if it can be asked now: what was done is told in any case.
    async fn model_to_go_on(&self, who: &Principal, answer: &Message) -> Option<Chosen> {
        if self.conversation(who, answer.conversation_id).await.ok()?.leaf() != Some(answer.id) {
            return None;
        }
        let chosen = async {
            self.count_question(who).await?;
            self.model_for(who, None, answer.model_tag.as_deref()).await
        };
        let away = |fault: &Error| tracing::info!(%fault, "a model does not go on with what it asked for");
        chosen.await.inspect_err(away).ok().filter(|model| model.offer.takes.tools)
    }

    async fn store_told(&self, before: &Message, after: &Message, reopens: bool) -> Result<Stored> {
        let (was, is) = (serde_json::to_string(&before.calls)?, serde_json::to_string(&after.calls)?);
        let (id, conversation, node) = (before.id.0, before.conversation_id.0, self.0.runs().node());
        Ok(on_db!(change self.0.db(), tx => {
            let told = sqlx::query(TELL).bind(id).bind(&after.content).bind(&is).bind(&was).execute(&mut *tx).await?;
            if told.rows_affected() == 0 {
                return Ok(Stored::Late);
            }
            if reopens {
                match sqlx::query(REOPEN).bind(id).bind(node).bind(true).execute(&mut *tx).await {
                    // a conversation has one answer being written at most, as its index says
                    Err(sqlx::Error::Database(fault)) if fault.is_unique_violation() => return Ok(Stored::Busy),
                    other => other.map(drop)?,
                }
            }
            sqlx::query(GOES_ON).bind(conversation).bind(now()).execute(&mut *tx).await?;
            tx.commit().await?;
            Stored::Told
        }))
    }

    async fn plan_to_go_on(&self, who: &Principal, answer: MessageId, model: Chosen) -> Result<Plan> {
        let answer = self.message(who, answer).await?;
        let line = self.tree(answer.conversation_id).await?.before(&answer);
        let question = line.last().map_or(answer.id, |question| question.id);
        let ask = Ask { scope: self.scope_of(question).await?, sampling: Sampling::default(), whole_history: false };
        Ok(Plan::of(who, line, &answer, ask, model))
    }
}

/// Whoever decides against something wants no more words about it.
fn goes_on(news: &News) -> bool {
    matches!(news.became, CallState::Done | CallState::Failed)
}

/// The answer with the news at its end, if it asked for that.
fn told(answer: &Message, news: &News) -> Option<Message> {
    let mut answer = answer.clone();
    let call = answer.calls.iter_mut().find(|call| call.confirmation == Some(news.of))?;
    // no database stores it as text
    answer.content.push_str("\n\n");
    answer.content.push_str(&news.words.replace('\0', ""));
    call.words.end = length(&answer.content);
    call.state = news.became;
    call.result = news.result.replace('\0', "");
    call.confirmation = news.next;
    Some(answer)
}
