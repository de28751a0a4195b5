//! The laws of the live log, told on each of its kinds.

use super::*;
use folio_testbed::Redis;
use folio_types::MessageStatus;
use futures::StreamExt;
use proptest::prelude::*;
use std::sync::Arc;
use uuid::Uuid;

fn token(text: &str) -> Frame {
    Frame::Token { token: text.into(), gpu: 0 }
}

fn done() -> Frame {
    Frame::Done { done: true, status: MessageStatus::Complete }
}

fn a_run() -> MessageId {
    MessageId(Uuid::now_v7())
}

/// Publishes events of one run.
async fn tell(log: &dyn LiveLog, run: MessageId, first: Seq, frames: &[Frame]) -> Result<(), NotPublished> {
    let publication = Publication { run, first, frames: frames.to_vec() };
    log.append(vec![publication]).await.pop().expect("one answer for each")
}

async fn rest(log: &dyn LiveLog, run: MessageId, after: Seq) -> Vec<(Seq, Frame)> {
    log.read(run, after).collect().await
}

/// A log of some kind, and what must live as long as it.
struct Kept {
    log: Arc<dyn LiveLog>,
    _server: Option<Redis>,
}

fn in_memory() -> Kept {
    Kept { log: Arc::new(MemoryLog::default()), _server: None }
}

async fn in_redis() -> Kept {
    let server = Redis::start().await;
    let log = RedisLog::connect(&server.url()).await.expect("Redis answers");
    Kept { log: Arc::new(log), _server: Some(server) }
}

