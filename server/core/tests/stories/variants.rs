//! Questions and answers have versions; people see one line of them.

use crate::support::{On, Person, World, on_both_databases, say, text_of};
use folio_core::Error;
use folio_core::chats::Again;
use folio_core::testing::Step;
use folio_types::{ConversationId, Message, MessageStatus};

on_both_databases!(
    a_regenerated_answer_stands_beside_the_first_one,
    an_edited_question_begins_a_line_of_its_own,
    a_fork_leaves_the_original_as_it_is,
    a_fork_takes_its_cards_along,
    an_answer_that_broke_off_is_gone_on_with,
    what_is_complete_or_not_an_answer_cannot_be_continued,
    someone_elses_versions_are_absent,
    what_does_not_fit_is_put_in_short,
    nothing_that_a_model_says_breaks_the_store,
);

async fn line(person: &Person<'_>, id: ConversationId) -> Vec<Message> {
    person.world.core.chats().open(&person.who, id).await.expect("it is there").1
}

fn texts(line: &[Message]) -> Vec<&str> {
    line.iter().map(|message| message.content.as_str()).collect()
}

async fn a_regenerated_answer_stands_beside_the_first_one(on: On) {
    let world = World::new(on, [say("One.")]).await;
    let ada = world.founder().await;
    let first = ada.asks("Count").await;
    ada.hears(first.answer.id, 0).await;
    world.model.now_says([say("Two.")]);
    let chats = world.core.chats();
    let again = || chats.regenerate(&ada.who, first.answer.id, Again { key: Some("again".into()), ..Again::default() });
    let second = again().await.expect("begun");
    assert_eq!(second.answer.variants, [first.answer.id, second.answer.id]);
    ada.hears(second.answer.id, 0).await;
    assert_eq!(again().await.expect("the same one").answer.id, second.answer.id, "sent twice, begun once");

    let (conversation, answers) = (first.conversation.id, [first.answer.id, second.answer.id]);
    let shown = line(&ada, conversation).await;
    assert_eq!(texts(&shown), ["Count", "Two."]);
    assert_eq!(shown[1].variants, answers);
    let (_, shown) = chats.switch(&ada.who, first.answer.id).await.expect("switched");
    assert_eq!(texts(&shown), ["Count", "One."]);
    assert_eq!(shown[1].variants, answers);

    world.model.now_says([say("Three.")]);
    let next = ada.goes_on(conversation, "Go on").await;
    let other =
        chats.regenerate(&ada.who, next.answer.id, Again { key: Some("again".into()), ..Again::default() }).await;
    assert!(matches!(&other, Err(Error::Invalid { .. })), "another answer's key: {other:?}");
    ada.hears(next.answer.id, 0).await;
    let sent = world.model.asked().pop().expect("it was asked");
    let said: Vec<&str> = sent.turns.iter().skip(1).map(|turn| turn.content.as_str()).collect();
    assert_eq!(said, ["Count", "One.", "Go on"], "the model reads the line that is seen");
    chats.switch(&ada.who, second.answer.id).await.expect("switched");
    let (_, shown) = chats.switch(&ada.who, first.answer.id).await.expect("and back");
    assert_eq!(texts(&shown), ["Count", "One.", "Go on", "Three."], "with what came after it");
}

async fn an_edited_question_begins_a_line_of_its_own(on: On) {
    let world = World::new(on, [say("Yes.")]).await;
    let ada = world.founder().await;
    let first = ada.asks("Is it red?").await;
    ada.hears(first.answer.id, 0).await;
    let second = ada.goes_on(first.conversation.id, "Is it big?").await;
    ada.hears(second.answer.id, 0).await;
    let edited = ada.edits(&second.question, "Is it small?").await.expect("taken");
    ada.hears(edited.answer.id, 0).await;
    assert_eq!(edited.question.variants, [second.question.id, edited.question.id]);
    assert_eq!(texts(&line(&ada, first.conversation.id).await), ["Is it red?", "Yes.", "Is it small?", "Yes."]);
    let begun_anew = ada.edits(&first.question, "Is it blue?").await.expect("taken");
    ada.hears(begun_anew.answer.id, 0).await;
    assert_eq!(texts(&line(&ada, first.conversation.id).await), ["Is it blue?", "Yes."]);
    let refused = ada.edits(&first.answer, "I am not a question").await;
    assert!(matches!(refused, Err(Error::NotFound(_))), "{refused:?}");
}

