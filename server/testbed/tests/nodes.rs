//! Two nodes on one PostgreSQL and one Redis: whichever one is reached, it is the same Folio.

use folio_testbed::{
    Asking, Behaviour, Client, Fault, Folio, Launch, Layout, Postgres, Proxy, Reader, Redis, Refused, Site, Upstream,
    tokens,
};
use folio_types::MessageStatus;
use futures::future::join_all;
use reqwest::StatusCode;
use std::time::Duration;
use tokio::time::timeout;

const AT_ONCE: Duration = Duration::from_secs(1);
/// A node that was killed is missed after this at the latest.
const MISSED: Duration = Duration::from_secs(5);

/// Two nodes and what they share. Processes are first, as they end before what they need.
struct Cluster {
    one: Folio,
    other: Folio,
    upstream: Upstream,
    redis: Redis,
    _postgres: Option<Postgres>,
}

impl Cluster {
    async fn start() -> Self {
        Self::start_with(|launch| launch).await
    }

    async fn start_with(more: impl FnOnce(Launch) -> Launch) -> Self {
        let upstream = Upstream::start().await;
        let launch = more(Launch::with(&upstream.url()).set("UPSTREAM_IDLE_SECONDS", "60"));
        let Site { nodes, redis, postgres, .. } = Site::start(Layout::TwoNodes, launch).await;
        let [one, other] = nodes.try_into().unwrap_or_else(|_| panic!("it has two nodes"));
        Self { one, other, upstream, redis: redis.expect("they share it"), _postgres: postgres }
    }

    /// Ada as she is known to the first node, and with the same cookie at the second one.
    async fn ada(&self) -> (Client, Client) {
        let at_one = self.one.ada().await;
        let at_other = self.ada_at_other(&at_one);
        (at_one, at_other)
    }

    fn ada_at_other(&self, ada: &Client) -> Client {
        ada.at(&self.other.url())
    }
}

#[tokio::test]
async fn an_answer_of_one_node_is_followed_at_the_other_without_a_gap() {
    let cluster = Cluster::start().await;
    cluster.upstream.usually(Behaviour::answers(100).at(100));
    let (at_one, at_other) = cluster.ada().await;
    let asked = at_one.ask(&Asking::new("Who writes?")).await.expect("the question is taken");
    let (here, there) = tokio::join!(at_one.follow(&asked), at_other.follow(&asked));
    for followed in [here.expect("the answer is followed"), there.expect("the answer is followed")] {
        assert!(followed.is_seamless());
        assert_eq!((followed.status, followed.text), (MessageStatus::Complete, tokens::text("Who writes?", 100)));
        assert_eq!(followed.connections, 1, "it was followed live");
    }
}

#[tokio::test]
async fn tokens_reach_the_other_node_while_they_are_written() {
    let cluster = Cluster::start().await;
    cluster.upstream.usually(Behaviour::answers(3).then(Fault::Silence));
    let (at_one, at_other) = cluster.ada().await;
    let asked = at_one.ask(&Asking::new("Who waits?")).await.expect("the question is taken");
    let text = tokens::text("Who waits?", 3);
    let read = timeout(MISSED, at_other.read_some(&asked, text.len())).await.expect("they arrive");
    let read = read.expect("the answer is read");
    assert_eq!((read.text, read.status), (text, None));
    let following = tokio::spawn({
        let (reader, asked) = (at_other.clone(), asked.clone());
        async move { reader.follow(&asked).await }
    });
    let again = at_other.read_some(&asked, 1).await.expect("the answer is read");
    let stored = at_other.answer(&asked).await.expect("the answer is stored");
    assert_eq!((again.status, stored.status), (None, MessageStatus::Streaming));
    assert!(!following.is_finished(), "nobody was told an end before there was one");
    at_one.stop(&asked).await.expect("it is stopped");
    let followed = timeout(MISSED, following).await.expect("the reader is told").expect("it does not panic");
    assert_eq!(followed.expect("the answer is followed").status, MessageStatus::Interrupted);
}

