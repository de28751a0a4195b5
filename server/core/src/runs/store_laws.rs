//! The life of a message, whatever happens to it in whatever order.

use super::*;
use crate::runs::follow::follow;
use crate::runs::log::{LiveLog, MemoryLog, Publication, RedisLog};
use crate::runs::writer::{Change, RunWriter};
use folio_testbed::{Postgres, Redis};
use futures::StreamExt;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use std::cell::RefCell;
use std::sync::Arc;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

/// What a message should be.
#[derive(Clone, Debug, PartialEq)]
struct Expected {
    status: MessageStatus,
    content: String,
    seq: Seq,
}

#[derive(Clone, Debug)]
enum Act {
    Append(String),
    /// The last words and the end come together.
    End(String, MessageStatus),
    /// What only the journal has moves to the drafts.
    Empty,
    /// The writer is killed, and somebody ends what it left.
    Reap,
    Reopen,
}

impl Expected {
    /// What becomes of it, and the number of its last event if the act is one of its writer's that took place.
    fn after(&mut self, act: &Act) -> Option<Seq> {
        let streaming = self.status == MessageStatus::Streaming;
        match act {
            Act::Append(text) if streaming => Some(self.advance(text, 1)),
            Act::End(text, status) if streaming => {
                self.status = *status;
                Some(self.advance(text, 2))
            }
            Act::Reap if streaming => {
                self.status = MessageStatus::Interrupted;
                None
            }
            Act::Reopen if matches!(self.status, MessageStatus::Interrupted | MessageStatus::Failed) => {
                self.status = MessageStatus::Streaming;
                self.seq += 8;
                None
            }
            _ => None,
        }
    }

    fn advance(&mut self, text: &str, events: Seq) -> Seq {
        self.content.push_str(text);
        self.seq += events;
        self.seq
    }
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let ends = prop::sample::select(vec![MessageStatus::Complete, MessageStatus::Interrupted, MessageStatus::Failed]);
    let act = prop_oneof![
        6 => "[^\0]{0,6}".prop_map(Act::Append),
        2 => ("[^\0]{0,6}", ends).prop_map(|(text, status)| Act::End(text, status)),
        2 => Just(Act::Empty),
        1 => Just(Act::Reap),
        2 => Just(Act::Reopen),
    ];
    prop::collection::vec(act, 0..25)
}

struct Store {
    db: Db,
    journal: Journal,
    folder: TempDir,
}

impl Store {
    async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite://{}/folio.db", folder.path().display());
        Self::at(&url, folder).await
    }

    async fn at(url: &str, folder: TempDir) -> Self {
        let db = Db::open(url).await.expect("a database");
        let writer = "INSERT INTO users (id, email, name, password_hash, role, created_at, updated_at)
            VALUES ($1, 'a', 'a', '', 'user', 0, 0)";
        on_db!(write &db, pool => sqlx::query(writer).bind(Uuid::nil()).execute(pool).await.map(drop)).expect("a user");
        Self { db, journal: Journal::default(), folder }
    }

    async fn message(&self) -> MessageId {
        let (id, conversation) = (Uuid::now_v7(), Uuid::now_v7());
        let begin = "INSERT INTO conversations (id, user_id, title, created_at, updated_at)
            VALUES ($1, $2, '', 0, 0)";
        let insert = "INSERT INTO messages (id, conversation_id, speaker, content, status, node_id, created_at)
            VALUES ($1, $2, 'assistant', '', 'streaming', $3, 0)";
        let nobody = Uuid::nil();
        on_db!(write &self.db, pool => sqlx::query(begin).bind(conversation).bind(nobody).execute(pool).await.map(drop))
            .expect("a conversation");
        on_db!(write &self.db, pool =>
            sqlx::query(insert).bind(id).bind(conversation).bind(nobody).execute(pool).await.map(drop))
        .expect("a message");
        MessageId(id)
    }

    /// What an act of the writer's makes the last number, if it takes place. It is sent twice, as its answer may get lost.
    async fn does(&mut self, id: MessageId, after: Seq, act: &Act) -> Option<Seq> {
        let work = match act {
            Act::Append(text) => Work::saying(id, after, text, None),
            Act::End(text, status) => Work::saying(id, after, text, Some(*status)),
            Act::Empty => {
                self.empty().await;
                return None;
            }
            Act::Reap => {
                reap(&self.db, Orphans::One(id), "").await.expect("reaped");
                return None;
            }
            Act::Reopen => {
                let node = Some(Uuid::nil());
                on_db!(write &self.db, pool => sqlx::query(REOPEN).bind(id.0).bind(node).bind(false).execute(pool).await.map(drop))
                    .expect("reopened");
                // what was said before the end is not said again
                self.empty().await;
                return None;
            }
        };
        let stored = self.advances(&work).await;
        let again = self.advances(&work).await.alive.contains(&id);
        let is_over = work.ending.is_some();
        assert_eq!(again, stored.alive.contains(&id) && !is_over, "a piece may be sent again, an end is one");
        self.journal.note(std::slice::from_ref(&work), &stored);
        stored.alive.contains(&id).then(|| work.head())
    }

    async fn advances(&self, work: &Work) -> Stored {
        advance(&self.db, Uuid::nil(), &self.journal, std::slice::from_ref(work)).await.expect("stored")
    }

    async fn rows(&self, table: &str) -> i64 {
        let Db::Sqlite { reader, .. } = &self.db else { panic!("it is a file") };
        let count = sqlx::AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"));
        sqlx::query_scalar(count).fetch_one(reader).await.expect("a table")
    }

    async fn empty(&mut self) {
        empty(&self.db, Uuid::nil(), &self.journal).await.expect("moved");
        self.journal = Journal::default();
    }

    async fn is(&self, id: MessageId) -> Expected {
        let stored = crate::chats::stored_message(&self.db, id).await.expect("a database").expect("a message");
        Expected { status: stored.status, content: stored.content, seq: stored.seq }
    }
}

