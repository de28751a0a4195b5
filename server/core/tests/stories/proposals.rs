//! What a model may have done while it writes an answer: it looks things up, and asks a person for everything else.

use crate::support::{On, Person, World, on_both_databases, say};
use folio_core::Error;
use folio_core::audit::Outcome;
use folio_core::operations::ReplyState;
use folio_core::testing::Step;
use folio_types::{Asked, CallState, ConfirmationId, Frame, Message, MessageStatus, Speaker};
use serde_json::{Value, json};

on_both_databases!(
    a_model_looks_something_up_and_goes_on,
    what_a_model_wants_changed_waits_for_a_person,
    deciding_against_it_ends_it,
    a_change_that_can_be_undone_is_asked_about_too,
    one_thing_after_the_other_is_asked_about,
    nobody_else_decides_about_it,
    what_a_model_may_not_have_is_denied,
    nonsense_is_told_to_the_model,
    a_model_that_never_stops_asking_has_to_answer,
    an_answer_that_broke_off_goes_on_with_what_it_knew,
    news_for_an_old_answer_are_told_and_not_gone_on_with,
    a_restart_loses_no_question,
    a_model_without_tools_is_offered_none,
    a_model_reads_commands_that_no_pattern_knows,
    a_model_is_not_asked_about_what_should_not_be_done,
);

fn want(name: &'static str, arguments: Value) -> Step {
    Step::Want(name, arguments.to_string())
}

impl Person<'_> {
    /// Asks, and waits for the end of the answer.
    async fn gets(&self, question: &str) -> (Asked, Message) {
        let asked = self.asks(question).await;
        self.hears(asked.answer.id, 0).await;
        let answer = self.reads(asked.answer.id).await;
        (asked, answer)
    }
}

fn waiting(answer: &Message) -> ConfirmationId {
    let call = answer.calls.last().expect("a call");
    assert_eq!(call.state, CallState::Waiting, "{call:?}");
    call.confirmation.expect("a confirmation")
}

async fn a_model_looks_something_up_and_goes_on(on: On) {
    let world = World::with_tools(on, |_| {}).await;
    let ada = world.founder().await;
    ada.has("Bees").await;
    world.model.says_once([say("Let me look."), want("conversations_list", json!({}))]);
    world.model.now_says([say(" You have one about bees.")]);
    let asked = ada.asks("Which conversations do I have?").await;
    let heard = ada.hears(asked.answer.id, 0).await;
    let calls = heard.iter().filter(|(_, frame)| matches!(frame, Frame::Calls { .. })).count();
    assert_eq!(calls, 1);
    let answer = ada.reads(asked.answer.id).await;
    assert_eq!(
        (answer.status, answer.content.as_str()),
        (MessageStatus::Complete, "Let me look. You have one about bees.")
    );
    let [call] = answer.calls.as_slice() else { panic!("one call: {:?}", answer.calls) };
    assert_eq!((call.name.as_str(), call.state), ("conversations_list", CallState::Done));
    assert!(call.result.contains("Bees"), "{}", call.result);
    let asked = world.model.asked();
    let last = asked.last().expect("a request");
    let [.., wanted, given] = last.turns.as_slice() else { panic!("{:?}", last.turns) };
    assert_eq!((wanted.speaker, wanted.content.as_str(), wanted.wants.len()), (Speaker::Assistant, "Let me look.", 1));
    assert_eq!(given.answers.as_deref(), Some(wanted.wants[0].id.as_str()));
    assert!(given.content.contains("Bees"));
    assert_eq!(ada.recorded("conversations.list").await, [Outcome::Ran]);
}

