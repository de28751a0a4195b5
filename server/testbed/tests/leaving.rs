//! Who asks and leaves at once, at any moment: the answer is written all the same, and once.

use folio_testbed::{Asking, Behaviour, Database, Folio, Launch, Postgres, Upstream, tokens};
use folio_types::MessageStatus;
use std::time::Duration;
use tokio::time::timeout;

/// So many leave, each a little later than the one before.
const LEAVING: u32 = 16;
const LATER: Duration = Duration::from_micros(700);
const LONG: usize = 20;

#[tokio::test]
async fn who_leaves_while_asking_is_answered_on_sqlite() {
    ask_and_leave(Database::Sqlite).await;
}

#[tokio::test]
async fn who_leaves_while_asking_is_answered_on_postgresql() {
    let postgres = Postgres::start();
    ask_and_leave(Database::Postgres(postgres.url())).await;
}

async fn ask_and_leave(database: Database) {
    let upstream = Upstream::start().await;
    let folio = Folio::start(Launch::with(&upstream.url()).on(database)).await;
    let ada = folio.ada().await;
    upstream.usually(Behaviour::answers(LONG).at(200));
    for number in 0..LEAVING {
        let asking = Asking::new(format!("Who is there, {number}?"));
        // a connection of its own, which breaks off with the request
        let caller = ada.restless().expect("a client");
        let _ = timeout(LATER * number, caller.ask(&asking)).await;
        // whatever was heard of it, the same question once more is the same question
        let asked = ada.insist(&asking).await.expect("the question is taken");
        let followed = ada.follow(&asked).await.expect("the answer is followed");
        let whole = tokens::text(&asking.content, LONG);
        assert_eq!((followed.status, followed.text), (MessageStatus::Complete, whole), "question {number}");
        assert_eq!(upstream.calls_for(&asking.content), 1, "question {number}");
    }
}
