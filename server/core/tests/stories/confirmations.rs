//! What becomes of a question whether to do it: answered once, by the one who was asked, about what was shown.

use crate::support::{On, Person, World, on_both_databases, say, tamper};
use folio_core::audit::Outcome;
use folio_core::operations::{Consent, ReplyState, State};
use folio_core::{Error, Principal};
use folio_types::{ConfirmationId, Role};
use futures::future::join_all;
use std::time::{Duration, Instant};

on_both_databases!(
    something_dangerous_is_asked_about_and_then_done_once,
    deciding_against_it_changes_nothing,
    nobody_confirms_for_someone_else,
    a_confirmation_expires,
    what_changed_since_is_shown_again,
    what_was_asked_meanwhile_is_a_change,
    what_is_gone_since_is_not_done,
    a_right_that_is_gone_denies_it,
    fifty_confirmations_at_once_do_it_once,
    a_confirmation_survives_a_restart,
    what_was_cut_off_is_reported_as_unknown,
);

async fn something_dangerous_is_asked_about_and_then_done_once(on: On) {
    let world = World::new(on, [say("Yes.")]).await;
    let ada = world.founder().await;
    let bees = ada.has("Bees").await;
    let turn = ada.says("delete conversation \"Bees\"").await;
    assert_eq!(turn.reply.state, ReplyState::NeedsConfirmation);
    let preview = turn.reply.card.preview.clone().expect("a preview");
    assert_eq!((preview.count, preview.examples.as_slice()), (1, ["Bees".to_owned()].as_slice()));
    assert!(preview.note.contains("cannot be undone"), "{preview:?}");
    assert!(ada.sees(bees).await, "nothing is done yet");
    assert!(ada.recorded("conversations.delete").await.is_empty());
    let id = turn.reply.confirmation.expect("a confirmation");
    let done = ada.confirms(id).await.expect("it is done");
    assert_eq!((done.reply.state, done.conversation), (ReplyState::Success, turn.conversation));
    assert!(!ada.sees(bees).await);
    for again in [ada.confirms(id).await, ada.declines(id).await] {
        assert!(matches!(again, Err(Error::Invalid { .. })), "{again:?}");
    }
    assert_eq!(ada.recorded("conversations.delete").await, [Outcome::Ran]);
}

async fn deciding_against_it_changes_nothing(on: On) {
    let world = World::new(on, [say("Yes.")]).await;
    let ada = world.founder().await;
    let bees = ada.has("Bees").await;
    let id = ada.asks_to("delete conversation \"Bees\"").await;
    let turn = ada.declines(id).await.expect("cancelled");
    assert_eq!(turn.reply.state, ReplyState::Success);
    assert!(ada.sees(bees).await);
    for again in [ada.declines(id).await, ada.confirms(id).await] {
        assert!(matches!(again, Err(Error::Invalid { .. })), "{again:?}");
    }
    assert!(ada.sees(bees).await);
    assert_eq!(ada.recorded("conversations.delete").await, [Outcome::Cancelled]);
}

async fn nobody_confirms_for_someone_else(on: On) {
    let world = World::new(on, [say("Yes.")]).await;
    let (ada, eve) = (world.founder().await, world.reader("eve").await);
    let bees = ada.has("Bees").await;
    let id = ada.asks_to("delete conversation \"Bees\"").await;
    for theirs in [eve.confirms(id).await, eve.declines(id).await, eve.confirms(ConfirmationId(id.0)).await] {
        assert!(matches!(theirs, Err(Error::NotFound(_))), "{theirs:?}");
    }
    assert!(ada.sees(bees).await);
    let turn = eve.says("delete conversation \"Bees\"").await;
    assert_eq!(turn.reply.state, ReplyState::NeedsClarification, "someone else's is absent: {}", turn.reply.text);
}

async fn a_confirmation_expires(on: On) {
    let world = World::with(on, [say("Yes.")], |settings| settings.confirmation_ttl = Duration::from_millis(1)).await;
    let ada = world.founder().await;
    let bees = ada.has("Bees").await;
    let id = ada.asks_to("delete conversation \"Bees\"").await;
    tokio::time::sleep(Duration::from_millis(5)).await;
    let late = ada.confirms(id).await;
    assert!(matches!(late, Err(Error::Invalid { .. })), "{late:?}");
    assert!(ada.sees(bees).await);
    let kept = world.core.operations().confirmation(&ada.who, id).await.expect("it is kept");
    assert_eq!(kept.state, State::Expired);
    assert_eq!(ada.recorded("conversations.delete").await, [Outcome::Expired]);
}

async fn what_changed_since_is_shown_again(on: On) {
    let world = World::new(on, [say("Yes.")]).await;
    let ada = world.founder().await;
    let bees = ada.has("Bees").await;
    let first = ada.asks_to("delete conversation \"Bees\"").await;
    world.core.chats().rename(&ada.who, bees, "Tax papers").await.expect("renamed");
    let turn = ada.confirms(first).await.expect("an answer");
    assert_eq!(turn.reply.state, ReplyState::NeedsConfirmation);
    assert!(turn.reply.text.contains("Tax papers"), "{}", turn.reply.text);
    assert!(ada.sees(bees).await, "what was shown is not what it would be");
    let second = turn.reply.confirmation.expect("another confirmation");
    assert_ne!(first, second);
    assert!(matches!(ada.confirms(first).await, Err(Error::Invalid { .. })));
    assert_eq!(ada.confirms(second).await.expect("done").reply.state, ReplyState::Success);
    assert!(!ada.sees(bees).await);
}