async fn what_a_model_wants_changed_waits_for_a_person(on: On) {
    let world = World::with_tools(on, |_| {}).await;
    let ada = world.founder().await;
    let bees = ada.has("Bees").await;
    world.model.says_once([say("As you wish."), want("conversations_delete", json!({ "conversation": "Bees" }))]);
    let (asked, answer) = ada.gets("Delete my conversation about bees").await;
    assert_eq!(answer.status, MessageStatus::Complete);
    assert!(answer.content.starts_with("As you wish.\n\nDelete the conversation “Bees”"), "{}", answer.content);
    let id = waiting(&answer);
    assert!(ada.sees(bees).await, "nothing is done yet");
    assert!(ada.recorded("conversations.delete").await.is_empty());
    let card = world.core.operations().said(&ada.who, answer.id).await.expect("it has a card");
    assert_eq!((card.state, card.confirmation), (Some(ReplyState::NeedsConfirmation), Some(id)));

    world.model.now_says([say("It is gone now.")]);
    let turn = ada.confirms(id).await.expect("done");
    assert_eq!((turn.reply.state, turn.id, turn.conversation), (ReplyState::Success, answer.id, asked.conversation.id));
    assert!(!ada.sees(bees).await);
    ada.hears(answer.id, answer.seq).await;
    let whole = ada.reads(answer.id).await;
    assert_eq!(whole.status, MessageStatus::Complete);
    assert!(whole.content.starts_with(&answer.content), "{}", whole.content);
    assert!(whole.content.ends_with(".\n\nIt is gone now."), "{}", whole.content);
    assert_eq!((whole.calls[0].state, whole.calls[0].confirmation), (CallState::Done, None));
    let asked = world.model.asked();
    let [.., wanted, given] = asked.last().expect("a request").turns.as_slice() else { panic!("{asked:?}") };
    assert_eq!((wanted.content.as_str(), wanted.wants[0].name.as_str()), ("As you wish.", "conversations_delete"));
    assert_eq!(given.content, whole.calls[0].result);
    assert_eq!(ada.recorded("conversations.delete").await, [Outcome::Ran]);
    let again = ada.confirms(id).await;
    assert!(again.is_err(), "{again:?}");
}

async fn deciding_against_it_ends_it(on: On) {
    let world = World::with_tools(on, |_| {}).await;
    let ada = world.founder().await;
    let bees = ada.has("Bees").await;
    world.model.says_once([want("conversations_delete", json!({ "conversation": "Bees" }))]);
    let (_, answer) = ada.gets("Delete my conversation about bees").await;
    let requests = world.model.asked().len();
    let fork = world.core.chats().fork(&ada.who, answer.id).await;
    assert!(matches!(fork, Err(Error::Conflict(_))), "it goes on in one place: {fork:?}");
    ada.declines(waiting(&answer)).await.expect("cancelled");
    ada.settles().await;
    world.core.chats().fork(&ada.who, answer.id).await.expect("forked");
    let whole = ada.reads(answer.id).await;
    assert_eq!((whole.status, whole.calls[0].state), (MessageStatus::Complete, CallState::Cancelled));
    assert!(whole.content.ends_with("Cancelled. Nothing was changed."), "{}", whole.content);
    assert!(ada.sees(bees).await);
    assert_eq!(world.model.asked().len(), requests, "the model has nothing to say to that");
    assert_eq!(ada.recorded("conversations.delete").await, [Outcome::Cancelled]);
}

async fn a_change_that_can_be_undone_is_asked_about_too(on: On) {
    let world = World::with_tools(on, |_| {}).await;
    let ada = world.founder().await;
    let bees = ada.has("Bees").await;
    world.model.says_once([want("conversations_rename", json!({ "conversation": "Bees", "title": "Wasps" }))]);
    world.model.now_says([say("Renamed.")]);
    let (_, answer) = ada.gets("Call it wasps").await;
    let id = waiting(&answer);
    let title = async || world.core.chats().titled(&ada.who, bees).await.expect("it is there").title;
    assert_eq!(title().await, "Bees", "a book could have told the model to do so");
    let turn = ada.confirms(id).await.expect("done");
    assert!(turn.reply.card.undo.is_some(), "{:?}", turn.reply.card);
    assert_eq!(title().await, "Wasps");
}

async fn one_thing_after_the_other_is_asked_about(on: On) {
    let world = World::with_tools(on, |_| {}).await;
    let ada = world.founder().await;
    let (bees, wasps) = (ada.has("Bees").await, ada.has("Wasps").await);
    let delete = |title: &str| want("conversations_delete", json!({ "conversation": title }));
    world.model.says_once([delete("Bees")]);
    world.model.says_once([delete("Wasps")]);
    let (_, answer) = ada.gets("Delete bees and wasps").await;
    let first = waiting(&answer);
    ada.confirms(first).await.expect("done");
    ada.hears(answer.id, answer.seq).await;
    let answer = ada.reads(answer.id).await;
    let second = waiting(&answer);
    assert!(first != second && !ada.sees(bees).await && ada.sees(wasps).await);
    let card = world.core.operations().said(&ada.who, answer.id).await.expect("it has a card");
    assert_eq!(card.confirmation, Some(second), "the card is that of what waits");
    world.model.now_says([say("Both are gone.")]);
    ada.confirms(second).await.expect("done");
    ada.hears(answer.id, answer.seq).await;
    let whole = ada.reads(answer.id).await;
    assert!(!ada.sees(wasps).await && whole.content.ends_with("Both are gone."), "{}", whole.content);
    assert_eq!(whole.calls.iter().map(|call| call.state).collect::<Vec<_>>(), [CallState::Done; 2]);
}

