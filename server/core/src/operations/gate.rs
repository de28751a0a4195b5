//! The gate: what is harmless runs, what is dangerous is asked about, and what is asked about runs once.

use super::confirmations::{Confirmation, Plan, State};
use super::spec::{Args, Asked, Choice, Effect, Operation, Preview, Resolved, Risk};
use super::turns::{Card, IntentView, Reply, ReplyState, Turn};
use super::{Operations, domains, to_the_end};
use crate::accounts::Principal;
use crate::audit::{Actor, Deed, Origin, Outcome, Sealed};
use crate::clock::now;
use crate::error::{Error, Result};
use crate::tasks;
use folio_types::{ConfirmationId, ConversationId};
use folio_understanding::{Doubt, Intent, Reading, Slot};
use std::collections::BTreeMap;

const LONGEST: usize = 4_000;

/// How somebody confirms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Consent {
    /// By naming the confirmation.
    Given,
    /// On a page, where the phrase of the preview has to be typed if there is one.
    Typed(String),
}

impl Operations<'_> {
    /// Understands a message of 1 to 4,000 characters and does what it asks for, asks back, or asks for confirmation.
    pub async fn say(&self, who: &Principal, conversation: Option<ConversationId>, message: &str) -> Result<Turn> {
        let length = message.chars().count();
        // as the chat's composer marks a command
        let message = message.trim_start().strip_prefix('/').unwrap_or(message);
        if message.trim().is_empty() || length > LONGEST {
            return Err(Error::invalid(
                "message",
                format!("A message has 1 to 4,000 characters; this one has {length}."),
            ));
        }
        if let Some(id) = conversation {
            self.0.chats().titled(who, id).await?;
        }
        let (core, who, message) = (self.0.clone(), who.clone(), message.replace('\0', ""));
        to_the_end(async move {
            let operations = core.operations();
            let reply = operations.reply(&who, conversation, message.trim()).await?;
            operations.store(&who, conversation, Some(message.trim()), reply).await
        })
        .await
    }

    /// Does what was asked about, as it was shown, if the caller still may and nothing that it names has changed.
    pub async fn confirm(&self, who: &Principal, id: ConfirmationId, consent: Consent) -> Result<Turn> {
        let one = self.answerable(who, id).await?;
        if let (Consent::Typed(typed), Some(phrase)) = (&consent, &one.plan.preview.phrase)
            && typed.trim() != phrase.trim()
        {
            return Err(Error::invalid("phrase", format!("Type “{phrase}” to confirm this.")));
        }
        let (core, who) = (self.0.clone(), who.clone());
        to_the_end(async move { core.operations().execute(&who, &one).await }).await
    }

    /// Decides against what was asked about.
    pub async fn decline(&self, who: &Principal, id: ConfirmationId) -> Result<Turn> {
        let one = self.answerable(who, id).await?;
        let operation = domains::find(&one.operation)?;
        let record = record(who, one.deed(Outcome::Cancelled));
        if !self.take(&one, State::Cancelled, "It was cancelled.", Some(record)).await? {
            return Err(self.handled(who, id).await?);
        }
        let reply = Reply::new(ReplyState::Success, "Cancelled. Nothing was changed.")
            .understood(IntentView::of_confirmation(operation, &one));
        self.store(who, one.conversation, None, reply).await
    }

    /// A confirmation of the caller's that waits for an answer.
    async fn answerable(&self, who: &Principal, id: ConfirmationId) -> Result<Confirmation> {
        let one = self.confirmation(who, id).await?;
        if one.is_open(now()) {
            return Ok(one);
        }
        if one.state == State::Pending {
            self.end_expired(&one, Origin::here()).await?;
        }
        Err(self.handled(who, id).await?)
    }

    /// Why it cannot be answered any more.
    async fn handled(&self, who: &Principal, id: ConfirmationId) -> Result<Error> {
        let why = match self.confirmation(who, id).await?.state {
            State::Expired | State::Pending => "This confirmation has expired. Ask for it again.",
            State::Cancelled => "This confirmation was cancelled before.",
            State::Replaced => "What this names had changed; answer the newer confirmation.",
            State::Executing => "This is being done already.",
            State::Denied => "You may not do this.",
            State::Done | State::Failed => "This was handled before.",
            State::Unknown => "This may or may not have been done; look before you repeat it.",
        };
        Ok(Error::invalid("confirmation_id", why))
    }

    async fn execute(&self, who: &Principal, one: &Confirmation) -> Result<Turn> {
        let (operation, args) = (domains::find(&one.operation)?, &one.plan.args);
        let (slots, intent) = (BTreeMap::new(), IntentView::of_confirmation(operation, one));
        let asked = Asked { core: self.0, who, slots: &slots, conversation: one.conversation, risk: Risk::Dangerous };
        // rights may have gone since it was asked
        if !operation.right().is_held_by(who) {
            return self.deny(who, one, intent, denial(operation)).await;
        }
        let (targets, changed) = as_they_are(&asked, args).await?;
        let now_args = Args { targets, ..args.clone() };
        let preview = match operation.preview(&asked, &now_args).await {
            Err(Error::Denied(why)) => return self.deny(who, one, intent, why).await,
            Err(fault @ (Error::Conflict(_) | Error::NotFound(_) | Error::Invalid { .. })) => {
                return self.fail(who, one, intent, &fault).await;
            }
            other => other?,
        };
        if changed {
            return self.ask_again(who, one, operation, Plan { args: now_args, preview, ..one.plan.clone() }).await;
        }
        if let Some(work) = operation.work(args)? {
            self.0.tasks().has_room(who).await?;
            let new = tasks::New::of(who, &work, &one.operation, &args.names())?;
            if !self.take_as_task(one, &new).await? {
                return Err(self.handled(who, one.id).await?);
            }
            let reply = Reply { task: Some(new.id), ..started(&work).understood(intent) };
            return self.store(who, one.conversation, None, reply).await;
        }
        if !self.take(one, State::Executing, "", None).await? {
            return Err(self.handled(who, one.id).await?);
        }
        let done = operation.execute(&asked, args).await;
        let (outcome, reply) = reply_to(operation, done);
        let state = match outcome {
            Outcome::Ran => State::Done,
            Outcome::Denied => State::Denied,
            Outcome::Unknown => State::Unknown,
            _ => State::Failed,
        };
        let record = record(who, one.deed(outcome).saying(&*reply.text));
        self.finish(one, state, &reply.text, &record).await?;
        self.store(who, one.conversation, None, reply.understood(intent)).await
    }

    async fn deny(&self, who: &Principal, one: &Confirmation, intent: IntentView, why: String) -> Result<Turn> {
        let record = record(who, one.deed(Outcome::Denied).saying(&*why));
        if !self.take(one, State::Denied, &why, Some(record)).await? {
            return Err(self.handled(who, one.id).await?);
        }
        let card = Card { right: Some(why.clone()), ..Card::default() };
        let reply = Reply::new(ReplyState::Denied, why).understood(intent).with(card);
        self.store(who, one.conversation, None, reply).await
    }

    /// It cannot be done any more, for a reason of its own.
    async fn fail(&self, who: &Principal, one: &Confirmation, intent: IntentView, fault: &Error) -> Result<Turn> {
        let why = fault.to_string();
        let record = record(who, one.deed(Outcome::Failed).saying(&*why));
        if !self.take(one, State::Failed, &why, Some(record)).await? {
            return Err(self.handled(who, one.id).await?);
        }
        self.store(who, one.conversation, None, Reply::new(ReplyState::Failed, why).understood(intent)).await
    }

    /// What it names is not what was shown: the person sees it as it is, and decides anew.
    async fn ask_again(
        &self,
        who: &Principal,
        one: &Confirmation,
        operation: &dyn Operation,
        plan: Plan,
    ) -> Result<Turn> {
        let deed = one.deed(Outcome::Cancelled).saying("What it names had changed, so it was asked again.");
        if !self.take(one, State::Replaced, "What it names had changed.", Some(record(who, deed))).await? {
            return Err(self.handled(who, one.id).await?);
        }
        let intent = IntentView::of(operation, &plan.args, plan.confidence);
        if plan.args.targets.is_empty() {
            let reply = Reply::new(ReplyState::Failed, "What this names is not there any more. Nothing was changed.");
            return self.store(who, one.conversation, None, reply.understood(intent)).await;
        }
        let asked = self.ask_first(who, &one.operation, &plan).await?;
        let text = format!(
            "Something changed since you asked, so nothing was done. Now it would be: {}",
            question(&asked.plan.preview)
        );
        self.store(who, one.conversation, None, asking(&asked, text).understood(intent)).await
    }

    async fn reply(&self, who: &Principal, conversation: Option<ConversationId>, text: &str) -> Result<Reply> {
        match self.0.understanding().read(self.0.embedder(), text).await {
            Reading::Command(intent) => self.obey(who, conversation, &intent).await,
            Reading::Unclear { doubt, likely, parts } => Ok(unclear(doubt, &likely, parts)),
            Reading::Other => Ok(no_command(text)),
        }
    }

    async fn obey(&self, who: &Principal, conversation: Option<ConversationId>, intent: &Intent) -> Result<Reply> {
        let operation = domains::ALL[intent.form];
        let (name, risk) = (domains::name(operation), operation.form().risk);
        let said = |args: &Args| IntentView::of(operation, args, intent.confidence);
        if !operation.right().is_held_by(who) {
            let why = denial(operation);
            let target = words(&intent.slots);
            self.0.audit().record(who, Deed::denied(name, target).saying(&*why)).await?;
            let card = Card { right: Some(operation.right().as_str().to_owned()), ..Card::default() };
            return Ok(Reply::new(ReplyState::Denied, why).understood(said(&Args::default())).with(card));
        }
        let asked = Asked { core: self.0, who, slots: &intent.slots, conversation, risk };
        let args = match operation.resolve(&asked).await {
            Ok(Resolved::Args(args)) => args,
            Ok(Resolved::Question(question)) => {
                let card = Card { choices: question.choices, ..Card::default() };
                let reply = Reply::new(ReplyState::NeedsClarification, question.text).with(card);
                return Ok(reply.understood(said(&Args::default())));
            }
            Err(fault) => return self.refused(who, operation, &Args::default(), fault, intent.confidence).await,
        };
        let preview = match operation.preview(&asked, &args).await {
            Ok(preview) => preview,
            Err(fault) => return self.refused(who, operation, &args, fault, intent.confidence).await,
        };
        if operation.risk(&args) == Risk::Dangerous {
            let plan = Plan { args: args.clone(), preview, confidence: intent.confidence };
            let one = self.ask_first(who, &name, &plan).await?;
            let text = question(&plan.preview);
            return Ok(asking(&one, text.trim().to_owned()).understood(said(&args)));
        }
        if let Some(work) = operation.work(&args)? {
            if let Err(fault) = self.0.tasks().has_room(who).await {
                return self.refused(who, operation, &args, fault, intent.confidence).await;
            }
            let task = self.0.tasks().queue(who, &work, &name, &args.names()).await?;
            return Ok(Reply { task: Some(task), ..started(&work).understood(said(&args)) });
        }
        let (outcome, reply) = reply_to(operation, operation.execute(&asked, &args).await);
        self.0.audit().record(who, Deed::new(outcome, name, args.names()).saying(&*reply.text)).await?;
        Ok(reply.understood(said(&args)))
    }

    /// What an operation refused before anything was done.
    async fn refused(
        &self,
        who: &Principal,
        operation: &dyn Operation,
        args: &Args,
        fault: Error,
        confidence: f32,
    ) -> Result<Reply> {
        let (outcome, reply) = reply_to(operation, Err(fault));
        let name = domains::name(operation);
        self.0.audit().record(who, Deed::new(outcome, name, args.names()).saying(&*reply.text)).await?;
        Ok(reply.understood(IntentView::of(operation, args, confidence)))
    }
}