async fn a_fork_leaves_the_original_as_it_is(on: On) {
    let world = World::new(on, [say("Yes.")]).await;
    let ada = world.founder().await;
    let first = ada.asks("One?").await;
    ada.hears(first.answer.id, 0).await;
    let second = ada.goes_on(first.conversation.id, "Two?").await;
    ada.hears(second.answer.id, 0).await;
    let fork = world.core.chats().fork(&ada.who, first.answer.id).await.expect("forked");
    assert_eq!((fork.title.as_str(), texts(&line(&ada, fork.id).await)), ("One?", vec!["One?", "Yes."]));
    let third = ada.goes_on(fork.id, "Three?").await;
    ada.hears(third.answer.id, 0).await;
    assert_eq!(texts(&line(&ada, fork.id).await), ["One?", "Yes.", "Three?", "Yes."]);
    assert_eq!(texts(&line(&ada, first.conversation.id).await), ["One?", "Yes.", "Two?", "Yes."]);
}

async fn a_fork_takes_its_cards_along(on: On) {
    let world = World::new(on, [say("Yes.")]).await;
    let ada = world.founder().await;
    let bees = ada.has("Bees").await;
    let here = ada.has("Insects").await;
    let asked = ada.says_in(here, "delete conversation \"Bees\"").await;
    let fork = world.core.chats().fork(&ada.who, asked.id).await.expect("forked");
    let waits = async || {
        let cards = world.core.operations().cards_of(&ada.who, fork.id).await.expect("its cards");
        assert_eq!(cards.len(), 1);
        assert_eq!(cards[0].0.card.preview, asked.reply.card.preview);
        cards[0].1.as_ref().map(|confirmation| confirmation.id)
    };
    assert_eq!(waits().await, asked.reply.confirmation);
    let history = world.core.operations().history(&ada.who, 1, 20).await.expect("a page");
    assert_eq!((history.total, history.items.len()), (2, 2), "nothing was said twice");
    ada.confirms(asked.reply.confirmation.expect("asked")).await.expect("done");
    assert_eq!(waits().await, None);
    assert!(!ada.sees(bees).await);
}

async fn an_answer_that_broke_off_is_gone_on_with(on: On) {
    let fault = Error::Upstream("The model broke off.".into());
    let world = World::new(on, [say("Half "), Step::Fail(fault)]).await;
    let ada = world.founder().await;
    let asked = ada.asks("Go").await;
    ada.hears(asked.answer.id, 0).await;
    let failed = ada.reads(asked.answer.id).await;
    assert_eq!((failed.status, failed.error_status), (MessageStatus::Failed, Some(502)));

    world.model.now_says([say("and half.")]);
    let resumed = world.core.chats().resume(&ada.who, asked.answer.id).await.expect("gone on with");
    assert_eq!((resumed.status, resumed.content.as_str()), (MessageStatus::Streaming, "Half "));
    assert_eq!(text_of(&ada.hears(asked.answer.id, resumed.seq).await), "and half.", "a reader gets the rest");
    let whole = ada.reads(asked.answer.id).await;
    assert_eq!((whole.status, whole.content.as_str(), whole.error), (MessageStatus::Complete, "Half and half.", None));
    assert_eq!(text_of(&ada.hears(asked.answer.id, 0).await), "Half and half.", "whoever comes late gets all");
    let sent = world.model.asked().pop().expect("it was asked");
    assert!(sent.turns.iter().any(|turn| turn.content == "Half "), "the model knows what is there: {sent:?}");
}