#[tokio::test]
async fn behind_a_load_balancer_readers_and_writers_meet() {
    let cluster = Cluster::start().await;
    cluster.upstream.usually(Behaviour::answers(50).at(100));
    let proxy = Proxy::start(vec![cluster.one.address(), cluster.other.address()]).await;
    // each request is a new connection, so that it reaches the next node
    let ada = cluster.one.ada().await.at(&proxy.url()).restless().expect("a client");
    let askings: Vec<Asking> = (0..20).map(|number| Asking::new(format!("Question {number}?"))).collect();
    let stories = askings.iter().map(|asking| async {
        let asked = ada.insist(asking).await.expect("the question is taken");
        let again = ada.insist(asking).await.expect("the question is known");
        assert_eq!(asked.answer.id, again.answer.id, "sent twice, it lands once, whichever node it reaches");
        ada.follow(&asked).await.expect("the answer is followed")
    });
    for (asking, followed) in askings.iter().zip(join_all(stories).await) {
        assert_eq!(followed.text, tokens::text(&asking.content, 50));
        assert!(followed.is_seamless() && followed.connections == 1, "{followed:?}");
        assert_eq!(cluster.upstream.calls_for(&asking.content), 1);
    }
}

#[tokio::test]
async fn a_stop_at_the_other_node_closes_the_model_servers_connection() {
    let cluster = Cluster::start().await;
    cluster.upstream.usually(Behaviour::answers(3).then(Fault::Silence));
    let (at_one, at_other) = cluster.ada().await;
    let asked = at_one.ask(&Asking::new("How long?")).await.expect("the question is taken");
    let text = tokens::text("How long?", 3);
    at_one.read_some(&asked, text.len()).await.expect("it begins");
    at_other.stop(&asked).await.expect("it is stopped");
    timeout(AT_ONCE, cluster.upstream.left()).await.expect("the connection to the model server is closed");
    let answer = at_other.ended(&asked, AT_ONCE).await.expect("the answer ends");
    assert_eq!((answer.status, answer.content), (MessageStatus::Interrupted, text));
}

#[tokio::test]
async fn an_answer_whose_node_was_killed_is_interrupted_soon() {
    let mut cluster = Cluster::start().await;
    cluster.upstream.usually(Behaviour::only(Fault::Endless).at(50));
    let (at_one, at_other) = cluster.ada().await;
    let asked = at_one.ask(&Asking::new("Who ends it?")).await.expect("the question is taken");
    let elsewhere = at_other.ask(&Asking::new("Who goes on?")).await.expect("the question is taken");
    let before = at_other.read_some(&asked, 60).await.expect("it begins");
    let following = tokio::spawn({
        let (reader, asked) = (at_other.clone(), asked.clone());
        async move { reader.follow(&asked).await }
    });
    cluster.one.kill9().await;
    let followed = timeout(MISSED, following).await.expect("the reader is told").expect("it does not panic");
    let followed = followed.expect("the answer is followed");
    let answer = at_other.ended(&asked, MISSED).await.expect("the answer ends");
    assert_eq!((followed.status, answer.status), (MessageStatus::Interrupted, MessageStatus::Interrupted));
    assert!(answer.content.starts_with(&before.text) && answer.content == followed.text, "what was read is stored");
    let alive = at_other.answer(&elsewhere).await.expect("the answer is stored");
    assert_eq!(alive.status, MessageStatus::Streaming, "the other node's own answer goes on");
    at_other.stop(&elsewhere).await.expect("it is stopped");
}

#[tokio::test]
async fn a_node_that_starts_leaves_the_others_answers_alone() {
    let mut cluster = Cluster::start().await;
    cluster.upstream.usually(Behaviour::answers(100).at(50));
    let (at_one, _) = cluster.ada().await;
    let asked = at_one.ask(&Asking::new("Who starts?")).await.expect("the question is taken");
    at_one.read_some(&asked, 30).await.expect("it begins");
    cluster.other.kill9().await;
    cluster.other.restart().await;
    let followed = at_one.follow(&asked).await.expect("the answer is followed");
    assert_eq!((followed.status, followed.text), (MessageStatus::Complete, tokens::text("Who starts?", 100)));
}

#[tokio::test]
async fn who_is_signed_in_at_one_node_is_signed_in_at_the_other() {
    let cluster = Cluster::start().await;
    let (at_one, at_other) = cluster.ada().await;
    let asked = at_other.ask(&Asking::new("Who am I?")).await.expect("the question is taken");
    at_other.follow(&asked).await.expect("the answer is followed");
    let thread = at_one.thread(asked.conversation.id).await.expect("the conversation is hers");
    assert_eq!(thread.messages.len(), 2);
}

#[tokio::test]
async fn limits_hold_over_both_nodes_and_a_lost_redis_takes_nobodys_access() {
    let mut cluster = Cluster::start_with(|launch| launch.set("RATE_LIMIT_QUESTIONS", "2")).await;
    let (at_one, at_other) = cluster.ada().await;
    at_one.ask(&Asking::new("Who is first?")).await.expect("the first one");
    at_other.ask(&Asking::new("Who is second?")).await.expect("the second one");
    for ada in [&at_one, &at_other] {
        let refused = ada.ask(&Asking::new("Who is third?")).await;
        let Err(refused) = refused else { panic!("one too many; {}", cluster.one.last_words()) };
        assert!(matches!(refused, Refused::Answered(StatusCode::TOO_MANY_REQUESTS, _)), "{refused}");
    }
    cluster.redis.stop();
    at_one.ask(&Asking::new("Who counts now?")).await.expect("each node for itself");
}