async fn nobody_else_decides_about_it(on: On) {
    let world = World::with_tools(on, |_| {}).await;
    let (ada, eve) = (world.founder().await, world.reader("eve").await);
    let bees = ada.has("Bees").await;
    world.model.says_once([want("conversations_delete", json!({ "conversation": "Bees" }))]);
    let (_, answer) = ada.gets("Delete it").await;
    assert!(eve.confirms(waiting(&answer)).await.is_err());
    assert!(ada.sees(bees).await);
    world.model.says_once([want("conversations_delete", json!({ "conversation": "Bees" }))]);
    world.model.now_says([say("I see no such conversation.")]);
    let (_, answer) = eve.gets("Delete it").await;
    assert_eq!(answer.calls[0].state, CallState::Unclear, "someone else's is absent: {:?}", answer.calls);
}

async fn what_a_model_may_not_have_is_denied(on: On) {
    let world = World::with_tools(on, |_| {}).await;
    world.founder().await;
    let eve = world.reader("eve").await;
    world.model.says_once([want("users_list", json!({}))]);
    world.model.now_says([say("I may not do that.")]);
    let (_, answer) = eve.gets("Who else is here?").await;
    assert_eq!(answer.calls[0].state, CallState::Failed, "it is not offered: {:?}", answer.calls);
    let offered = &world.model.asked()[0].functions;
    assert!(offered.iter().any(|function| function.name == "conversations_list"));
    assert!(!offered.iter().any(|function| function.name.starts_with("users_")), "{offered:?}");
}

async fn nonsense_is_told_to_the_model(on: On) {
    let world = World::with_tools(on, |_| {}).await;
    let ada = world.founder().await;
    world.model.says_once([want("conversations_burn", json!({}))]);
    world.model.says_once([want("conversations_delete", json!({ "shelf": 3 }))]);
    world.model.says_once([Step::Want("conversations_delete", "{\"conv".into())]);
    world.model.says_once([want("conversations_delete", json!({}))]);
    world.model.now_says([say("I give up.")]);
    let (_, answer) = ada.gets("Burn it").await;
    let states: Vec<CallState> = answer.calls.iter().map(|call| call.state).collect();
    assert_eq!(states, [CallState::Failed, CallState::Failed, CallState::Failed, CallState::Unclear]);
    assert_eq!((answer.status, answer.content.as_str()), (MessageStatus::Complete, "I give up."));
}

async fn a_model_that_never_stops_asking_has_to_answer(on: On) {
    let world = World::with_tools(on, |_| {}).await;
    let ada = world.founder().await;
    for _ in 0..12 {
        world.model.says_once([want("conversations_list", json!({}))]);
    }
    world.model.now_says([say("Enough.")]);
    let (_, answer) = ada.gets("What is there?").await;
    assert_eq!((answer.calls.len(), answer.content.as_str()), (12, "Enough."));
    let asked = world.model.asked();
    assert!(asked.last().expect("a request").functions.is_empty(), "nothing is offered any more");
}

async fn an_answer_that_broke_off_goes_on_with_what_it_knew(on: On) {
    let world = World::with_tools(on, |_| {}).await;
    let ada = world.founder().await;
    world.model.says_once([say("First."), want("conversations_list", json!({}))]);
    world.model.now_says([say(" Then"), Step::Fail(Error::Upstream("It broke.".into()))]);
    let (_, answer) = ada.gets("What is there?").await;
    assert_eq!((answer.status, answer.content.as_str()), (MessageStatus::Failed, "First. Then"));
    world.model.now_says([say(" the end.")]);
    world.core.chats().resume(&ada.who, answer.id).await.expect("it goes on");
    ada.hears(answer.id, answer.seq).await;
    let whole = ada.reads(answer.id).await;
    assert_eq!((whole.content.as_str(), whole.calls.len()), ("First. Then the end.", 1));
    let asked = world.model.asked();
    let turns = &asked.last().expect("a request").turns;
    let [.., wanted, given, rest, _go_on] = turns.as_slice() else { panic!("{turns:?}") };
    assert_eq!((wanted.wants.len(), given.answers.is_some(), rest.content.trim()), (1, true, "Then"));
}

