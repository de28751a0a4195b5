//! What a model asks for while it writes: done through the gate, told to readers, and given back to it, until it has said
//! all or a person has to decide first.

use super::answer::Draft;
use super::pen::{Finish, From, Paper};
use super::prompt;
use super::writer::Change;
use crate::error::Result;
use crate::llm::{Turn, Want};
use crate::operations::{Functions, Proposed, Proposer};
use folio_types::Span;
use std::sync::Arc;

/// How often a model may ask for something in one answer before it has to say what it knows.
const MOST_CALLS: usize = 12;

impl Draft<'_> {
    /// What the model may ask for; nothing where it takes no tools.
    pub(super) async fn functions(&self) -> Result<Arc<Functions>> {
        if !self.plan.model.offer.takes.tools {
            return Ok(Arc::default());
        }
        Ok(Arc::new(self.core.operations().functions(&self.plan.who).await?))
    }

    /// Lets the model write, and ask for things, until it is done or a person is asked.
    pub(super) async fn converse(&mut self, turns: Vec<Turn>, from: From, functions: &Arc<Functions>) -> Result<()> {
        self.pen.functions = Arc::clone(&functions.offered);
        let can_ask = !functions.offered.is_empty();
        let mut turns = if can_ask {
            prompt::with_calls(prompt::with_functions(turns), &self.plan.so_far, &self.calls)
        } else {
            prompt::going_on(turns, &self.plan.so_far)
        };
        if self.ends_with_folios_words() {
            self.pen.say("\n\n").await;
        }
        loop {
            let begun = self.pen.text.len();
            let Finish::Wants(wants) = self.pen.generate(turns.clone(), from).await? else { return Ok(()) };
            let said = self.pen.text[begun..].to_owned();
            let before = self.calls.len();
            let asks = Box::pin(self.fulfil(wants, functions)).await?;
            turns.extend(prompt::exchange(said, &self.calls[before..]));
            if asks {
                return Ok(());
            }
            if self.calls.len() >= MOST_CALLS {
                self.pen.functions = Arc::default();
            }
        }
    }

    /// Whether a sentence of the answer is Folio's own, and not the model's.
    pub(super) fn is_folios_own(&self, sentence: Span) -> bool {
        self.calls.iter().any(|call| sentence.start < call.words.end && call.words.start < sentence.end)
    }

    /// Whether what is there of the answer ends with what became of something.
    fn ends_with_folios_words(&self) -> bool {
        let end = length(&self.pen.text);
        self.calls.last().is_some_and(|call| call.words.start < call.words.end && call.words.end == end)
    }

    /// Does what is asked for, one after the other, until a person has to decide: what is asked for after that, the model
    /// asks for again. True where a person is asked.
    async fn fulfil(&mut self, wants: Vec<Want>, functions: &Arc<Functions>) -> Result<bool> {
        let plan = self.plan;
        let by = Proposer { model: plan.model.offer.tag.clone(), answer: Some(plan.answer) };
        for want in wants {
            let operations = self.core.operations();
            let proposed = operations.propose(&plan.who, &by, plan.conversation, functions, want);
            let Proposed { mut call, question } = proposed.await?;
            let place = length(&self.pen.text);
            call.words = Span { start: place, end: place };
            if let Some(question) = &question {
                let gap = if self.pen.text.trim().is_empty() { "" } else { "\n\n" };
                self.pen.say(&format!("{gap}{question}")).await;
                call.words.end = length(&self.pen.text);
            }
            self.calls.push(call);
            self.pen.paper.take(Change::Calls(self.calls.clone())).await;
            if question.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// In characters, as places in texts are counted.
pub(crate) fn length(text: &str) -> u32 {
    u32::try_from(text.chars().count()).unwrap_or(u32::MAX)
}
