//! What a model asks for while it writes an answer, and what becomes of that answer.

use super::functions::Functions;
use super::gate::Wish;
use super::turns::{Reply, ReplyState, Turn};
use super::{Confirmation, Operations};
use crate::accounts::Principal;
use crate::chats::News;
use crate::clock::now;
use crate::error::Result;
use crate::llm::{Request, Turn as Said, Want};
use crate::to_the_end;
use folio_types::{Call, CallState, ConversationId, MessageId, Span, Speaker};
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

/// Characters of a result that a model reads.
const LONGEST_RESULT: usize = 8_000;

/// How long a model may think about a command.
const PATIENCE: Duration = Duration::from_secs(20);
const MOST_TOKENS: u32 = 300;
/// How sure a model's reading of a command is: it was no pattern's.
const CONFIDENCE: f32 = 0.7;
const READ: &str = "The user gives a command to a program. Call the one function that does what the command asks for, with \
    the names as the user writes them. If no function does exactly that, call none and answer “none”.";

/// The model that asks for something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposer {
    /// Its tag.
    pub model: String,
    /// The answer in which it does so; none where it reads a person's command.
    pub answer: Option<MessageId>,
}

/// What came of what a model asked for.
pub(crate) struct Proposed {
    pub call: Call,
    /// What a person is asked now.
    pub question: Option<String>,
}

impl Operations<'_> {
    /// Does what a model asks for, where that changes nothing; else asks the person for whom it answers. A model that asks
    /// for what is not there, or may not be, is told so.
    pub(crate) async fn propose(
        &self,
        who: &Principal,
        by: &Proposer,
        conversation: ConversationId,
        functions: &Arc<Functions>,
        want: Want,
    ) -> Result<Proposed> {
        let (core, who, by) = (self.0.clone(), who.clone(), by.clone());
        let order = functions.read(&want.name, &want.arguments);
        to_the_end(async move {
            let operations = core.operations();
            let reply = match order {
                Err(wrong) => Reply::new(ReplyState::Failed, wrong),
                Ok(order) => match core.accounts().as_of_now(&who).await? {
                    None => Reply::new(ReplyState::Denied, "This account may not do anything any more."),
                    Some(who) => {
                        let wish = Wish { order, confidence: 1.0, by: Some(&by) };
                        operations.obey(&who, Some(conversation), wish).await?
                    }
                },
            };
            if let (Some(confirmation), Some(answer)) = (reply.confirmation, by.answer) {
                operations.remark(&who, answer, &reply).await?;
                operations.place(confirmation, conversation).await?;
            }
            Ok(Proposed::of(want, &reply))
        })
        .await
    }

    /// What a command asks for as the caller's model reads it, where words alone did not tell: none without a model that
    /// takes tools, or where it finds no such function.
    pub(super) async fn interpret(
        &self,
        who: &Principal,
        conversation: Option<ConversationId>,
        text: &str,
    ) -> Result<Option<Reply>> {
        let Some(model) = self.0.models().choose(who, None).await.ok().filter(|model| model.offer.takes.tools) else {
            return Ok(None);
        };
        if self.0.chats().count_question(who).await.is_err() {
            // it is a question to the model, too
            return Ok(None);
        }
        let functions = self.functions(who).await?;
        let request = Request {
            model: model.offer.name.clone(),
            turns: vec![Said::new(Speaker::System, READ), Said::new(Speaker::User, text)],
            max_tokens: MOST_TOKENS,
            temperature: 0.0,
            top_k: None,
            functions: Arc::clone(&functions.offered),
        };
        let written = match tokio::time::timeout(PATIENCE, model.write(who.id, request)).await {
            Ok(Ok(written)) => written,
            Ok(Err(fault)) => {
                tracing::warn!(fault = fault.diagnosis(), "a model could not read a command");
                return Ok(None);
            }
            Err(_) => return Ok(None),
        };
        let [want] = written.wants.as_slice() else { return Ok(None) };
        let Ok(order) = functions.read(&want.name, &want.arguments) else { return Ok(None) };
        let by = Proposer { model: model.offer.tag, answer: None };
        Ok(Some(self.obey(who, conversation, Wish { order, confidence: CONFIDENCE, by: Some(&by) }).await?))
    }

    /// Tells what became of a confirmation: in the answer that asked for it, which its model then goes on with, or else as
    /// a reply of its own.
    pub(super) async fn settle(&self, who: &Principal, one: &Confirmation, reply: Reply) -> Result<Turn> {
        let became = state_of(reply.state);
        self.settle_as(who, one, reply, became).await
    }

    pub(super) async fn settle_as(
        &self,
        who: &Principal,
        one: &Confirmation,
        reply: Reply,
        became: CallState,
    ) -> Result<Turn> {
        let Some(answer) = one.plan.by.as_ref().and_then(|by| by.answer) else {
            return self.store(who, one.conversation, None, reply).await;
        };
        let news =
            News { of: one.id, became, words: reply.text.clone(), result: as_read(&reply), next: reply.confirmation };
        let Some(told) = self.0.chats().tell(who, answer, news).await? else {
            return self.store(who, one.conversation, None, reply).await;
        };
        // before the model goes on, and may ask for something else
        self.remark(who, answer, &reply).await?;
        if let Some(next) = reply.confirmation {
            self.place(next, told.conversation).await?;
        }
        if let Some(plan) = told.goes_on {
            self.0.runs().spawn(self.0.clone(), plan).await;
        }
        Ok(Turn { conversation: told.conversation, id: answer, reply, created_at: now() })
    }
}

impl Proposed {
    fn of(want: Want, reply: &Reply) -> Self {
        let state = state_of(reply.state);
        let call = Call {
            name: want.name,
            arguments: want.arguments,
            state,
            result: as_read(reply),
            words: Span { start: 0, end: 0 },
            confirmation: reply.confirmation,
        };
        Self { call, question: (state == CallState::Waiting).then(|| reply.text.clone()) }
    }
}

fn state_of(state: ReplyState) -> CallState {
    match state {
        ReplyState::Success | ReplyState::Started => CallState::Done,
        ReplyState::Failed => CallState::Failed,
        ReplyState::Denied => CallState::Denied,
        ReplyState::NeedsClarification => CallState::Unclear,
        ReplyState::NeedsConfirmation => CallState::Waiting,
    }
}

/// A reply as a model reads it.
fn as_read(reply: &Reply) -> String {
    let mut text = reply.text.clone();
    let choices = reply.card.choices.iter().map(|choice| &choice.label);
    for line in reply.card.rows.iter().chain(choices) {
        // writing to a string does not fail
        let _ = write!(text, "\n- {line}");
    }
    text.chars().take(LONGEST_RESULT).collect()
}