/// The targets as they are now, without those that are gone, and whether anything is not as it was shown.
async fn as_they_are(asked: &Asked<'_>, args: &Args) -> Result<(Vec<super::spec::Target>, bool)> {
    let mut targets = Vec::with_capacity(args.targets.len());
    for target in &args.targets {
        match asked.fresh(target).await {
            Ok(fresh) => targets.push(fresh),
            Err(Error::NotFound(_)) => {}
            Err(fault) => return Err(fault),
        }
    }
    let changed = targets != args.targets;
    Ok((targets, changed))
}

fn reply_to(operation: &dyn Operation, done: Result<Effect>) -> (Outcome, Reply) {
    match done {
        Ok(effect) => {
            let Effect { text, rows, links, undo, reports, failed } = effect;
            let card = Card { rows, links, undo, reports, ..Card::default() };
            let (outcome, state) =
                if failed { (Outcome::Failed, ReplyState::Failed) } else { (Outcome::Ran, ReplyState::Success) };
            (outcome, Reply::new(state, text).with(card))
        }
        Err(Error::Denied(why)) => {
            let card = Card { right: Some(why.clone()), ..Card::default() };
            (Outcome::Denied, Reply::new(ReplyState::Denied, why).with(card))
        }
        Err(fault) => {
            if let Error::Internal(_) = fault {
                tracing::error!(operation = domains::name(operation), fault = fault.diagnosis(), "an operation failed");
            }
            let outcome = if let Error::Unsure(_) = fault { Outcome::Unknown } else { Outcome::Failed };
            (outcome, Reply::new(ReplyState::Failed, fault.to_string()))
        }
    }
}