async fn what_was_asked_meanwhile_is_a_change(on: On) {
    let world = World::new(on, [say("Yes.")]).await;
    let ada = world.founder().await;
    let bees = ada.has("Bees").await;
    let asked = ada.says_in(bees, "delete conversation \"Bees\"").await;
    let more = ada.goes_on(bees, "And wasps?").await;
    ada.hears(more.answer.id, 0).await;
    let again = ada.confirms(asked.reply.confirmation.expect("asked")).await.expect("an answer");
    assert_eq!(again.reply.state, ReplyState::NeedsConfirmation, "{}", again.reply.text);
    assert!(ada.sees(bees).await);
    let done = ada.confirms(again.reply.confirmation.expect("asked again")).await.expect("an answer");
    assert_eq!(done.reply.state, ReplyState::Success, "{}", done.reply.text);
}

async fn what_is_gone_since_is_not_done(on: On) {
    let world = World::new(on, [say("Yes.")]).await;
    let ada = world.founder().await;
    let bees = ada.has("Bees").await;
    let id = ada.asks_to("delete conversation \"Bees\"").await;
    world.core.chats().delete(&ada.who, bees).await.expect("deleted elsewhere");
    let turn = ada.confirms(id).await.expect("an answer");
    assert_eq!(turn.reply.state, ReplyState::Failed);
    assert!(matches!(ada.confirms(id).await, Err(Error::Invalid { .. })));
}

async fn a_right_that_is_gone_denies_it(on: On) {
    let world = World::new(on, []).await;
    let (ada, eve) = (world.founder().await, world.reader("eve").await);
    let book = ada.shares("The Lighthouse").await;
    let librarian = Principal { role: Role::Librarian, ..eve.who.clone() };
    let operations = world.core.operations();
    let turn = operations.say(&librarian, None, "delete book \"The Lighthouse\"").await.expect("a reply");
    let id = turn.reply.confirmation.expect("a librarian may");
    let denied = operations.confirm(&eve.who, id, Consent::Given).await.expect("an answer");
    assert_eq!(denied.reply.state, ReplyState::Denied);
    world.core.library().book(&ada.who, book).await.expect("it is still there");
    let kept = operations.confirmation(&eve.who, id).await.expect("it is kept");
    assert_eq!(kept.state, State::Denied);
    let again = operations.confirm(&librarian, id, Consent::Given).await;
    assert!(matches!(again, Err(Error::Invalid { .. })), "{again:?}");
    assert_eq!(eve.recorded("library.delete").await, [Outcome::Denied]);
}

/// On PostgreSQL half of them arrive at another process.
async fn fifty_confirmations_at_once_do_it_once(on: On) {
    let world = World::with(on, [say("Yes.")], |settings| settings.quotas.questions = None).await;
    let ada = world.founder().await;
    let other = match on {
        On::Sqlite => None,
        On::Postgres => Some(world.another_process().await),
    };
    for round in 1..=100 {
        let bees = ada.has("Bees").await;
        let id = ada.asks_to("delete conversation \"Bees\"").await;
        let confirming = (0..50).map(async |at| {
            let core = other.as_ref().filter(|_| at % 2 == 1).map_or(&world.core, |other| &other.core);
            core.operations().confirm(&ada.who, id, Consent::Given).await
        });
        let outcomes = join_all(confirming).await;
        let done = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        assert_eq!(done, 1, "round {round}");
        for refused in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
            assert!(matches!(refused, Error::Invalid { .. }), "{refused:?}");
        }
        assert!(!ada.sees(bees).await);
        assert_eq!(ada.recorded("conversations.delete").await.len(), round, "one record each");
    }
}

async fn a_confirmation_survives_a_restart(on: On) {
    let mut world = World::new(on, [say("Yes.")]).await;
    let (who, bees, id) = {
        let ada = world.founder().await;
        let bees = ada.has("Bees").await;
        (ada.who.clone(), bees, ada.asks_to("delete conversation \"Bees\"").await)
    };
    world.restart().await;
    let ada = Person { world: &world, who };
    assert_eq!(ada.confirms(id).await.expect("done").reply.state, ReplyState::Success);
    assert!(!ada.sees(bees).await);
}

async fn what_was_cut_off_is_reported_as_unknown(on: On) {
    let mut world = World::new(on, [say("Yes.")]).await;
    let (who, bees, id) = {
        let ada = world.founder().await;
        let bees = ada.has("Bees").await;
        (ada.who.clone(), bees, ada.asks_to("delete conversation \"Bees\"").await)
    };
    // as a process leaves it that is killed between taking and finishing it
    let dead = if matches!(on, On::Sqlite) {
        "x'00000000000070008000000000000001'"
    } else {
        "'00000000-0000-7000-8000-000000000001'"
    };
    tamper(&world, &format!("UPDATE confirmations SET state = 'executing', node_id = {dead}")).await.expect("cut off");
    world.restart().await;
    let ada = Person { world: &world, who };
    let begun = Instant::now();
    while world.core.operations().confirmation(&ada.who, id).await.expect("kept").state == State::Executing {
        assert!(begun.elapsed() < Duration::from_secs(10), "nobody took it over");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let kept = world.core.operations().confirmation(&ada.who, id).await.expect("kept");
    assert_eq!(kept.state, State::Unknown);
    assert!(matches!(ada.confirms(id).await, Err(Error::Invalid { .. })), "it is not done a second time");
    assert!(ada.sees(bees).await);
    assert_eq!(ada.recorded("conversations.delete").await, [Outcome::Unknown]);
}
