//! The life of a message, whatever happens to it in whatever order.

use super::*;
use proptest::prelude::*;
use tempfile::TempDir;

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
        1 => Just(Act::Reap),
        2 => Just(Act::Reopen),
    ];
    prop::collection::vec(act, 0..25)
}

struct Store {
    db: Db,
    _folder: TempDir,
}

impl Store {
    async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let db = Db::open(&format!("sqlite://{}/folio.db", folder.path().display())).await.expect("a database");
        let store = Self { db, _folder: folder };
        store
            .run(
                "INSERT INTO users (id, email, name, password_hash, role, created_at, updated_at)
            VALUES (zeroblob(16), 'a', 'a', '', 'user', 0, 0)",
            )
            .await;
        store
    }

    async fn run(&self, sql: &'static str) {
        on_db!(write &self.db, pool => sqlx::query(sql).execute(pool).await.map(drop)).expect("it is valid");
    }

    async fn message(&self) -> MessageId {
        let (id, conversation) = (Uuid::now_v7(), Uuid::now_v7());
        let begin = "INSERT INTO conversations (id, user_id, title, created_at, updated_at)
            VALUES ($1, zeroblob(16), '', 0, 0)";
        let insert = "INSERT INTO messages (id, conversation_id, speaker, content, status, node_id, created_at)
            VALUES ($1, $2, 'assistant', '', 'streaming', zeroblob(16), 0)";
        on_db!(write &self.db, pool => sqlx::query(begin).bind(conversation).execute(pool).await.map(drop))
            .expect("a conversation");
        on_db!(write &self.db, pool =>
            sqlx::query(insert).bind(id).bind(conversation).execute(pool).await.map(drop))
        .expect("a message");
        MessageId(id)
    }

    /// What an act of the writer's makes the last number, if it takes place. It is sent twice, as its answer may get lost.
    async fn does(&self, id: MessageId, after: Seq, act: &Act) -> Option<Seq> {
        let work = match act {
            Act::Append(text) => Work::saying(id, after, text, None),
            Act::End(text, status) => Work::saying(id, after, text, Some(*status)),
            Act::Reap => {
                reap(&self.db, Orphans::One(id), "").await.expect("reaped");
                return None;
            }
            Act::Reopen => {
                let node = Some(Uuid::nil());
                on_db!(write &self.db, pool => sqlx::query(REOPEN).bind(id.0).bind(node).bind(false).execute(pool).await.map(drop))
                    .expect("reopened");
                return None;
            }
        };
        let alive = advance(&self.db, Uuid::nil(), std::slice::from_ref(&work)).await.expect("stored").contains(&id);
        let again = advance(&self.db, Uuid::nil(), std::slice::from_ref(&work)).await.expect("stored").contains(&id);
        assert_eq!(again, alive && work.ending.is_none(), "a piece may be sent again, an end is one");
        alive.then(|| work.head())
    }

    async fn is(&self, id: MessageId) -> Expected {
        let stored = crate::chats::stored_message(&self.db, id).await.expect("a database").expect("a message");
        Expected { status: stored.status, content: stored.content, seq: stored.seq }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Nothing is ever taken back, an end stays until somebody continues, and a writer learns when it is too late.
    #[test]
    fn a_message_lives_as_expected(lives in prop::collection::vec(acts(), 1..4)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let store = Store::new().await;
            for acts in lives {
                let id = store.message().await;
                let mut expected = Expected { status: MessageStatus::Streaming, content: String::new(), seq: 0 };
                for act in &acts {
                    let after = expected.seq;
                    let told = expected.after(act);
                    assert_eq!(store.does(id, after, act).await, told, "{act:?}");
                    assert_eq!(store.is(id).await, expected, "{act:?} of {acts:?}");
                }
            }
        });
    }
}
