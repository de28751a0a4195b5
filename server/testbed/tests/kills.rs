//! A program that is killed, or told to end, in the middle of everything.

use folio_testbed::soak::Kills;
use folio_testbed::{
    Asking, Behaviour, Client, Fault, Followed, Launch, Layout, Reader, Site, Upstream, on_every_layout, tokens,
};
use folio_types::{Asked, MessageStatus};
use futures::future::join_all;
use std::mem;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::timeout;

const KILLS: usize = 5;
const AT_ONCE: Duration = Duration::from_secs(1);
const EXIT: Duration = Duration::from_secs(10);
/// Tokens of an answer that lasts longer than a process takes to end.
const LONG: usize = 300;

on_every_layout!(
    nothing_acknowledged_is_lost_by_kills,
    a_question_sent_twice_at_once_lands_once,
    told_to_end_it_ends_soon_and_every_answer_says_so,
    a_reason_is_the_same_after_a_restart,
    a_stop_closes_the_model_servers_connection,
);

async fn nothing_acknowledged_is_lost_by_kills(layout: Layout) {
    let seed = rand::random();
    let mut soak = Kills::start(layout, seed).await;
    while soak.killed < KILLS {
        soak.round().await;
    }
    let found: Vec<String> = soak.found.lines().collect();
    assert!(soak.found.is_clean(), "seed {seed}: {found:#?}");
}

async fn a_question_sent_twice_at_once_lands_once(layout: Layout) {
    let upstream = Upstream::start().await;
    let site = Site::start(layout, Launch::with(&upstream.url())).await;
    let ada = site.ada().await.expect("she reaches it");
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

/// Where there is another process, readers there are told too, and its own answers go on for whoever is behind the front.
async fn told_to_end_it_ends_soon_and_every_answer_says_so(layout: Layout) {
    let upstream = Upstream::start().await;
    // the model says nothing for longer than this takes
    let launch = Launch::with(&upstream.url()).set("UPSTREAM_IDLE_SECONDS", "60");
    let mut site = Site::start(layout, launch).await;
    let (ada, behind) = (site.nodes[0].ada().await, site.ada().await.expect("she reaches it"));
    let everywhere = site.at_each_node(&ada);
    upstream.usually(Behaviour::answers(LONG).at(50));
    let elsewhere = ask(&everywhere[1..], "Elsewhere?").await;
    upstream.called(elsewhere.len()).await;
    upstream.usually(Behaviour::answers(3).then(Fault::Silence));
    let asked = ask(&vec![ada.clone(); 20], "Here?").await;
    let said = tokens::text("Here?", 3);
    join_all(asked.iter().map(|asked| ada.read_some(asked, said.len()))).await;
    let audience = Audience::default();
    let readers = join_all(everywhere.iter().flat_map(|ada| asked.iter().map(|asked| audience.follow(ada, asked))));
    let strangers =
        join_all(elsewhere.iter().cycle().take(elsewhere.len() * 2).map(|asked| audience.follow(&behind, asked)));
    let everyone = (asked.len() + elsewhere.len()) * everywhere.len();
    let end = async {
        audience.has(everyone).await;
        site.nodes[0].terminate().await
    };
    let (readers, strangers, (status, took)) = tokio::join!(readers, strangers, end);
    assert!(status.success() && took < EXIT, "{status} after {took:?}; {}", site.nodes[0].last_words());
    for told in readers {
        assert_eq!((told.status, &told.text), (MessageStatus::Interrupted, &said));
        assert!(told.error.is_some_and(|(words, _)| words.contains("Folio was stopped")), "it says why");
    }
    for told in strangers {
        assert!(told.is_seamless());
        assert_eq!((told.status, told.text), (MessageStatus::Complete, tokens::text("Elsewhere?", LONG)));
    }
    site.nodes[0].restart().await;
    for asked in &asked {
        let answer = ada.answer(asked).await.expect("the answer is stored");
        assert_eq!((answer.status, &answer.content), (MessageStatus::Interrupted, &said));
        assert!(answer.error.is_some_and(|words| words.contains("Folio was stopped")), "it says why");
    }
}

/// Readers, and how many of them have heard something.
#[derive(Default)]
struct Audience(watch::Sender<usize>);

impl Audience {
    async fn follow(&self, ada: &Client, asked: &Asked) -> Followed {
        let (mut reader, mut is_new) = (Reader::default(), true);
        let heard = |_: &Reader| self.0.send_modify(|readers| *readers += usize::from(mem::take(&mut is_new)));
        ada.follow_on(asked, &mut reader, heard).await.expect("the answer is followed")
    }

    async fn has(&self, readers: usize) {
        // the sender is ours and alive, so this cannot fail
        let _ = self.0.subscribe().wait_for(|there| *there >= readers).await;
    }
}

/// Each asks the same in a conversation of their own.
async fn ask(people: &[Client], question: &str) -> Vec<Asked> {
    let askings: Vec<Asking> = people.iter().map(|_| Asking::new(question)).collect();
    let asked = join_all(people.iter().zip(&askings).map(|(ada, asking)| ada.ask(asking))).await;
    asked.into_iter().map(|asked| asked.expect("the question is taken")).collect()
}

async fn a_reason_is_the_same_after_a_restart(layout: Layout) {
    let upstream = Upstream::start().await;
    let mut site = Site::start(layout, Launch::with(&upstream.url())).await;
    let ada = site.nodes[0].ada().await;
    let first = ada.ask(&Asking::new("The first?")).await.expect("the question is taken");
    ada.follow(&first).await.expect("the answer is followed");
    upstream.refuse().await;
    let asked = ada.ask(&Asking::new("Anyone there?")).await.expect("the question is taken");
    let before = ada.follow(&asked).await.expect("the answer is followed");
    assert_eq!(before.error.as_ref().map(|(_, code)| *code), Some(503));
    site.kill9(0).await;
    for ada in site.at_each_node(&ada) {
        let after = ada.follow(&asked).await.expect("the answer is followed");
        assert_eq!((after.status, &after.error), (before.status, &before.error));
    }
}

/// Whichever process is told, and whichever one writes.
async fn a_stop_closes_the_model_servers_connection(layout: Layout) {
    let upstream = Upstream::start().await;
    let site = Site::start(layout, Launch::with(&upstream.url())).await;
    let ada = site.nodes[0].ada().await;
    let behaviours = [
        Behaviour::only(Fault::NoFirstByte),
        Behaviour::only(Fault::Silence),
        Behaviour::only(Fault::OnlyComments),
        Behaviour::answers(3).then(Fault::Silence),
        Behaviour::only(Fault::Endless).at(50),
    ];
    let everywhere = site.at_each_node(&ada);
    for (behaviour, stops) in behaviours.iter().flat_map(|behaviour| everywhere.iter().map(move |at| (behaviour, at))) {
        let before = upstream.calls().len();
        upstream.next(behaviour.clone());
        let asked = ada.ask(&Asking::new("For long?")).await.expect("the question is taken");
        upstream.called(before + 1).await;
        let said = tokens::text("For long?", behaviour.tokens);
        ada.read_some(&asked, said.len()).await.expect("it begins");
        stops.stop(&asked).await.expect("it is stopped");
        timeout(AT_ONCE, upstream.left()).await.expect("the connection to the model server is closed");
        let answer = stops.ended(&asked, AT_ONCE).await.expect("the answer ends");
        assert_eq!(answer.status, MessageStatus::Interrupted);
        assert!(answer.content.starts_with(&said), "what was written stays");
    }
}
