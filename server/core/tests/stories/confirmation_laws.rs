//! Whatever happens to a confirmation in whatever order: it has one end, one effect at most, and one record.

use crate::support::{On, World, say, tamper};
use folio_core::Principal;
use folio_core::audit::{Filter, Outcome};
use folio_core::operations::{Consent, ReplyState, State};
use folio_types::{ConfirmationId, ConversationId, Role};
use proptest::prelude::*;

#[derive(Clone, Copy, Debug)]
enum Step {
    Confirm,
    Cancel,
    /// Its time is over.
    Lapse,
    /// What it names is called something else.
    Change,
    /// What it names goes.
    Remove,
    /// Somebody else tries.
    Meddle,
    /// It is confirmed twice at the same time.
    Twice,
    /// Whoever asked is no administrator any more.
    LoseRight,
    /// The process goes while it does it.
    Die,
    Restart,
}

/// What is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Command {
    /// Everyone's to say.
    DeleteConversation,
    /// An administrator's to say.
    DisableUser,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => Just(Step::Confirm),
        2 => Just(Step::Cancel),
        1 => Just(Step::Lapse),
        1 => Just(Step::Change),
        1 => Just(Step::Remove),
        1 => Just(Step::Meddle),
        1 => Just(Step::Twice),
        1 => Just(Step::LoseRight),
        1 => Just(Step::Die),
        1 => Just(Step::Restart),
    ];
    prop::collection::vec(step, 1..7)
}

/// What must hold of the store after every step.
struct Model {
    command: Command,
    state: State,
    changed: bool,
    /// Whether the effect has not taken place, nor anything like it.
    untouched: bool,
    may: bool,
}

struct Story {
    world: World,
    ada: Principal,
    eve: Principal,
    chat: ConversationId,
    id: ConfirmationId,
    model: Model,
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 30, ..ProptestConfig::default() })]

    #[test]
    fn a_confirmation_ends_once(steps in steps(), command in commands()) {
        tell(On::Sqlite, command, steps)?;
    }
}

proptest! {
    // each has a database server of its own
    #![proptest_config(ProptestConfig { cases: 6, max_shrink_iters: 10, ..ProptestConfig::default() })]

    #[test]
    fn a_confirmation_ends_once_on_postgresql(steps in steps(), command in commands()) {
        tell(On::Postgres, command, steps)?;
    }
}

fn commands() -> impl Strategy<Value = Command> {
    prop_oneof![Just(Command::DeleteConversation), Just(Command::DisableUser)]
}

fn tell(on: On, command: Command, steps: Vec<Step>) -> Result<(), TestCaseError> {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let mut story = Story::begin(on, command).await;
        for step in steps {
            Box::pin(story.take(on, step)).await?;
            prop_assert_eq!(story.state().await, story.model.state, "after {:?}", step);
            prop_assert_eq!(story.is_untouched().await, story.model.untouched, "after {:?}", step);
        }
        story.ends_with_one_record().await
    })
}

impl Story {
    async fn begin(on: On, command: Command) -> Self {
        let world = World::new(on, [say("Yes.")]).await;
        let (ada, eve) = (world.founder().await, world.reader("eve").await);
        let chat = ada.has("Bees").await;
        let words = match command {
            Command::DeleteConversation => "delete conversation \"Bees\"",
            Command::DisableUser => "disable user \"eve\"",
        };
        let id = ada.says(words).await.reply.confirmation.expect("it is asked about");
        let (ada, eve) = (ada.who.clone(), eve.who.clone());
        let model = Model { command, state: State::Pending, changed: false, untouched: true, may: true };
        Self { world, ada, eve, chat, id, model }
    }

