//! Topics by command: made, filled, emptied, taken back.

use crate::support::{On, Person, World, on_both_databases};
use folio_core::audit::Outcome;
use folio_core::operations::{ReplyState, Turn};
use folio_core::topics::NewTopic;
use folio_types::{BookId, TopicId};
use futures::future::join_all;

on_both_databases!(
    a_topic_is_made_filled_and_deleted,
    moving_takes_a_book_out_of_its_other_topics,
    many_at_once_lose_no_book,
    only_those_who_may_change_a_topic_do,
);

async fn a_topic_is_made_filled_and_deleted(on: On) {
    let world = World::new(on, []).await;
    let ada = world.founder().await;
    let book = ada.shelves("The Lighthouse").await;
    let made = ada.does("create topic \"Bees\"").await;
    ada.does("create a topic called \"Sea\"").await;
    assert_eq!(ada.does("list topics").await.reply.card.rows, ["Bees (0 books)", "Sea (0 books)"]);
    let added = ada.does("add book \"The Lighthouse\" to topic \"Bees\"").await;
    ada.does("put book \"The Lighthouse\" in topic \"Sea\"").await;
    assert_eq!(ada.topics_of(book).await, ["bees", "sea"], "adding takes it out of no other");
    let again = ada.does("add book \"The Lighthouse\" to topic \"Bees\"").await;
    assert!(again.reply.text.contains("already") && again.reply.card.undo.is_none(), "{}", again.reply.text);
    ada.does(&added.reply.card.undo.expect("undo")).await;
    assert_eq!(ada.topics_of(book).await, ["sea"]);
    let taken = ada.does("remove book \"The Lighthouse\" from topic \"Sea\"").await;
    assert!(ada.topics_of(book).await.is_empty());
    let twice = ada.does("remove book \"The Lighthouse\" from topic \"Sea\"").await;
    assert!(twice.reply.text.contains("not in that topic"), "{}", twice.reply.text);
    ada.does(&taken.reply.card.undo.expect("undo")).await;
    assert_eq!(ada.topics_of(book).await, ["sea"]);
    let asked = ada.says(&made.reply.card.undo.expect("undo")).await;
    assert_eq!(asked.reply.state, ReplyState::NeedsConfirmation, "{}", asked.reply.text);
    let done = ada.confirms(asked.reply.confirmation.expect("asked")).await.expect("an answer");
    assert_eq!(done.reply.state, ReplyState::Success, "{}", done.reply.text);
    assert_eq!(ada.does("list topics").await.reply.card.rows, ["Sea (1 books)"]);
    let outcomes = (ada.recorded("topics.create").await, ada.recorded("topics.delete").await);
    assert_eq!(outcomes, (vec![Outcome::Ran; 2], vec![Outcome::Ran]));
}

async fn moving_takes_a_book_out_of_its_other_topics(on: On) {
    let world = World::new(on, []).await;
    let ada = world.founder().await;
    let book = ada.shelves("The Lighthouse").await;
    for topic in ["Bees", "Sea", "Towers"] {
        ada.does(&format!("create topic \"{topic}\"")).await;
    }
    let from_none = ada.does("move book \"The Lighthouse\" to topic \"Bees\"").await;
    assert_eq!(ada.topics_of(book).await, ["bees"]);
    ada.does(&from_none.reply.card.undo.expect("undo")).await;
    assert!(ada.topics_of(book).await.is_empty(), "it was in none");
    ada.does("move book \"The Lighthouse\" to topic \"Bees\"").await;
    let from_one = ada.does("move the document \"The Lighthouse\" into the collection \"Sea\"").await;
    assert_eq!(ada.topics_of(book).await, ["sea"]);
    ada.does(&from_one.reply.card.undo.expect("undo")).await;
    assert_eq!(ada.topics_of(book).await, ["bees"]);
    ada.does("add book \"The Lighthouse\" to topic \"Sea\"").await;
    let from_two = ada.does("move book \"The Lighthouse\" to topic \"Towers\"").await;
    assert_eq!(ada.topics_of(book).await, ["towers"]);
    ada.does(&from_two.reply.card.undo.expect("undo")).await;
    assert_eq!(ada.topics_of(book).await, ["bees", "sea"], "the old ones are back");
    ada.does("move book \"The Lighthouse\" to the topics \"Sea\" and \"Towers\"").await;
    assert_eq!(ada.topics_of(book).await, ["sea", "towers"]);
    let there = ada.does("move book \"The Lighthouse\" to topics \"Towers\", \"Sea\"").await;
    assert!(there.reply.text.contains("already") && there.reply.card.undo.is_none(), "{}", there.reply.text);
}

async fn many_at_once_lose_no_book(on: On) {
    let world = World::new(on, []).await;
    let ada = world.founder().await;
    let book = ada.shelves("The Lighthouse").await;
    let names: Vec<String> = (0..8).map(|n| format!("Topic {n}")).collect();
    for name in &names {
        ada.does(&format!("create topic \"{name}\"")).await;
    }
    let commands: Vec<String> =
        names.iter().map(|name| format!("add book \"The Lighthouse\" to topic \"{name}\"")).collect();
    join_all(commands.iter().map(|command| ada.does(command))).await;
    assert_eq!(ada.topics_of(book).await.len(), 8);
}

async fn only_those_who_may_change_a_topic_do(on: On) {
    let world = World::new(on, []).await;
    let (ada, eve) = (world.founder().await, world.reader("eve").await);
    let new = NewTopic { title: "Sea".into(), shared: true, ..NewTopic::default() };
    world.core.topics().create(&ada.who, new).await.expect("a topic");
    let book = eve.shelves("Hers").await;
    for command in ["add book \"Hers\" to topic \"Sea\"", "move book \"Hers\" to topic \"Sea\""] {
        let turn = eve.says(command).await;
        assert_eq!(turn.reply.state, ReplyState::Denied, "{command}: {}", turn.reply.text);
    }
    assert!(eve.topics_of(book).await.is_empty());
    let absent = ada.says("add book \"Hers\" to topic \"Sea\"").await;
    assert_eq!(absent.reply.state, ReplyState::NeedsClarification, "her book is hers: {}", absent.reply.text);
}

impl Person<'_> {
    /// Says something that is done at once.
    async fn does(&self, command: &str) -> Turn {
        let turn = self.says(command).await;
        assert_eq!(turn.reply.state, ReplyState::Success, "{command}: {}", turn.reply.text);
        turn
    }

    async fn topics_of(&self, book: BookId) -> Vec<String> {
        let mut found = self.world.core.topics().by_book(&self.who).await.expect("a list");
        let mut topics: Vec<String> =
            found.remove(&book).unwrap_or_default().iter().map(TopicId::as_str).map(str::to_owned).collect();
        topics.sort();
        topics
    }
}