async fn what_is_complete_or_not_an_answer_cannot_be_continued(on: On) {
    let world = World::new(on, [say("All.")]).await;
    let ada = world.founder().await;
    let asked = ada.asks("Go").await;
    ada.hears(asked.answer.id, 0).await;
    let chats = world.core.chats();
    assert!(matches!(chats.resume(&ada.who, asked.answer.id).await, Err(Error::Conflict(_))));
    assert!(matches!(chats.resume(&ada.who, asked.question.id).await, Err(Error::Invalid { .. })));
}

async fn someone_elses_versions_are_absent(on: On) {
    let world = World::new(on, [say("Private.")]).await;
    let (ada, eve) = (world.founder().await, world.reader("eve").await);
    let asked = ada.asks("My secret").await;
    ada.hears(asked.answer.id, 0).await;
    let (chats, answer) = (world.core.chats(), asked.answer.id);
    assert!(matches!(chats.regenerate(&eve.who, answer, Again::default()).await, Err(Error::NotFound(_))));
    assert!(matches!(chats.resume(&eve.who, answer).await, Err(Error::NotFound(_))));
    assert!(matches!(chats.switch(&eve.who, answer).await, Err(Error::NotFound(_))));
    assert!(matches!(chats.fork(&eve.who, answer).await, Err(Error::NotFound(_))));
    let mut other = asked.question.clone();
    assert!(matches!(eve.edits(&other, "Mine").await, Err(Error::NotFound(_))));
    // a question of another conversation is no version of one here
    other.conversation_id = eve.asks("Hello").await.conversation.id;
    assert!(matches!(eve.edits(&other, "Mine").await, Err(Error::NotFound(_))));
}

async fn what_does_not_fit_is_put_in_short(on: On) {
    let world = World::with(on, [say("An answer of some length, so that the window fills up.")], |settings| {
        settings.max_tokens = 120;
    })
    .await;
    let ada = world.founder().await;
    let first = ada.asks("The first question, which names the ship Esperance.").await;
    ada.hears(first.answer.id, 0).await;
    let mut last = first.clone();
    for number in 2..=6 {
        last = ada.goes_on(first.conversation.id, &format!("Question number {number} is about something else.")).await;
        ada.hears(last.answer.id, 0).await;
        ada.settles().await;
    }
    let answer = ada.reads(last.answer.id).await;
    let shown = line(&ada, first.conversation.id).await;
    let from =
        shown.iter().position(|message| Some(message.id) == answer.window_from).expect("it says where it begins");
    assert!(from > 1, "older messages are left out");
    let sent = world.model.asked().into_iter().rev().find(|request| request.turns.len() > 2).expect("it was asked");
    assert!(sent.turns[1].content.starts_with("Summary of the earlier conversation:"), "{sent:?}");
    assert_eq!(sent.turns[2].content, shown[from].content);
    let summarized = world.model.asked().into_iter().find(|request| request.turns[0].content.starts_with("Summarize"));
    assert!(summarized.expect("it was summarized").turns[1].content.contains("Esperance"));
}

async fn nothing_that_a_model_says_breaks_the_store(on: On) {
    let world =
        World::new(on, [say("A\0B "), say("\u{feff}\u{200b}😀 '; DROP TABLE messages; -- \\u0000 {\"a\":1}")]).await;
    let ada = world.founder().await;
    let asked = ada.asks("Go\0on").await;
    assert_eq!(asked.question.content, "Goon");
    ada.hears(asked.answer.id, 0).await;
    let stored = ada.reads(asked.answer.id).await;
    assert_eq!(stored.status, MessageStatus::Complete);
    assert_eq!(stored.content, "AB \u{feff}\u{200b}😀 '; DROP TABLE messages; -- \\u0000 {\"a\":1}");
}
