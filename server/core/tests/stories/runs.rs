//! What becomes of a question and its answer.

use crate::support::{On, World, on_both_databases, say, shown, text_of};
use folio_core::Error;
use folio_core::chats::Listing;
use folio_core::testing::Step;
use folio_types::{Frame, MessageStatus};
use futures::StreamExt;
use std::time::{Duration, Instant};

on_both_databases!(
    an_answer_is_streamed_and_stored,
    whatever_was_heard_is_stored_already,
    a_reader_who_joins_late_gets_the_rest,
    a_stopped_answer_keeps_its_text_and_ends_the_model,
    a_failing_model_ends_the_answer_with_its_reason,
    a_crash_leaves_nothing_streaming,
    stopping_the_program_ends_every_answer,
    a_question_with_a_key_lands_once,
    a_key_lands_once_in_a_conversation_too,
    one_answer_at_a_time_in_a_conversation,
    of_two_questions_at_once_one_is_asked,
    who_follows_a_deleted_answer_is_let_go,
    who_saw_an_answer_break_off_hears_all_of_its_continuation,
    someone_elses_conversation_is_absent,
    a_deleted_conversation_is_gone_with_its_messages,
    bad_questions_are_refused,
);

async fn an_answer_is_streamed_and_stored(on: On) {
    let world = World::new(on, [say("Bees "), say("dance.")]).await;
    let ada = world.founder().await;
    let asked = ada.asks("What do bees do?").await;
    let heard = ada.hears(asked.answer.id, asked.answer.seq).await;
    assert!(matches!(heard[0].1, Frame::Started { message_id, .. } if message_id == asked.answer.id));
    assert_eq!(text_of(&heard), "Bees dance.");
    assert_eq!(heard.last().expect("an end").1, Frame::Done { done: true, status: MessageStatus::Complete });
    let numbers: Vec<u64> = heard.iter().map(|(seq, _)| *seq).collect();
    assert_eq!(numbers, (1..=heard.len() as u64).collect::<Vec<_>>(), "numbered without a gap");
    let stored = ada.reads(asked.answer.id).await;
    assert_eq!((stored.content.as_str(), stored.status), ("Bees dance.", MessageStatus::Complete));
    assert_eq!(stored.seq, heard.len() as u64);
    let (conversation, messages) = world.core.chats().open(&ada.who, asked.conversation.id).await.expect("it is there");
    assert_eq!(conversation.title, "What do bees do?");
    assert_eq!(messages.len(), 2);
}

async fn whatever_was_heard_is_stored_already(on: On) {
    let steps = (0..50).map(|n| say(&format!("word{n} ")));
    let world = World::new(on, steps).await;
    let ada = world.founder().await;
    let asked = ada.asks("Count").await;
    let mut stream = world.core.chats().follow(&ada.who, asked.answer.id, 0).await.expect("a stream");
    let mut heard = String::new();
    while let Some((seq, frame)) = stream.next().await {
        if let Frame::Token { token, .. } = frame {
            heard.push_str(&token);
        }
        let stored = ada.reads(asked.answer.id).await;
        assert!(stored.content.starts_with(&heard), "{heard:?} was heard, {:?} is stored", stored.content);
        assert!(stored.seq >= seq);
    }
}

async fn a_reader_who_joins_late_gets_the_rest(on: On) {
    let world = World::new(on, [say("one "), Step::Wait, say("two "), say("three")]).await;
    let ada = world.founder().await;
    let asked = ada.asks("Count").await;
    let mut first = world.core.chats().follow(&ada.who, asked.answer.id, 0).await.expect("a stream");
    first.next().await.expect("the start");
    let (seq, frame) = first.next().await.expect("the first word");
    assert_eq!(frame, Frame::Token { token: "one ".into(), gpu: 0 });
    world.model.go_on();
    assert_eq!(text_of(&ada.hears(asked.answer.id, seq).await), "two three");
    assert_eq!(text_of(&ada.hears(asked.answer.id, 0).await), "one two three", "from the start, after the end");
}

