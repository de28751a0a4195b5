//! The gate: what is harmless runs, what is dangerous is asked about, and what is asked about runs once.

use super::confirmations::{Confirmation, Plan, State};
use super::functions::Order;
use super::proposals::Proposer;
use super::spec::{Args, Asked, Choice, Effect, Operation, Preview, Resolved, Risk};
use super::turns::{Card, IntentView, Reply, ReplyState, Turn};
use super::{Operations, Understanding, domains};
use crate::accounts::Principal;
use crate::audit::{Actor, Deed, Origin, Outcome, Sealed};
use crate::clock::now;
use crate::error::{Error, Result};
use crate::tasks;
use crate::to_the_end;
use folio_types::{CallState, ConfirmationId, ConversationId};
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
        self.spoken(who, conversation, message, false).await
    }

    /// Whether a line of a chat is a command: by a slash at its start, or by its words, where they leave no doubt.
    pub async fn is_command(&self, line: &str) -> bool {
        line.starts_with('/')
            || (line.chars().count() <= LONGEST && Understanding::certain(line.trim()).await.is_some())
    }

    /// The same for a command of a chat. Where nothing but its words told it from a question, it can still be asked as one.
    pub async fn say_in_chat(&self, who: &Principal, conversation: Option<ConversationId>, line: &str) -> Result<Turn> {
        self.spoken(who, conversation, line, !line.starts_with('/')).await
    }

    async fn spoken(
        &self,
        who: &Principal,
        conversation: Option<ConversationId>,
        message: &str,
        may_ask: bool,
    ) -> Result<Turn> {
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
            let mut reply = operations.reply(&who, conversation, message.trim()).await?;
            if may_ask && reply.card.question.is_none() {
                reply.card.question = Some(message.trim().to_owned());
            }
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
        self.settle_as(who, &one, reply, CallState::Cancelled).await
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
            return self.deny(who, one, operation, denial(operation)).await;
        }
        if let Err(Error::Denied(why)) = operation.permit(&asked, args).await {
            return self.deny(who, one, operation, why).await;
        }
        let (targets, changed) = as_they_are(&asked, args).await?;
        let now_args = Args { targets, ..args.clone() };
        let preview = match operation.preview(&asked, &now_args).await {
            Err(Error::Denied(why)) => return self.deny(who, one, operation, why).await,
            Err(fault @ (Error::Conflict(_) | Error::NotFound(_) | Error::Invalid { .. })) => {
                return self.fail(who, one, intent, &fault).await;
            }
            other => other?,
        };
        if changed {
            return self.ask_again(who, one, operation, Plan { args: now_args, preview, ..one.plan.clone() }).await;
        }
        if let Some(work) = operation.work(args)? {
            // it can be confirmed once more when there is room
            self.0.tasks().has_room(who).await.map_err(|fault| Error::invalid("confirmation_id", fault.to_string()))?;
            let new = tasks::New::of(who, &work, &one.operation, &args.told())?;
            if !self.take_as_task(one, &new).await? {
                return Err(self.handled(who, one.id).await?);
            }
            let reply = Reply { task: Some(new.id), ..started(&work).understood(intent) };
            return self.settle(who, one, reply).await;
        }
        if !self.take(one, State::Executing, "", None).await? {
            return Err(self.handled(who, one.id).await?);
        }
        let reply = self.carry_out(operation, &asked, one).await?;
        self.settle(who, one, reply.understood(intent)).await
    }

    /// Does what is noted as being done, and notes how it ended.
    async fn carry_out(&self, operation: &dyn Operation, asked: &Asked<'_>, one: &Confirmation) -> Result<Reply> {
        let (outcome, reply) = reply_to(operation, operation.execute(asked, &one.plan.args).await);
        let state = match outcome {
            Outcome::Ran => State::Done,
            Outcome::Denied => State::Denied,
            Outcome::Unknown => State::Unknown,
            _ => State::Failed,
        };
        let detail = noted(one.plan.by.as_ref(), &reply.text);
        let record = record(asked.who, one.deed(outcome).saying(detail));
        self.finish(one, state, &reply.text, &record).await?;
        Ok(reply)
    }

    async fn deny(&self, who: &Principal, one: &Confirmation, operation: &dyn Operation, why: String) -> Result<Turn> {
        let record = record(who, one.deed(Outcome::Denied).saying(&*why));
        if !self.take(one, State::Denied, &why, Some(record)).await? {
            return Err(self.handled(who, one.id).await?);
        }
        let reply = Reply::new(ReplyState::Denied, why)
            .with(lacking(operation))
            .understood(IntentView::of_confirmation(operation, one));
        self.settle(who, one, reply).await
    }

    /// It cannot be done any more, for a reason of its own.
    async fn fail(&self, who: &Principal, one: &Confirmation, intent: IntentView, fault: &Error) -> Result<Turn> {
        let why = fault.to_string();
        let record = record(who, one.deed(Outcome::Failed).saying(&*why));
        if !self.take(one, State::Failed, &why, Some(record)).await? {
            return Err(self.handled(who, one.id).await?);
        }
        self.settle(who, one, Reply::new(ReplyState::Failed, why).understood(intent)).await
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
            return self.settle(who, one, reply.understood(intent)).await;
        }
        let asked = self.ask_first(who, &one.operation, &plan).await?;
        let text = format!(
            "Something changed since you asked, so nothing was done. Now it would be: {}",
            question(&asked.plan.preview)
        );
        self.settle(who, one, asking(&asked, text).understood(intent)).await
    }

    async fn reply(&self, who: &Principal, conversation: Option<ConversationId>, text: &str) -> Result<Reply> {
        match self.0.understanding().read(self.0.embedder(), text).await {
            Reading::Command(Intent { form, confidence, slots }) => {
                let order = Order { operation: domains::ALL[form], slots };
                self.obey(who, conversation, Wish { order, confidence, by: None }).await
            }
            Reading::Unclear { doubt: doubt @ (Doubt::Unsure | Doubt::Unknown), likely, parts } => {
                let read = self.interpret(who, conversation, text).await?;
                Ok(read.unwrap_or_else(|| unclear(doubt, &likely, parts)))
            }
            // no model is asked about what says itself that it should not be done
            Reading::Unclear { doubt, likely, parts } => Ok(unclear(doubt, &likely, parts)),
            Reading::Other => Ok(self.interpret(who, conversation, text).await?.unwrap_or_else(|| no_command(text))),
        }
    }

    pub(super) async fn obey(
        &self,
        who: &Principal,
        conversation: Option<ConversationId>,
        wish: Wish<'_>,
    ) -> Result<Reply> {
        let Wish { order: Order { operation, ref slots }, confidence, by } = wish;
        let (name, risk) = (domains::name(operation), operation.form().risk);
        let said = |args: &Args| IntentView::of(operation, args, confidence);
        if !operation.right().is_held_by(who) {
            let why = denial(operation);
            self.0.audit().record(who, Deed::denied(name, words(slots)).saying(noted(by, &why))).await?;
            let reply = Reply::new(ReplyState::Denied, why).with(lacking(operation));
            return Ok(reply.understood(said(&Args::default())));
        }
        let asked = Asked { core: self.0, who, slots, conversation, risk };
        let args = match operation.resolve(&asked).await {
            Ok(Resolved::Args(args)) => args,
            Ok(Resolved::Question(question)) => {
                let card = Card { choices: question.choices, ..Card::default() };
                let reply = Reply::new(ReplyState::NeedsClarification, question.text).with(card);
                return Ok(reply.understood(said(&Args::default())));
            }
            Err(fault) => return self.refused(who, &wish, &Args::default(), fault).await,
        };
        let preview = match operation.preview(&asked, &args).await {
            Ok(preview) => preview,
            Err(fault) => return self.refused(who, &wish, &args, fault).await,
        };
        let risk = operation.risk(&args);
        let asks = is_asked_first(risk, by);
        let preview = if asks { shown(operation, &args, preview) } else { preview };
        let plan = Plan { args, preview, confidence, by: by.cloned() };
        let args = &plan.args;
        if asks {
            let one = self.ask_first(who, &name, &plan).await?;
            let text = question(&plan.preview);
            return Ok(asking(&one, text.trim().to_owned()).understood(said(args)));
        }
        if let Some(work) = operation.work(args)? {
            if let Err(fault) = self.0.tasks().has_room(who).await {
                return self.refused(who, &wish, args, fault).await;
            }
            let task = self.0.tasks().queue(who, &work, &name, &args.told()).await?;
            let reply = Reply { task: Some(task), ..started(&work).understood(said(args)) };
            return Ok(noting(reply, &plan.preview));
        }
        if risk > Risk::Safe {
            let one = self.begin(who, &name, &plan).await?;
            let reply = self.carry_out(operation, &asked, &one).await?.understood(said(args));
            return Ok(noting(reply, &plan.preview));
        }
        let (outcome, reply) = reply_to(operation, operation.execute(&asked, args).await);
        let deed = Deed::new(outcome, name, args.told()).saying(noted(by, &reply.text));
        self.0.audit().record(who, deed).await?;
        Ok(reply.understood(said(args)))
    }

    /// What an operation refused before anything was done.
    async fn refused(&self, who: &Principal, wish: &Wish<'_>, args: &Args, fault: Error) -> Result<Reply> {
        let operation = wish.order.operation;
        let (outcome, reply) = reply_to(operation, Err(fault));
        let deed = Deed::new(outcome, domains::name(operation), args.told()).saying(noted(wish.by, &reply.text));
        self.0.audit().record(who, deed).await?;
        Ok(reply.understood(IntentView::of(operation, args, wish.confidence)))
    }
}

