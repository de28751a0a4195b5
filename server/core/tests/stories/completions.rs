//! Answers that nobody keeps.

use crate::support::{On, World, on_both_databases, say};
use folio_core::completions::{Event, Finish, Wish};
use folio_core::llm::Turn;
use folio_core::testing::Step;
use folio_core::{Error, Sampling};
use folio_types::Speaker;
use futures::StreamExt;

on_both_databases!(an_answer_is_told_and_ends, stopping_the_program_ends_it_with_a_word);

fn wish(question: &str) -> Wish {
    let turns = vec![Turn::new(Speaker::User, question)];
    Wish { model: "scripted".into(), turns, ..Wish::default() }
}

async fn an_answer_is_told_and_ends(on: On) {
    let world = World::new(on, [say("Bees "), say("dance\0."), Step::Cut(String::new())]).await;
    let ada = world.founder().await;
    let wish = Wish { sampling: Sampling { max_tokens: Some(2), ..Sampling::default() }, ..wish("What do bees do?") };
    let told = world.core.completions().begin(&ada.who, wish).await.expect("it begins");
    let told: Vec<Event> = told.map(|event| event.expect("no fault")).collect().await;
    assert_eq!(told[..2], [Event::Text("Bees ".into()), Event::Text("dance.".into())]);
    let Event::Done(outcome) = &told[2] else { panic!("{told:?}") };
    assert_eq!((&outcome.finish, outcome.citations.len()), (&Finish::Cut, 0));
    assert_eq!(world.model.asked()[0].max_tokens, 2);
}

async fn stopping_the_program_ends_it_with_a_word(on: On) {
    let mut world = World::new(on, [say("So far"), Step::Wait]).await;
    let who = world.founder().await.who;
    let mut told = world.core.completions().begin(&who, wish("Go on")).await.expect("it begins");
    assert_eq!(told.next().await.expect("a word").expect("no fault"), Event::Text("So far".into()));
    world.stops().await;
    let fault = told.next().await.expect("an end").expect_err("it was stopped");
    assert!(matches!(fault, Error::Unavailable(_)), "{fault}");
    assert!(told.next().await.is_none());
}

#[tokio::test]
async fn they_wait_for_their_turn_and_give_it_back() {
    let world = World::with_a_queue([say("One "), Step::Wait, say("two.")]).await;
    let (ada, eve) = (world.founder().await, world.reader("eve").await);
    let completions = world.core.completions();
    let mut first = completions.begin(&ada.who, wish("Count")).await.expect("it begins");
    assert_eq!(first.next().await.expect("a word").expect("no fault"), Event::Text("One ".into()));
    let mut second = completions.begin(&eve.who, wish("Count")).await.expect("it begins");
    assert_eq!(second.next().await.expect("news").expect("no fault"), Event::Waiting(0));
    drop(first);
    assert_eq!(
        second.next().await.expect("a word").expect("no fault"),
        Event::Text("One ".into()),
        "who goes makes room"
    );
    drop(second);
    while world.model.running() > 0 {
        tokio::task::yield_now().await;
    }
}