    async fn take(&mut self, on: On, step: Step) -> Result<(), TestCaseError> {
        let is_chat = self.model.command == Command::DeleteConversation;
        match step {
            Step::Restart => self.world.restart().await,
            Step::Lapse => {
                tamper(&self.world, "UPDATE confirmations SET expires_at = 1").await.expect("its time is over");
            }
            Step::Change if is_chat && self.model.untouched => {
                self.world.core.chats().rename(&self.ada, self.chat, "Another name").await.expect("renamed");
                self.model.changed = true;
            }
            Step::Remove if is_chat && self.model.untouched => {
                self.world.core.chats().delete(&self.ada, self.chat).await.expect("deleted");
                self.model.untouched = false;
            }
            Step::Change | Step::Remove => {}
            Step::LoseRight => {
                self.ada.role = Role::User;
                self.model.may = is_chat;
            }
            Step::Meddle => {
                let meddled = self.world.core.operations().confirm(&self.eve, self.id, Consent::Given).await;
                prop_assert!(meddled.is_err());
            }
            Step::Die => self.die(on).await,
            Step::Confirm => {
                let outcome = self.world.core.operations().confirm(&self.ada, self.id, Consent::Given).await;
                self.confirmed(outcome.map(|turn| turn.reply.state).ok()).await?;
            }
            Step::Twice => {
                let confirm = async || self.world.core.operations().confirm(&self.ada, self.id, Consent::Given).await;
                let (one, other) = tokio::join!(confirm(), confirm());
                prop_assert!(one.is_err() || other.is_err(), "{:?} {:?}", one, other);
                let heard = one.or(other).map(|turn| turn.reply.state).ok();
                self.confirmed(heard).await?;
            }
            Step::Cancel => {
                let outcome = self.world.core.operations().decline(&self.ada, self.id).await;
                let kept = self.state().await;
                let was_pending = self.model.state == State::Pending;
                prop_assert_eq!(outcome.is_ok(), was_pending && kept == State::Cancelled);
                self.model.state = if was_pending { kept } else { self.model.state };
            }
        }
        Ok(())
    }

    /// As a process leaves it that is killed between taking and finishing it.
    async fn die(&mut self, on: On) {
        if self.model.state != State::Pending {
            return;
        }
        let dead = match on {
            On::Sqlite => "x'00000000000070008000000000000001'",
            On::Postgres => "'00000000-0000-7000-8000-000000000001'",
        };
        let sql = format!("UPDATE confirmations SET state = 'executing', node_id = {dead}");
        tamper(&self.world, &sql).await.expect("cut off");
        self.world.restart().await;
        while self.state().await == State::Executing {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        self.model.state = State::Unknown;
    }

    /// What one of those who confirm hears, if any is not refused.
    async fn confirmed(&mut self, heard: Option<ReplyState>) -> Result<(), TestCaseError> {
        let kept = self.state().await;
        let model = &mut self.model;
        if model.state != State::Pending {
            prop_assert!(heard.is_none(), "it was answered: {:?}", heard);
            return Ok(());
        }
        let expected = match heard {
            // its time was over
            None => (None, State::Expired),
            Some(_) if !model.may => (Some(ReplyState::Denied), State::Denied),
            Some(_) if !model.untouched => (Some(ReplyState::Failed), State::Replaced),
            Some(_) if model.changed => (Some(ReplyState::NeedsConfirmation), State::Replaced),
            Some(_) => {
                model.untouched = false;
                (Some(ReplyState::Success), State::Done)
            }
        };
        prop_assert_eq!((heard, kept), expected);
        model.state = kept;
        Ok(())
    }

    async fn ends_with_one_record(&self) -> Result<(), TestCaseError> {
        let action = match self.model.command {
            Command::DeleteConversation => "conversations.delete",
            Command::DisableUser => "users.disable",
        };
        let filter = Filter { action: Some(action.into()), everyone: true, ..Filter::default() };
        let admin = Principal { role: Role::Admin, ..self.ada.clone() };
        let mut records = self.world.core.audit().list(&admin, &filter, 0, 100).await.expect("a list").items;
        records.retain(|record| record.action == action);
        let ended = usize::from(self.model.state != State::Pending);
        prop_assert_eq!(records.len(), ended, "one record for one end: {:?}", records);
        let ran = records.iter().filter(|record| record.outcome == Outcome::Ran).count();
        prop_assert_eq!(ran, usize::from(self.model.state == State::Done));
        Ok(())
    }

    async fn state(&self) -> State {
        self.world.core.operations().confirmation(&self.ada, self.id).await.expect("kept").state
    }

    async fn is_untouched(&self) -> bool {
        match self.model.command {
            Command::DeleteConversation => self.world.core.chats().titled(&self.ada, self.chat).await.is_ok(),
            Command::DisableUser => {
                let eve = self.world.core.accounts().principal(self.eve.id).await.expect("a database");
                eve.is_some()
            }
        }
    }
}
