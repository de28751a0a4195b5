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
    Restart,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => Just(Step::Confirm),
        2 => Just(Step::Cancel),
        1 => Just(Step::Lapse),
        1 => Just(Step::Change),
        1 => Just(Step::Remove),
        1 => Just(Step::Meddle),
        1 => Just(Step::Restart),
    ];
    prop::collection::vec(step, 1..7)
}

/// What must hold of the store after every step.
struct Model {
    state: State,
    changed: bool,
    there: bool,
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 30, ..ProptestConfig::default() })]

    #[test]
    fn a_confirmation_ends_once(steps in steps()) {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(run(steps))?;
    }
}

async fn run(steps: Vec<Step>) -> Result<(), TestCaseError> {
    let mut world = World::new(On::Sqlite, [say("Yes.")]).await;
    let (who, eve, chat, id) = begin(&world).await;
    let mut model = Model { state: State::Pending, changed: false, there: true };
    for step in steps {
        match step {
            Step::Restart => world.restart().await,
            Step::Lapse => tamper(&world, "UPDATE confirmations SET expires_at = 1").await.expect("its time is over"),
            Step::Change if model.there => {
                world.core.chats().rename(&who, chat, "Another name").await.expect("renamed");
                model.changed = true;
            }
            Step::Remove if model.there => {
                world.core.chats().delete(&who, chat).await.expect("deleted");
                model.there = false;
            }
            Step::Change | Step::Remove => {}
            Step::Meddle => {
                let meddled = world.core.operations().confirm(&eve, id, Consent::Given).await;
                prop_assert!(meddled.is_err());
            }
            Step::Confirm => confirm(&world, &who, id, &mut model).await?,
            Step::Cancel => {
                let outcome = world.core.operations().decline(&who, id).await;
                let kept = world.core.operations().confirmation(&who, id).await.expect("kept").state;
                prop_assert_eq!(outcome.is_ok(), model.state == State::Pending && kept == State::Cancelled);
                model.state = if model.state == State::Pending { kept } else { model.state };
            }
        }
        let kept = world.core.operations().confirmation(&who, id).await.expect("kept").state;
        prop_assert_eq!(kept, model.state, "after {:?}", step);
        prop_assert_eq!(world.core.chats().titled(&who, chat).await.is_ok(), model.there, "after {:?}", step);
    }
    let filter = Filter { action: Some("conversations.delete".into()), everyone: true, ..Filter::default() };
    let records = world.core.audit().list(&who, &filter, 0, 100).await.expect("a list").items;
    prop_assert_eq!(records.len(), usize::from(model.state != State::Pending), "one record for one end: {:?}", records);
    let ran = records.iter().filter(|record| record.outcome == Outcome::Ran).count();
    prop_assert_eq!(ran, usize::from(model.state == State::Done));
    Ok(())
}

async fn confirm(world: &World, who: &Principal, id: ConfirmationId, model: &mut Model) -> Result<(), TestCaseError> {
    let outcome = world.core.operations().confirm(who, id, Consent::Given).await;
    let kept = world.core.operations().confirmation(who, id).await.expect("kept").state;
    if model.state != State::Pending {
        prop_assert!(outcome.is_err(), "it was answered: {:?}", outcome);
        return Ok(());
    }
    match outcome {
        // its time was over
        Err(_) => prop_assert_eq!(kept, State::Expired),
        Ok(turn) if !model.there => {
            prop_assert_eq!((turn.reply.state, kept), (ReplyState::Failed, State::Replaced));
        }
        Ok(turn) if model.changed => {
            prop_assert_eq!((turn.reply.state, kept), (ReplyState::NeedsConfirmation, State::Replaced));
        }
        Ok(turn) => {
            prop_assert_eq!((turn.reply.state, kept), (ReplyState::Success, State::Done));
            model.there = false;
        }
    }
    model.state = kept;
    Ok(())
}

async fn begin(world: &World) -> (Principal, Principal, ConversationId, ConfirmationId) {
    let ada = world.founder().await;
    let eve = world.reader("eve").await;
    let asked = ada.asks("Bees").await;
    ada.hears(asked.answer.id, 0).await;
    let turn = world.core.operations().say(&ada.who, None, "delete conversation \"Bees\"").await.expect("a reply");
    assert_eq!(ada.who.role, Role::Admin);
    (ada.who.clone(), eve.who.clone(), asked.conversation.id, turn.reply.confirmation.expect("asked"))
}
