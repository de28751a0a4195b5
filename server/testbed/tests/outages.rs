//! A database that goes away and comes back.

use folio_testbed::{Asking, Behaviour, Database, Fault, Folio, Launch, Postgres, Refused, Upstream, tokens};
use folio_types::MessageStatus;
use std::time::Duration;
use tokio::time::timeout;

/// After the database is back, everything is as it should be within this time.
const SETTLED: Duration = Duration::from_secs(10);

struct Story {
    folio: Folio,
    upstream: Upstream,
    postgres: Postgres,
}

impl Story {
    async fn begins() -> Self {
        let (postgres, upstream) = (Postgres::start(), Upstream::start().await);
        let launch = Launch::with(&upstream.url()).on(Database::Postgres(postgres.url()));
        let folio = Folio::start(launch.set("UPSTREAM_IDLE_SECONDS", "60")).await;
        Self { folio, upstream, postgres }
    }
}

#[tokio::test]
async fn without_its_database_it_says_so_and_goes_on_with_it_later() {
    let story = Story::begins().await;
    let ada = story.folio.ada().await;
    let asking = Asking::new("Is it there?");
    story.postgres.stop();
    let refused = ada.ask(&asking).await.expect_err("nothing can be stored");
    assert!(matches!(&refused, Refused::Answered(status, _) if status.as_u16() == 503), "{refused}");
    story.postgres.resume();
    let asked = timeout(SETTLED, ada.insist(&asking)).await.expect("soon").expect("the question is taken");
    let followed = ada.follow(&asked).await.expect("the answer is followed");
    assert_eq!((followed.status, followed.text), (MessageStatus::Complete, tokens::text("Is it there?", 20)));
}

#[tokio::test]
async fn an_answer_outlives_the_outage_or_ends_but_never_stays_unfinished() {
    let story = Story::begins().await;
    story.upstream.next(Behaviour::only(Fault::Endless).at(50));
    let ada = story.folio.ada().await;
    let asked = ada.ask(&Asking::new("For long?")).await.expect("the question is taken");
    let before = ada.read_some(&asked, 60).await.expect("it begins");
    story.postgres.stop();
    ada.ask(&Asking::new("Is it there?")).await.expect_err("nothing can be stored");
    story.postgres.resume();
    timeout(SETTLED, ada.insist(&Asking::new("Is it back?"))).await.expect("soon").expect("the question is taken");
    // one that went on ends now, and one that has ended already is not changed
    ada.stop(&asked).await.expect("it is stopped");
    let answer = ada.ended(&asked, SETTLED).await.expect("the answer ends");
    assert!(answer.status == MessageStatus::Interrupted || answer.status == MessageStatus::Failed, "{answer:?}");
    assert!(answer.content.starts_with(&before.text), "what was read is stored");
    let followed = ada.follow(&asked).await.expect("the answer is followed");
    assert_eq!(followed.text, answer.content, "what is read later is what is stored");
    timeout(SETTLED, story.upstream.left()).await.expect("nobody writes any more");
    let next = Asking::new("And now?").within(asked.conversation.id);
    let asked = ada.ask(&next).await.expect("the conversation goes on");
    assert_eq!(ada.follow(&asked).await.expect("the answer is followed").status, MessageStatus::Complete);
}