/// Something that is asked for.
pub(super) struct Wish<'a> {
    pub order: Order,
    pub confidence: f32,
    /// None where a person says it.
    pub by: Option<&'a Proposer>,
}

/// What a model proposes is done at once only where it changes nothing: a book or a tool may have told it what to ask for.
fn is_asked_first(risk: Risk, by: Option<&Proposer>) -> bool {
    if by.is_some() { risk > Risk::Safe } else { risk == Risk::Dangerous }
}

/// A preview that says at least what would be done with what.
fn shown(operation: &dyn Operation, args: &Args, preview: Preview) -> Preview {
    if !preview.summary.is_empty() {
        return preview;
    }
    let names = args.names();
    let joint = if names.is_empty() { "" } else { ": " };
    let details = args.values.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    Preview::of(format!("{}{joint}{names}", operation.summary()), &args.targets).detailing(details)
}

/// What was done without a question, and whether it can be taken back.
fn noting(reply: Reply, preview: &Preview) -> Reply {
    let is_done = matches!(reply.state, ReplyState::Success | ReplyState::Started);
    if !is_done || reply.card.undo.is_some() || preview.note.is_empty() {
        return reply;
    }
    Reply { text: format!("{} {}", reply.text, preview.note), ..reply }
}

/// What the audit log says of it.
fn noted(by: Option<&Proposer>, text: &str) -> String {
    by.map_or_else(|| text.to_owned(), |by| format!("The model “{}” asked for it. {text}", by.model))
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
        Err(Error::Denied(why)) => (Outcome::Denied, Reply::new(ReplyState::Denied, why).with(lacking(operation))),
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

fn lacking(operation: &dyn Operation) -> Card {
    Card { right: Some(operation.lacked().to_owned()), ..Card::default() }
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
