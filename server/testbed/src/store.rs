//! The program's database, read from outside: to find what it says it has, and what it should not have.

use folio_types::{ConversationId, MessageId, MessageStatus};
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{PgPool, SqlitePool};
use std::collections::HashMap;
use std::str::FromStr;
use uuid::Uuid;

/// An open database.
///
/// On SQLite it must be closed before the program is killed: a file that another process has open is not recovered
/// as one is that was left alone.
pub enum Store {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

/// A message as its row says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    pub conversation: ConversationId,
    pub is_question: bool,
    pub content: String,
    pub status: MessageStatus,
}

type Row = (Uuid, Uuid, String, String, String);

const MESSAGES: &str = "SELECT id, conversation_id, speaker, content, status FROM messages";

impl Store {
    /// Opens the database behind a `DATABASE_URL`.
    pub async fn open(url: &str) -> Self {
        if url.starts_with("sqlite:") {
            let options = SqliteConnectOptions::from_str(url).expect("a URL of SQLite");
            let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await;
            Self::Sqlite(pool.expect("the database opens"))
        } else {
            let pool = PgPoolOptions::new().max_connections(1).connect(url).await;
            Self::Postgres(pool.expect("the database opens"))
        }
    }

    /// Runs statements of a test's own.
    pub async fn run(&self, statements: &str) {
        let sql = sqlx::raw_sql(sqlx::AssertSqlSafe(statements.to_owned()));
        let ran = match self {
            Self::Sqlite(pool) => sql.execute(pool).await.map(drop),
            Self::Postgres(pool) => sql.execute(pool).await.map(drop),
        };
        ran.unwrap_or_else(|fault| panic!("{statements}: {fault}"));
    }

    /// Every message.
    pub async fn messages(&self) -> HashMap<MessageId, Stored> {
        let rows: Result<Vec<Row>, _> = match self {
            Self::Sqlite(pool) => sqlx::query_as(MESSAGES).fetch_all(pool).await,
            Self::Postgres(pool) => sqlx::query_as(MESSAGES).fetch_all(pool).await,
        };
        rows.expect("messages are read").into_iter().map(stored).collect()
    }

    /// Whether a transaction has been standing still for a moment: it holds the file's lock, or sleeps.
    pub async fn stands_still(&self) -> bool {
        match self {
            Self::Sqlite(pool) => {
                for _ in 0..3 {
                    let mut connection = pool.acquire().await.expect("a connection");
                    let free = "PRAGMA busy_timeout = 0; BEGIN IMMEDIATE; ROLLBACK";
                    if sqlx::raw_sql(free).execute(&mut *connection).await.is_ok() {
                        return false;
                    }
                    tokio::time::sleep(std::time::Duration::from_millis(30)).await;
                }
                true
            }
            Self::Postgres(pool) => {
                let sleeping = "SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep')";
                sqlx::query_scalar(sleeping).fetch_one(pool).await.expect("it is known")
            }
        }
    }

    /// What is wrong with the file itself; nothing where all is well, or where the database sees to it.
    pub async fn damage(&self) -> Vec<String> {
        let Self::Sqlite(pool) = self else { return Vec::new() };
        let mut words = Vec::new();
        for check in ["PRAGMA integrity_check", "SELECT 'orphan' FROM pragma_foreign_key_check"] {
            let said: Vec<String> = sqlx::query_scalar(check).fetch_all(pool).await.expect("the check runs");
            words.extend(said);
        }
        words.retain(|word| word != "ok");
        words
    }

    /// Lets go of the database.
    pub async fn close(self) {
        match self {
            Self::Sqlite(pool) => pool.close().await,
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

fn stored((id, conversation, speaker, content, status): Row) -> (MessageId, Stored) {
    let status = status.parse().expect("a status that is known");
    (
        MessageId(id),
        Stored { conversation: ConversationId(conversation), is_question: speaker == "user", content, status },
    )
}