async fn news_for_an_old_answer_are_told_and_not_gone_on_with(on: On) {
    let world = World::with_tools(on, |_| {}).await;
    let ada = world.founder().await;
    let bees = ada.has("Bees").await;
    world.model.says_once([want("conversations_delete", json!({ "conversation": "Bees" }))]);
    let (asked, answer) = ada.gets("Delete it").await;
    world.model.now_says([say("Something else.")]);
    let later = ada.goes_on(asked.conversation.id, "And what else?").await;
    ada.hears(later.answer.id, 0).await;
    let requests = world.model.asked().len();
    ada.confirms(waiting(&answer)).await.expect("done");
    ada.settles().await;
    let whole = ada.reads(answer.id).await;
    assert!(!ada.sees(bees).await);
    assert_eq!((whole.status, whole.calls[0].state), (MessageStatus::Complete, CallState::Done));
    assert_eq!(world.model.asked().len(), requests, "the conversation is elsewhere by now");
}

async fn a_restart_loses_no_question(on: On) {
    let mut world = World::with_tools(on, |_| {}).await;
    let (bees, who, answer) = {
        let ada = world.founder().await;
        let bees = ada.has("Bees").await;
        world.model.says_once([want("conversations_delete", json!({ "conversation": "Bees" }))]);
        let (_, answer) = ada.gets("Delete it").await;
        (bees, ada.who.clone(), answer)
    };
    world.restart().await;
    let ada = Person { world: &world, who };
    world.model.now_says([say("Gone.")]);
    ada.confirms(waiting(&answer)).await.expect("done");
    ada.hears(answer.id, answer.seq).await;
    assert!(!ada.sees(bees).await && ada.reads(answer.id).await.content.ends_with("Gone."));
}

async fn a_model_without_tools_is_offered_none(on: On) {
    let world = World::new(on, [say("Hello.")]).await;
    let ada = world.founder().await;
    ada.gets("Hello?").await;
    let asked = world.model.asked();
    assert!(asked[0].functions.is_empty() && !asked[0].turns[0].content.contains("functions"), "{asked:?}");
}

async fn a_model_reads_commands_that_no_pattern_knows(on: On) {
    let world = World::with_tools(on, |_| {}).await;
    let ada = world.founder().await;
    let bees = ada.has("Bees").await;
    world.model.says_once([want("conversations_delete", json!({ "conversation": "Bees" }))]);
    let turn = ada.says("Bitte wirf mein Gespräch über Bienen weg").await;
    assert_eq!(turn.reply.state, ReplyState::NeedsConfirmation, "{}", turn.reply.text);
    let intent = turn.reply.intent.clone().expect("an intent");
    assert_eq!((intent.operation.as_str(), intent.risk.as_str()), ("delete", "dangerous"));
    assert!(intent.confidence < 0.9 && ada.sees(bees).await);
    let done = ada.confirms(turn.reply.confirmation.expect("asked")).await.expect("done");
    assert_eq!((done.reply.state, ada.sees(bees).await), (ReplyState::Success, false));
    world.model.says_once([say("none")]);
    let turn = ada.says("Wie spät ist es?").await;
    assert_eq!(turn.reply.state, ReplyState::NeedsClarification);
    world.model.says_once([Step::Fail(Error::Upstream("It broke.".into()))]);
    let turn = ada.says("Zeig mir was").await;
    assert_eq!(turn.reply.state, ReplyState::NeedsClarification, "a model that is away is not needed");
}

async fn a_model_is_not_asked_about_what_should_not_be_done(on: On) {
    let world = World::with_tools(on, |_| {}).await;
    let ada = world.founder().await;
    ada.has("Bees").await;
    let before = world.model.asked().len();
    for words in ["don't delete conversation \"Bees\"", "delete conversation \"Bees\" and delete all books"] {
        let turn = ada.says(words).await;
        assert_eq!(turn.reply.state, ReplyState::NeedsClarification, "{words}: {}", turn.reply.text);
    }
    assert_eq!(world.model.asked().len(), before);
}