fn started(work: &tasks::Work) -> Reply {
    Reply::new(ReplyState::Started, format!("{}: started in the background.", work.title()))
}

fn asking(one: &Confirmation, text: String) -> Reply {
    let card = Card { preview: Some(one.plan.preview.clone()), expires_at: Some(one.expires_at), ..Card::default() };
    Reply { confirmation: Some(one.id), ..Reply::new(ReplyState::NeedsConfirmation, text).with(card) }
}

/// What would be done with what, as a question.
fn question(preview: &Preview) -> String {
    let details = if preview.details.is_empty() { String::new() } else { format!(" ({})", preview.details.join("; ")) };
    format!("{}{details}? {}", preview.summary, preview.note)
}

fn denial(operation: &dyn Operation) -> String {
    format!("You may not do this: it needs the right “{}”.", operation.right().as_str())
}

fn no_command(text: &str) -> Reply {
    let choices = vec![Choice { label: "Show what I can do".into(), command: "help".into() }];
    let card = Card { choices, question: Some(text.to_owned()), ..Card::default() };
    let words = "That is no command that I know, and nothing was done. You can ask it as a question to your books instead, or put it in other words.";
    Reply::new(ReplyState::NeedsClarification, words).with(card)
}

fn unclear(doubt: Doubt, likely: &[Intent], parts: Vec<String>) -> Reply {
    let text = match doubt {
        Doubt::Negated => "That says what not to do, so nothing was done. Say only what is to be done.",
        Doubt::Question => "That is a question, so nothing was done. To have it done, say it as a command.",
        Doubt::Condition => "That depends on something, so nothing was done. Say only what is to be done now.",
        Doubt::Several => "That is more than one command, so nothing was done. Choose one at a time.",
        Doubt::Unsure => "I am not sure what you mean, so nothing was done. Do you mean one of these?",
        Doubt::Unknown => "I do not know that command, and nothing was done. “help” shows what I can do.",
    };
    let choices = match doubt {
        Doubt::Several => parts
            .into_iter()
            .take(5)
            .map(|part| Choice { label: part.clone(), command: part.replace(['“', '”'], "\"") })
            .collect(),
        Doubt::Negated | Doubt::Condition => Vec::new(),
        Doubt::Question | Doubt::Unsure | Doubt::Unknown => likely.iter().filter_map(suggestion).collect(),
    };
    Reply::new(ReplyState::NeedsClarification, text).with(Card { choices, ..Card::default() })
}

fn suggestion(intent: &Intent) -> Option<Choice> {
    let operation = domains::ALL.get(intent.form)?;
    let example = operation.form().examples.first()?;
    Some(Choice { label: format!("{} ({example})", operation.summary()), command: (*example).to_owned() })
}

fn words(slots: &BTreeMap<String, Vec<Slot>>) -> String {
    slots.values().flatten().map(|slot| slot.text.as_str()).collect::<Vec<_>>().join(", ")
}

fn record(who: &Principal, deed: Deed) -> Sealed {
    Sealed::draft(Actor::from(who), deed, Origin::here(), now())
}