macro_rules! on_both_logs {
    ($($law:ident),+ $(,)?) => {
        mod memory {
            $(#[tokio::test] async fn $law() { super::$law(&*super::in_memory().log).await; })+
        }
        mod redis {
            $(#[tokio::test] async fn $law() { super::$law(&*super::in_redis().await.log).await; })+
        }
    };
}

on_both_logs!(
    a_reader_gets_exactly_the_rest,
    a_taken_number_is_refused,
    a_reader_that_waits_is_woken_and_ends_with_the_run,
    a_closed_log_lets_its_readers_go,
    what_another_writer_has_opened_is_not_closed,
    a_log_that_is_not_here_says_nothing,
    an_answer_that_is_continued_has_a_log_from_there,
    a_reader_who_is_too_far_behind_is_let_go,
    many_runs_are_told_at_once,
);

/// Whenever a reader joins and after whatever it has seen, it gets exactly the rest.
async fn a_reader_gets_exactly_the_rest(log: &dyn LiveLog) {
    let frames: Vec<Frame> = (0..20).map(|n| token(&format!("{n} ü\n"))).chain([done()]).collect();
    for (joins_at, seen) in [(0, 0), (1, 0), (1, 1), (7, 3), (20, 20), (21, 0), (21, 20)] {
        let run = a_run();
        log.open(run, 0).await.expect("open");
        tell(log, run, 1, &frames[..joins_at]).await.expect("the first part");
        let reader = tokio::spawn(log.read(run, seen).collect::<Vec<_>>());
        for (at, frame) in frames.iter().enumerate().skip(joins_at) {
            tell(log, run, at as Seq + 1, std::slice::from_ref(frame)).await.expect("the next number");
        }
        let numbered = frames.iter().enumerate().map(|(at, frame)| (at as Seq + 1, frame.clone()));
        let expected: Vec<(Seq, Frame)> = numbered.filter(|(seq, _)| *seq > seen).collect();
        assert_eq!(reader.await.expect("it ends"), expected, "joined at {joins_at} after {seen}");
    }
}

async fn a_taken_number_is_refused(log: &dyn LiveLog) {
    let run = a_run();
    log.open(run, 0).await.expect("open");
    tell(log, run, 1, &[token("a"), token("b")]).await.expect("the first two");
    for first in [1, 2] {
        let refused = tell(log, run, first, &[token("x")]).await;
        assert!(matches!(refused, Err(NotPublished::Fenced { .. })), "{refused:?}");
    }
    tell(log, run, 3, &[done()]).await.expect("the third");
    assert_eq!(rest(log, run, 0).await, [(1, token("a")), (2, token("b")), (3, done())]);
}

async fn a_reader_that_waits_is_woken_and_ends_with_the_run(log: &dyn LiveLog) {
    let run = a_run();
    log.open(run, 0).await.expect("open");
    let mut reader = log.read(run, 0);
    tell(log, run, 1, &[token("a")]).await.expect("first");
    assert_eq!(reader.next().await, Some((1, token("a"))));
    let waiting = tokio::spawn(reader.collect::<Vec<_>>());
    tokio::task::yield_now().await;
    tell(log, run, 2, &[token("b"), done()]).await.expect("the end");
    assert_eq!(waiting.await.expect("the reader ends"), [(2, token("b")), (3, done())]);
}

async fn a_closed_log_lets_its_readers_go(log: &dyn LiveLog) {
    let run = a_run();
    log.open(run, 0).await.expect("open");
    tell(log, run, 1, &[token("a")]).await.expect("first");
    let mut reader = log.read(run, 0);
    assert_eq!(reader.next().await, Some((1, token("a"))));
    log.close(run, 1).await;
    assert_eq!(reader.next().await, None);
    assert!(rest(log, run, 0).await.is_empty(), "and it is gone");
}

async fn what_another_writer_has_opened_is_not_closed(log: &dyn LiveLog) {
    let run = a_run();
    log.open(run, 0).await.expect("open");
    tell(log, run, 1, &[token("a")]).await.expect("first");
    log.open(run, 9).await.expect("gone on with elsewhere");
    let reader = tokio::spawn(log.read(run, 9).collect::<Vec<_>>());
    log.close(run, 1).await;
    tell(log, run, 10, &[token("b"), done()]).await.expect("the rest");
    assert_eq!(reader.await.expect("it ends"), [(10, token("b")), (11, done())]);
}

async fn a_log_that_is_not_here_says_nothing(log: &dyn LiveLog) {
    assert!(rest(log, a_run(), 0).await.is_empty());
}

async fn an_answer_that_is_continued_has_a_log_from_there(log: &dyn LiveLog) {
    let run = a_run();
    log.open(run, 0).await.expect("open");
    tell(log, run, 1, &[token("a"), done()]).await.expect("broken off");
    log.open(run, 2).await.expect("open again");
    let reader = tokio::spawn(log.read(run, 2).collect::<Vec<_>>());
    tell(log, run, 3, &[token("b"), done()]).await.expect("the rest");
    assert_eq!(reader.await.expect("it ends"), [(3, token("b")), (4, done())]);
    assert!(rest(log, run, 0).await.is_empty(), "what was before is in the message");
}

async fn a_reader_who_is_too_far_behind_is_let_go(log: &dyn LiveLog) {
    let run = a_run();
    log.open(run, 0).await.expect("open");
    for batch in 0..5 {
        let frames = vec![token("x"); REACH];
        tell(log, run, batch * REACH as Seq + 1, &frames).await.expect("the next ones");
    }
    assert!(rest(log, run, 0).await.is_empty(), "the beginning is gone");
    let end = 5 * REACH as Seq;
    tell(log, run, end + 1, &[done()]).await.expect("the end");
    assert_eq!(rest(log, run, end - 10).await.len(), 11, "the newest ones are there");
}

async fn many_runs_are_told_at_once(log: &dyn LiveLog) {
    let runs: Vec<MessageId> = (0..50).map(|_| a_run()).collect();
    for run in &runs {
        log.open(*run, 0).await.expect("open");
    }
    let mut publications: Vec<Publication> =
        runs.iter().map(|run| Publication { run: *run, first: 1, frames: vec![token("a"), done()] }).collect();
    publications.push(Publication { run: runs[0], first: 1, frames: vec![token("again")] });
    let answers = log.append(publications).await;
    assert!(answers[..50].iter().all(Result::is_ok));
    assert!(matches!(answers[50], Err(NotPublished::Fenced { .. })), "one that is refused harms no other");
    for run in runs {
        assert_eq!(rest(log, run, 0).await, [(1, token("a")), (2, done())]);
    }
}

#[tokio::test]
async fn nothing_comes_after_the_end() {
    let (log, run) = (MemoryLog::default(), a_run());
    log.open(run, 0).await.expect("open");
    tell(&log, run, 1, &[done()]).await.expect("the end");
    assert!(tell(&log, run, 2, &[token("late")]).await.is_err());
}

#[tokio::test]
async fn an_ended_log_is_forgotten_after_a_while() {
    let (log, run) = (MemoryLog::keeping(Duration::from_millis(20)), a_run());
    log.open(run, 0).await.expect("open");
    tell(&log, run, 1, &[token("a"), done()]).await.expect("the end");
    assert!(log.has(run));
    while log.has(run) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn two_processes_see_one_log() {
    let server = Redis::start().await;
    let here = RedisLog::connect(&server.url()).await.expect("Redis answers");
    let there = RedisLog::connect(&server.url()).await.expect("Redis answers");
    let run = a_run();
    here.open(run, 0).await.expect("open");
    let reader = tokio::spawn(there.read(run, 0).collect::<Vec<_>>());
    tell(&here, run, 1, &[token("a")]).await.expect("first");
    tell(&here, run, 2, &[token("b"), done()]).await.expect("the end");
    assert_eq!(reader.await.expect("it ends"), [(1, token("a")), (2, token("b")), (3, done())]);
}

#[tokio::test]
async fn without_redis_readers_are_let_go_and_writers_told() {
    let server = Redis::start().await;
    let log = RedisLog::connect(&server.url()).await.expect("Redis answers");
    let run = a_run();
    log.open(run, 0).await.expect("open");
    drop(server);
    assert!(matches!(tell(&log, run, 1, &[token("a")]).await, Err(NotPublished::Unreachable(_))));
    assert!(rest(&log, run, 0).await.is_empty());
}

#[tokio::test]
async fn a_redis_that_comes_later_is_used_from_then_on() {
    let mut server = Redis::start().await;
    server.stop();
    let log = RedisLog::connect(&server.url()).await.expect("it waits for Redis");
    assert!(matches!(log.open(a_run(), 0).await, Err(NotPublished::Unreachable(_))));
    server.resume().await;
    let run = a_run();
    while log.open(run, 0).await.is_err() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    tell(&log, run, 1, &[done()]).await.expect("it answers");
    assert_eq!(rest(&log, run, 0).await, [(1, done())]);
}

#[tokio::test]
async fn what_is_no_redis_is_refused_at_once() {
    assert!(RedisLog::connect("http://127.0.0.1:1/").await.is_err());
}

proptest! {
    /// However the events are cut into publications and whatever a reader has seen, it gets the rest.
    #[test]
    fn publications_are_joined(sizes in prop::collection::vec(1_usize..6, 1..10), seen in 0_u64..60) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        runtime.block_on(async {
            let (log, run) = (MemoryLog::default(), a_run());
            log.open(run, 0).await.expect("open");
            let mut next = 1;
            for size in sizes {
                let frames: Vec<Frame> = (0..size as u64).map(|n| token(&(next + n).to_string())).collect();
                tell(&log, run, next, &frames).await.expect("the next ones");
                next += size as Seq;
            }
            tell(&log, run, next, &[done()]).await.expect("the end");
            let got: Vec<Seq> = rest(&log, run, seen).await.into_iter().map(|(seq, _)| seq).collect();
            assert_eq!(got, (seen + 1..=next).collect::<Vec<_>>());
        });
    }
}
