//! A program that is killed, or told to end, in the middle of everything.

use folio_testbed::soak::Kills;
use folio_testbed::{Asking, Behaviour, Fault, Folio, Launch, Layout, Upstream, tokens};
use folio_types::MessageStatus;
use futures::future::join_all;
use std::time::Duration;
use tokio::time::timeout;

const KILLS: usize = 5;
const AT_ONCE: Duration = Duration::from_secs(1);
const EXIT: Duration = Duration::from_secs(10);

#[tokio::test]
async fn nothing_acknowledged_is_lost_on_sqlite() {
    kills(Layout::OneOnSqlite).await;
}

#[tokio::test]
async fn nothing_acknowledged_is_lost_on_postgres() {
    kills(Layout::OneOnPostgres).await;
}

#[tokio::test]
async fn nothing_acknowledged_is_lost_when_one_of_two_nodes_is_killed() {
    kills(Layout::TwoNodes).await;
}

async fn kills(layout: Layout) {
    let seed = rand::random();
    let mut soak = Kills::start(layout, seed).await;
    while soak.killed < KILLS {
        soak.round().await;
    }
    let found: Vec<String> = soak.found.lines().collect();
    assert!(soak.found.is_clean(), "seed {seed}: {found:#?}");
}

#[tokio::test]
async fn a_question_sent_twice_at_once_lands_once() {
    let upstream = Upstream::start().await;
    let folio = Folio::start(Launch::with(&upstream.url())).await;
    let ada = folio.ada().await;
    let first = ada.ask(&Asking::new("The first?")).await.expect("the question is taken");
    ada.follow(&first).await.expect("the answer is followed");
    for round in 0..10 {
        for asking in [
            Asking::new(format!("A new one, {round}?")),
            Asking::new(format!("And then, {round}?")).within(first.conversation.id),
        ] {
            let sent = join_all((0..4).map(|_| ada.ask(&asking))).await;
            let mut asked = sent.into_iter().map(|asked| asked.expect("the same answer as the first time"));
            let one = asked.next().expect("four of them");
            assert!(asked.all(|other| (other.question.id, other.answer.id) == (one.question.id, one.answer.id)));
            ada.follow(&one).await.expect("the answer is followed");
            assert_eq!(upstream.calls_for(&asking.content), 1);
        }
    }
}

#[tokio::test]
async fn told_to_end_it_ends_soon_and_every_answer_says_so() {
    let upstream = Upstream::start().await;
    upstream.usually(Behaviour::answers(3).then(Fault::Silence));
    // the model says nothing for longer than this takes
    let launch = Launch::with(&upstream.url()).set("UPSTREAM_IDLE_SECONDS", "60");
    let mut folio = Folio::start(launch).await;
    let ada = folio.ada().await;
    let askings: Vec<Asking> = (0..20).map(|number| Asking::new(format!("Question {number}?"))).collect();
    let asked = join_all(askings.iter().map(|asking| ada.ask(asking))).await;
    let asked: Vec<_> = asked.into_iter().map(|asked| asked.expect("the question is taken")).collect();
    let texts: Vec<String> = askings.iter().map(|asking| tokens::text(&asking.content, 3)).collect();
    join_all(asked.iter().zip(&texts).map(|(asked, text)| ada.read_some(asked, text.len()))).await;
    // readers are there until the end
    let readers = join_all(asked.iter().map(|asked| ada.read_some(asked, usize::MAX)));
    let (_, (status, took)) = tokio::join!(readers, folio.terminate());
    assert!(status.success() && took < EXIT, "{status} after {took:?}; {}", folio.last_words());
    folio.restart().await;
    for (asked, text) in asked.iter().zip(&texts) {
        let answer = ada.answer(asked).await.expect("the answer is stored");
        assert_eq!((answer.status, &answer.content), (MessageStatus::Interrupted, text));
        assert!(answer.error.is_some_and(|words| words.contains("Folio was stopped")), "it says why");
    }
}

#[tokio::test]
async fn a_reason_is_the_same_after_a_restart() {
    let upstream = Upstream::start().await;
    let mut folio = Folio::start(Launch::with(&upstream.url())).await;
    let ada = folio.ada().await;
    let first = ada.ask(&Asking::new("The first?")).await.expect("the question is taken");
    ada.follow(&first).await.expect("the answer is followed");
    upstream.refuse().await;
    let asked = ada.ask(&Asking::new("Anyone there?")).await.expect("the question is taken");
    let before = ada.follow(&asked).await.expect("the answer is followed");
    assert_eq!(before.error.as_ref().map(|(_, code)| *code), Some(503));
    folio.kill9().await;
    folio.restart().await;
    let after = ada.follow(&asked).await.expect("the answer is followed");
    assert_eq!((after.status, after.error), (before.status, before.error));
}

#[tokio::test]
async fn a_stop_closes_the_model_servers_connection() {
    let upstream = Upstream::start().await;
    let folio = Folio::start(Launch::with(&upstream.url())).await;
    let ada = folio.ada().await;
    let behaviours = [
        Behaviour::only(Fault::NoFirstByte),
        Behaviour::only(Fault::Silence),
        Behaviour::answers(3).then(Fault::Silence),
        Behaviour::only(Fault::Endless).at(50),
    ];
    for (before, behaviour) in behaviours.into_iter().enumerate() {
        upstream.next(behaviour.clone());
        let asked = ada.ask(&Asking::new("For long?")).await.expect("the question is taken");
        upstream.called(before + 1).await;
        let said = tokens::text("For long?", behaviour.tokens);
        ada.read_some(&asked, said.len()).await.expect("it begins");
        ada.stop(&asked).await.expect("it is stopped");
        timeout(AT_ONCE, upstream.left()).await.expect("the connection to the model server is closed");
        let answer = ada.ended(&asked, AT_ONCE).await.expect("the answer ends");
        assert_eq!(answer.status, MessageStatus::Interrupted);
        assert!(answer.content.starts_with(&said), "what was written stays");
    }
}