/// Nothing is ever taken back, an end stays until somebody continues, and a writer learns when it is too late.
fn messages_live_as_expected(runtime: &tokio::runtime::Runtime, store: Store) {
    let store = RefCell::new(store);
    let lives = prop::collection::vec(acts(), 1..4);
    let lived = TestRunner::new(ProptestConfig::with_cases(64)).run(&lives, |lives| {
        let mut store = store.borrow_mut();
        for acts in lives {
            runtime.block_on(lives_as_expected(&mut store, &acts));
        }
        Ok(())
    });
    lived.expect("each message lives as expected");
}

async fn lives_as_expected(store: &mut Store, acts: &[Act]) {
    let id = store.message().await;
    let mut expected = Expected { status: MessageStatus::Streaming, content: String::new(), seq: 0 };
    for act in acts {
        let after = expected.seq;
        let told = expected.after(act);
        assert_eq!(store.does(id, after, act).await, told, "{act:?}");
        assert_eq!(store.is(id).await, expected, "{act:?} of {acts:?}");
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

#[test]
fn messages_live_as_expected_on_sqlite() {
    let runtime = runtime();
    let store = runtime.block_on(Store::new());
    messages_live_as_expected(&runtime, store);
}

#[test]
fn messages_live_as_expected_on_postgres() {
    let (runtime, postgres) = (runtime(), Postgres::start());
    let store = runtime.block_on(Store::at(&postgres.url(), tempfile::tempdir().expect("a folder")));
    messages_live_as_expected(&runtime, store);
}

#[tokio::test]
async fn a_copy_made_while_an_answer_is_written_has_what_was_said() {
    let mut store = Store::new().await;
    let id = store.message().await;
    store.does(id, 0, &Act::Append("Bees ".into())).await;
    store.does(id, 1, &Act::Empty).await;
    store.does(id, 1, &Act::Append("dance.".into())).await;
    let copy = store.folder.path().join("copy.db");
    let Db::Sqlite { reader, .. } = &store.db else { panic!("it is a file") };
    sqlx::query("VACUUM INTO $1").bind(copy.to_string_lossy()).execute(reader).await.expect("a copy");
    let db = Db::open(&format!("sqlite://{}", copy.display())).await.expect("a database");
    recover(&db).await.expect("recovered");
    reap(&db, Orphans::All, "").await.expect("reaped");
    let stored = crate::chats::stored_message(&db, id).await.expect("a database").expect("a message");
    assert_eq!((stored.content.as_str(), stored.status), ("Bees dance.", MessageStatus::Interrupted));
}

#[tokio::test]
async fn a_reader_whom_nobody_tells_of_the_end_learns_it_from_the_database() {
    let (mut store, server) = (Store::new().await, Redis::start().await);
    let id = store.message().await;
    let log = Arc::new(RedisLog::connect(&server.url()).await.expect("Redis answers"));
    log.open(id, 0).await.expect("it is opened");
    store.does(id, 0, &Act::Append("Bees dance".into())).await;
    let said = Frame::Token { token: "Bees dance".into(), gpu: 0 };
    log.append(vec![Publication { run: id, first: 1, frames: vec![said.clone()] }]).await;
    let message = crate::chats::stored_message(&store.db, id).await.expect("a database").expect("a message");
    let mut events = follow(store.db.clone(), log, message, 0);
    assert_eq!(events.next().await, Some((1, said)));
    store.does(id, 1, &Act::End(" at noon.".into(), MessageStatus::Failed)).await;
    let rest: Vec<Frame> = events.map(|(_, frame)| frame).collect().await;
    let whole = Frame::Snapshot { snapshot: "Bees dance at noon.".into() };
    assert_eq!(rest, [whole, Frame::Done { done: true, status: MessageStatus::Failed }]);
}

#[tokio::test]
async fn the_journal_is_empty_when_nobody_writes() {
    let store = Store::new().await;
    let id = store.message().await;
    let writer = RunWriter::start(store.db.clone(), Arc::new(MemoryLog::default()), Uuid::nil());
    let term = writer.term();
    writer.open(id, term, 0, CancellationToken::new()).await;
    for word in ["Bees ", "dance."] {
        writer.send(id, term, Change::Text(word.into())).await;
        writer.flush().await;
    }
    assert_eq!((store.rows("journal").await, store.rows("drafts").await), (2, 0));
    assert_eq!(store.is(id).await.content, "Bees dance.");
    let ending = Ending {
        status: MessageStatus::Complete,
        error: None,
        citations: Vec::new(),
        token_count: None,
        inference_time_ms: None,
    };
    writer.send(id, term, Change::Ended(ending)).await;
    writer.flush().await;
    assert_eq!((store.rows("journal").await, store.rows("drafts").await), (0, 0));
    assert_eq!(store.is(id).await, Expected { status: MessageStatus::Complete, content: "Bees dance.".into(), seq: 3 });
}