async fn a_stopped_answer_keeps_its_text_and_ends_the_model(on: On) {
    let world = World::new(on, [say("So far"), Step::Wait, say(" and no further")]).await;
    let ada = world.founder().await;
    let asked = ada.asks("Go").await;
    let mut stream = world.core.chats().follow(&ada.who, asked.answer.id, 1).await.expect("a stream");
    stream.next().await.expect("the first words");
    assert_eq!(world.model.running(), 1);
    world.core.chats().stop(&ada.who, asked.answer.id).await.expect("stopped");
    let end = stream.next().await.expect("an end").1;
    assert_eq!(end, Frame::Done { done: true, status: MessageStatus::Interrupted });
    let stored = ada.reads(asked.answer.id).await;
    assert_eq!((stored.content.as_str(), stored.status), ("So far", MessageStatus::Interrupted));
    assert_eq!(world.model.running(), 0, "nothing is left open at the model");
    world.core.chats().stop(&ada.who, asked.answer.id).await.expect("stopping twice is fine");
}

async fn a_failing_model_ends_the_answer_with_its_reason(on: On) {
    let world = World::new(on, [say("Partly"), Step::Fail(Error::Upstream("The model broke off.".into()))]).await;
    let ada = world.founder().await;
    let asked = ada.asks("Go").await;
    let heard = ada.hears(asked.answer.id, 0).await;
    let fault = Frame::Error { error: "The model broke off.".into(), status_code: 502 };
    assert!(heard.iter().any(|(_, frame)| *frame == fault), "{heard:?}");
    let stored = ada.reads(asked.answer.id).await;
    assert_eq!((stored.content.as_str(), stored.status), ("Partly", MessageStatus::Failed));
    assert_eq!(stored.error.as_deref(), Some("The model broke off."));
}

async fn a_crash_leaves_nothing_streaming(on: On) {
    let mut world = World::new(on, [say("Half"), Step::Wait]).await;
    let (answer, who) = {
        let ada = world.founder().await;
        let asked = ada.asks("Go").await;
        let mut stream = world.core.chats().follow(&ada.who, asked.answer.id, 1).await.expect("a stream");
        stream.next().await.expect("the first words");
        (asked.answer.id, ada.who.clone())
    };
    world.restart().await;
    // another process could still be writing it; it is taken for dead after a few seconds
    let begun = Instant::now();
    let _: Vec<_> = world.core.chats().follow(&who, answer, 0).await.expect("a stream").collect().await;
    assert!(begun.elapsed() < Duration::from_secs(5), "it took {:?}", begun.elapsed());
    let found = world.core.chats().message(&who, answer).await.expect("it is there");
    assert_eq!((found.content.as_str(), found.status), ("Half", MessageStatus::Interrupted));
    assert!(found.error.is_some());
    let events: Vec<_> = world.core.chats().follow(&who, answer, 0).await.expect("a stream").collect().await;
    assert_eq!(text_of(&events), "Half");
    let rest: Vec<_> = world.core.chats().follow(&who, answer, found.seq).await.expect("a stream").collect().await;
    let end = Frame::Done { done: true, status: MessageStatus::Interrupted };
    assert_eq!(rest.last().expect("an end").1, end, "whoever has all the text learns that it ended");
    assert!(rest.iter().all(|(seq, _)| *seq > found.seq), "and takes it for news: {rest:?}");
}

async fn stopping_the_program_ends_every_answer(on: On) {
    let mut world = World::new(on, [say("Half"), Step::Wait]).await;
    let (answer, who) = {
        let ada = world.founder().await;
        let asked = ada.asks("Go").await;
        let mut stream = world.core.chats().follow(&ada.who, asked.answer.id, 1).await.expect("a stream");
        stream.next().await.expect("the first words");
        world.core.shut_down().await;
        let rest: Vec<_> = stream.collect().await;
        assert_eq!(rest.last().expect("an end").1, Frame::Done { done: true, status: MessageStatus::Interrupted });
        (asked.answer.id, ada.who.clone())
    };
    world.restart().await;
    let found = world.core.chats().message(&who, answer).await.expect("it is there");
    assert_eq!((found.content.as_str(), found.status), ("Half", MessageStatus::Interrupted));
}

