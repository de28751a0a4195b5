//! Two processes on one PostgreSQL, with and without a Redis between them.

use crate::support::{On, World, say, shown};
use folio_core::testing::Step;
use folio_testbed::Redis;
use folio_types::{Frame, MessageStatus};
use futures::StreamExt;
use std::time::{Duration, Instant};

macro_rules! with_and_without_redis {
    ($($story:ident),+ $(,)?) => {
        mod with_redis {
            $(#[tokio::test] async fn $story() {
                let redis = folio_testbed::Redis::start().await;
                super::$story(Some(&redis)).await;
            })+
        }
        mod without_redis {
            $(#[tokio::test] async fn $story() { super::$story(None).await; })+
        }
    };
}

with_and_without_redis!(
    an_answer_is_followed_from_another_process,
    an_answer_is_stopped_from_another_process,
    what_a_dead_process_wrote_is_ended_by_another,
);

async fn world(redis: Option<&Redis>, script: impl IntoIterator<Item = Step>) -> World {
    let url = redis.map(Redis::url);
    World::with(On::Postgres, script, |settings| settings.redis_url = url.map(Into::into)).await
}

async fn an_answer_is_followed_from_another_process(redis: Option<&Redis>) {
    let world = world(redis, [say("one "), Step::Wait, say("two "), say("three")]).await;
    let (here, there) = (world.founder().await, world.another_process().await);
    let asked = here.asks("Count").await;
    let mut events = there.core.chats().follow(&here.who, asked.answer.id, 0).await.expect("a stream");
    let mut heard = Vec::new();
    while !shown("", &heard).contains("one") {
        heard.push(events.next().await.expect("it goes on"));
    }
    world.model.go_on();
    heard.extend(events.collect::<Vec<_>>().await);
    let numbers: Vec<u64> = heard.iter().map(|(seq, _)| *seq).collect();
    assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "no event twice: {numbers:?}");
    assert_eq!(shown("", &heard), "one two three");
    assert_eq!(heard.last().expect("an end").1, Frame::Done { done: true, status: MessageStatus::Complete });
}

async fn an_answer_is_stopped_from_another_process(redis: Option<&Redis>) {
    let world = world(redis, [say("So far"), Step::Wait]).await;
    let (here, there) = (world.founder().await, world.another_process().await);
    let asked = here.asks("Go").await;
    let mut events = world.core.chats().follow(&here.who, asked.answer.id, 1).await.expect("a stream");
    events.next().await.expect("the first words");
    let begun = Instant::now();
    there.core.chats().stop(&here.who, asked.answer.id).await.expect("stopped");
    let end = events.next().await.expect("an end").1;
    assert_eq!(end, Frame::Done { done: true, status: MessageStatus::Interrupted });
    assert!(begun.elapsed() < Duration::from_secs(1), "it took {:?}", begun.elapsed());
    assert_eq!(world.model.running(), 0, "nothing is left open at the model");
}

async fn what_a_dead_process_wrote_is_ended_by_another(redis: Option<&Redis>) {
    let mut world = world(redis, [say("Half"), Step::Wait]).await;
    let there = world.another_process().await;
    let (who, answer, events) = {
        let here = world.founder().await;
        let asked = here.asks("Go").await;
        let mut events = there.core.chats().follow(&here.who, asked.answer.id, 0).await.expect("a stream");
        while shown("", &[events.next().await.expect("it goes on")]).is_empty() {}
        (here.who.clone(), asked.answer.id, events)
    };
    world.dies();
    let begun = Instant::now();
    let heard: Vec<_> = events.collect().await;
    assert!(begun.elapsed() < Duration::from_secs(5), "it took {:?}", begun.elapsed());
    assert_eq!(heard.last().expect("an end").1, Frame::Done { done: true, status: MessageStatus::Interrupted });
    let found = there.core.chats().message(&who, answer).await.expect("it is there");
    assert_eq!((found.content.as_str(), found.status), ("Half", MessageStatus::Interrupted));
}
