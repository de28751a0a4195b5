//! The laws of the live log.

use super::*;
use folio_types::MessageStatus;
use futures::StreamExt;
use proptest::prelude::*;
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

proptest! {
    /// Whenever a reader joins and after whatever it has seen, it gets exactly the rest.
    #[test]
    fn a_reader_gets_exactly_the_rest(texts in prop::collection::vec(".{0,8}", 0..40), joins_at in 0_usize..41, seen in 0_u64..42) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        runtime.block_on(async {
            let (log, run) = (LiveLog::default(), a_run());
            let frames: Vec<Frame> = texts.iter().map(|text| token(text)).chain([done()]).collect();
            let joins_at = joins_at.clamp(1, frames.len());
            let seen = seen.min(joins_at as Seq);
            for (at, frame) in frames[..joins_at].iter().enumerate() {
                log.append(run, at as Seq + 1, frame.clone()).expect("the next number");
            }
            let reader = log.read(run, seen).expect("a log");
            for (at, frame) in frames.iter().enumerate().skip(joins_at) {
                log.append(run, at as Seq + 1, frame.clone()).expect("the next number");
            }
            let got: Vec<(Seq, Frame)> = reader.collect().await;
            let rest: Vec<(Seq, Frame)> =
                frames.into_iter().enumerate().map(|(at, frame)| (at as Seq + 1, frame)).skip(usize::try_from(seen).expect("small")).collect();
            assert_eq!(got, rest);
        });
    }
}

#[tokio::test]
async fn a_second_writer_is_fenced_out() {
    let (log, run) = (LiveLog::default(), a_run());
    log.append(run, 1, token("a")).expect("first");
    assert_eq!(log.append(run, 1, token("b")), Err(Fenced { taken: 1 }));
    assert_eq!(log.append(run, 3, token("c")), Err(Fenced { taken: 3 }));
    log.append(run, 2, done()).expect("second");
    assert_eq!(log.append(run, 3, token("late")), Err(Fenced { taken: 3 }));
}

#[tokio::test]
async fn a_reader_that_waits_is_woken_and_ends_with_the_run() {
    let (log, run) = (LiveLog::default(), a_run());
    log.append(run, 1, token("a")).expect("first");
    let reader = tokio::spawn(log.read(run, 1).expect("a log").collect::<Vec<_>>());
    tokio::task::yield_now().await;
    log.append(run, 2, token("b")).expect("second");
    log.append(run, 3, done()).expect("third");
    assert_eq!(reader.await.expect("the reader ends"), vec![(2, token("b")), (3, done())]);
}

#[tokio::test]
async fn an_ended_log_is_forgotten_after_a_while() {
    let (log, run) = (LiveLog { kept: Duration::from_millis(20), ..LiveLog::default() }, a_run());
    log.append(run, 1, token("a")).expect("first");
    log.append(run, 2, done()).expect("second");
    assert!(log.has(run));
    while log.has(run) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_closed_log_lets_its_readers_go() {
    let (log, run) = (LiveLog::default(), a_run());
    log.append(run, 1, token("a")).expect("first");
    let reader = tokio::spawn(log.read(run, 0).expect("a log").collect::<Vec<_>>());
    tokio::task::yield_now().await;
    log.close(run);
    assert_eq!(reader.await.expect("the reader ends"), vec![(1, token("a"))]);
    assert!(!log.has(run));
}