async fn a_question_with_a_key_lands_once(on: On) {
    let world = World::new(on, [say("Yes.")]).await;
    let ada = world.founder().await;
    let sends = (0..4).map(|_| ada.tries(None, "Is it?", Some("key-1")));
    let landed = futures::future::join_all(sends).await;
    let ids: Vec<_> = landed.into_iter().map(|asked| asked.expect("taken").answer.id).collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    ada.hears(ids[0], 0).await;
    let other = ada.tries(None, "Is it not?", Some("key-1")).await;
    assert!(matches!(&other, Err(Error::Invalid { .. })), "another question is not answered with this one: {other:?}");
    assert_eq!(world.model.asked().len(), 1);
    assert_eq!(world.core.chats().list(&ada.who, Listing::default()).await.expect("a list").len(), 1);
}

async fn a_key_lands_once_in_a_conversation_too(on: On) {
    let world = World::new(on, [say("Yes."), Step::Wait]).await;
    let ada = world.founder().await;
    let first = ada.asks("Is it?").await;
    world.model.go_on();
    ada.hears(first.answer.id, 0).await;
    let sends = (0..4).map(|_| ada.tries(Some(first.conversation.id), "And now?", Some("key-1")));
    let landed = futures::future::join_all(sends).await;
    let ids: Vec<_> = landed.into_iter().map(|asked| asked.expect("taken").answer.id).collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    world.model.go_on();
    ada.hears(ids[0], 0).await;
    assert_eq!(world.model.asked().len(), 2);
}

async fn one_answer_at_a_time_in_a_conversation(on: On) {
    let world = World::new(on, [say("Slow"), Step::Wait]).await;
    let ada = world.founder().await;
    let asked = ada.asks("First").await;
    let second = ada.tries(Some(asked.conversation.id), "Second", None).await;
    assert!(matches!(second, Err(Error::Conflict(_))), "{second:?}");
    world.model.go_on();
    ada.hears(asked.answer.id, 0).await;
    world.model.go_on();
    let third = ada.goes_on(asked.conversation.id, "Third").await;
    ada.hears(third.answer.id, 0).await;
    let sent = world.model.asked();
    let said: Vec<&str> = sent[1].turns.iter().skip(1).map(|turn| turn.content.as_str()).collect();
    assert_eq!(said, ["First", "Slow", "Third"], "the history goes along");
}

async fn someone_elses_conversation_is_absent(on: On) {
    let world = World::new(on, [say("Private.")]).await;
    let (ada, eve) = (world.founder().await, world.reader("eve").await);
    let asked = ada.asks("My secret").await;
    ada.hears(asked.answer.id, 0).await;
    let (conversation, answer) = (asked.conversation.id, asked.answer.id);
    let chats = world.core.chats();
    assert!(matches!(chats.open(&eve.who, conversation).await, Err(Error::NotFound(_))));
    assert!(matches!(chats.message(&eve.who, answer).await, Err(Error::NotFound(_))));
    assert!(matches!(chats.follow(&eve.who, answer, 0).await, Err(Error::NotFound(_))));
    assert!(matches!(chats.stop(&eve.who, answer).await, Err(Error::NotFound(_))));
    assert!(matches!(chats.rename(&eve.who, conversation, "Mine").await, Err(Error::NotFound(_))));
    assert!(matches!(chats.delete(&eve.who, conversation).await, Err(Error::NotFound(_))));
    assert!(matches!(eve.tries(Some(conversation), "Hello", None).await, Err(Error::NotFound(_))));
    assert!(chats.list(&eve.who, Listing::default()).await.expect("a list").is_empty());
}

async fn a_deleted_conversation_is_gone_with_its_messages(on: On) {
    let world = World::new(on, [say("Slow"), Step::Wait]).await;
    let ada = world.founder().await;
    let asked = ada.tries(None, "First", Some("key")).await.expect("taken");
    world.core.chats().rename(&ada.who, asked.conversation.id, "  Bees ").await.expect("renamed");
    assert_eq!(world.core.chats().list(&ada.who, Listing::default()).await.expect("a list")[0].title, "Bees");
    world.core.chats().delete(&ada.who, asked.conversation.id).await.expect("deleted");
    assert!(matches!(world.core.chats().message(&ada.who, asked.answer.id).await, Err(Error::NotFound(_))));
    assert!(world.core.chats().list(&ada.who, Listing::default()).await.expect("a list").is_empty());
}