#[tokio::test]
async fn a_redis_that_goes_in_the_middle_of_an_answer_costs_nobody_a_word() {
    let mut cluster = Cluster::start().await;
    cluster.upstream.usually(Behaviour::answers(200).at(100));
    let (at_one, at_other) = cluster.ada().await;
    for comes_back in [false, true] {
        let question = format!("Who needs Redis, and does it come back? {comes_back}");
        let asked = at_one.ask(&Asking::new(&question)).await.expect("the question is taken");
        let following = [at_one.clone(), at_other.clone()].map(|reader| {
            let asked = asked.clone();
            tokio::spawn(async move { reader.follow(&asked).await })
        });
        at_other.read_some(&asked, 100).await.expect("it begins");
        cluster.redis.stop();
        if comes_back {
            cluster.redis.resume().await;
        }
        for followed in join_all(following).await {
            let followed = followed.expect("no panic").expect("the answer is followed");
            assert_eq!((followed.status, followed.text), (MessageStatus::Complete, tokens::text(&question, 200)));
        }
        assert_eq!(cluster.upstream.calls_for(&question), 1);
        if !comes_back {
            cluster.redis.resume().await;
        }
    }
}

#[tokio::test]
async fn a_redis_that_stands_still_holds_up_no_answer() {
    let mut cluster = Cluster::start().await;
    cluster.upstream.usually(Behaviour::answers(100).at(100));
    let (at_one, _) = cluster.ada().await;
    cluster.redis.freeze();
    let asked = at_one.insist(&Asking::new("Who waits for Redis?")).await.expect("the question is taken");
    let followed = timeout(MISSED, at_one.follow(&asked)).await.expect("in time").expect("the answer is followed");
    assert_eq!(followed.text, tokens::text("Who waits for Redis?", 100));
    cluster.upstream.usually(Behaviour::answers(3).then(Fault::Silence));
    let asked = at_one.insist(&Asking::new("Who is stopped?")).await.expect("the question is taken");
    cluster.upstream.called(2).await;
    at_one.stop(&asked).await.expect("it is stopped");
    timeout(AT_ONCE, cluster.upstream.left()).await.expect("the connection to the model server is closed");
    let asked = at_one.insist(&Asking::new("Who is told that it ends?")).await.expect("the question is taken");
    let (status, took) = cluster.one.terminate().await;
    assert!(status.success() && took < Duration::from_secs(10), "{status} after {took:?}");
    cluster.redis.thaw();
    let answer = cluster.ada_at_other(&at_one).ended(&asked, MISSED).await.expect("the answer ends");
    assert_eq!(answer.status, MessageStatus::Interrupted);
}

#[tokio::test]
async fn nodes_that_start_without_redis_serve_and_use_it_when_it_comes() {
    let mut cluster = Cluster::start().await;
    cluster.redis.stop();
    for node in [&mut cluster.one, &mut cluster.other] {
        node.kill9().await;
        node.restart().await;
    }
    cluster.upstream.usually(Behaviour::answers(50).at(100));
    let (at_one, at_other) = cluster.ada().await;
    let asked = at_one.ask(&Asking::new("Who starts alone?")).await.expect("the question is taken");
    let (here, there) = tokio::join!(at_one.follow(&asked), at_other.follow(&asked));
    for followed in [here.expect("the answer is followed"), there.expect("the answer is followed")] {
        assert_eq!((followed.status, followed.text), (MessageStatus::Complete, tokens::text("Who starts alone?", 50)));
    }
    cluster.redis.resume().await;
    let live = async { while events_heard(&at_one, &at_other).await < 50 {} };
    timeout(MISSED, live).await.expect("each token is told at the other node while it is written");
}

/// How many events of an answer that `writes` asks for come to `reads`: without a live log, few with much text.
async fn events_heard(writes: &Client, reads: &Client) -> usize {
    let asked = writes.ask(&Asking::new("Who is there now?")).await.expect("the question is taken");
    let mut events = 0;
    let followed = reads.follow_on(&asked, &mut Reader::default(), |_| events += 1).await;
    assert_eq!(followed.expect("the answer is followed").status, MessageStatus::Complete);
    events
}