#[tokio::test]
async fn who_waits_for_the_model_knows_how_many_go_first() {
    let world = World::with_a_queue([say("Done."), Step::Wait]).await;
    let (ada, bob) = (world.founder().await, world.reader("bob").await);
    let first = ada.asks("One").await;
    let mut events = world.core.chats().follow(&ada.who, first.answer.id, 1).await.expect("a stream");
    events.next().await.expect("it has its turn");
    let others = [ada.asks("Two").await, ada.asks("Three").await];
    let mine = bob.asks("Mine").await;
    let mut events = world.core.chats().follow(&bob.who, mine.answer.id, 1).await.expect("a stream");
    let heard = events.next().await.expect("a place").1;
    assert_eq!(heard, Frame::Waiting { waiting: 1 }, "only one of Ada's goes first");
    // one who gives up makes room
    world.core.chats().stop(&ada.who, others[0].answer.id).await.expect("stopped");
    for _ in 0..3 {
        world.model.go_on();
    }
    let heard: Vec<_> = ada.hears(others[1].answer.id, 0).await;
    assert_eq!(text_of(&heard), "Done.");
    assert_eq!(text_of(&bob.hears(mine.answer.id, 0).await), "Done.");
    assert_eq!(world.model.asked().len(), 3, "the one that was stopped was never asked");
}

async fn who_follows_a_deleted_answer_is_let_go(on: On) {
    let world = World::new(on, [say("Half"), Step::Wait]).await;
    let ada = world.founder().await;
    let asked = ada.asks("Go").await;
    let mut events = world.core.chats().follow(&ada.who, asked.answer.id, 1).await.expect("a stream");
    events.next().await.expect("the first words");
    world.core.chats().delete(&ada.who, asked.conversation.id).await.expect("deleted");
    let rest: Vec<_> = events.collect().await;
    assert!(matches!(rest.last().expect("an end").1, Frame::Done { .. }), "{rest:?}");
}

async fn of_two_questions_at_once_one_is_asked(on: On) {
    let world = World::new(on, [say("Yes.")]).await;
    let ada = world.founder().await;
    let first = ada.asks("One").await;
    ada.hears(first.answer.id, 0).await;
    world.model.now_says([say("Slow"), Step::Wait]);
    let both =
        [ada.tries(Some(first.conversation.id), "Two", None), ada.tries(Some(first.conversation.id), "Three", None)];
    let asked = futures::future::join_all(both).await;
    assert_eq!(asked.iter().filter(|asked| asked.is_ok()).count(), 1, "{asked:?}");
    assert!(asked.iter().any(|asked| matches!(asked, Err(Error::Conflict(_)))), "{asked:?}");
}

async fn who_saw_an_answer_break_off_hears_all_of_its_continuation(on: On) {
    let mut world = World::new(on, [say("Half "), Step::Wait]).await;
    let (answer, who) = {
        let ada = world.founder().await;
        let asked = ada.asks("Go").await;
        let mut events = world.core.chats().follow(&ada.who, asked.answer.id, 1).await.expect("a stream");
        events.next().await.expect("the first words");
        (asked.answer.id, ada.who.clone())
    };
    world.restart().await;
    let chats = world.core.chats();
    let heard: Vec<_> = chats.follow(&who, answer, 0).await.expect("a stream").collect().await;
    let seen = heard.last().expect("an end").0;
    world.model.now_says([say("and "), say("half.")]);
    chats.resume(&who, answer).await.expect("gone on with");
    let rest: Vec<_> = chats.follow(&who, answer, seen).await.expect("a stream").collect().await;
    assert_eq!(shown("Half ", &rest), "Half and half.");
}

async fn bad_questions_are_refused(on: On) {
    let world = World::new(on, []).await;
    let ada = world.founder().await;
    for bad in [String::new(), "  \n ".to_owned(), "x".repeat(32_001)] {
        let refused = ada.tries(None, &bad, None).await;
        assert!(matches!(refused, Err(Error::Invalid { field: "content", .. })), "{refused:?}");
    }
    assert!(world.core.chats().list(&ada.who, Listing::default()).await.expect("a list").is_empty());
}
