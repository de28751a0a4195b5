//! One store, two databases.
//!
//! SQL is written once with `$1` placeholders and run through [`on_db!`], which type-checks the same body
//! natively against SQLite and PostgreSQL. SQLite has one writing connection, so that writers queue in
//! memory instead of failing with `SQLITE_BUSY`, and several reading ones beside it (WAL).

mod connections;

pub(crate) use connections::Connections;

use crate::error::{Error, Result};
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Connection, PgConnection, PgPool, SqliteConnection};
use std::fs::File;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;

static SQLITE: Migrator = sqlx::migrate!("../../migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("../../migrations/postgres");

const READERS: usize = 4;
const POSTGRES_CONNECTIONS: u32 = 16;
const ACQUIRE: Duration = Duration::from_secs(5);
/// Whoever writes to SQLite waits so long for those before.
const WRITE: Duration = Duration::from_secs(30);

#[derive(Clone, Debug)]
pub enum Db {
    /// `scribe` is for the words of answers alone, while nobody has the writer: it does not wait for the disk, and the
    /// writer's next commit does so for both. What it wrote outlives the program, but not a loss of power.
    Sqlite {
        reader: Connections,
        writer: Connections,
        scribe: Arc<Mutex<SqliteConnection>>,
    },
    Postgres(PgPool),
}

/// Runs one statement or one transaction on whichever database is behind `$db`.
///
/// `on_db!(read db, pool => …)` may run beside others; `on_db!(write db, pool => …)` takes SQLite's one writing connection;
/// `on_db!(change db, tx => …)` begins a transaction there, which is undone unless the body commits it.
macro_rules! on_db {
    (read $db:expr, $pool:ident => $body:expr) => {
        match $db {
            $crate::db::Db::Sqlite { reader: $pool, .. } => $body,
            $crate::db::Db::Postgres($pool) => $body,
        }
    };
    (write $db:expr, $pool:ident => $body:expr) => {
        match $db {
            $crate::db::Db::Sqlite { writer: $pool, .. } => $body,
            $crate::db::Db::Postgres($pool) => $body,
        }
    };
    (change $db:expr, $tx:ident => $body:expr) => {
        match $db {
            $crate::db::Db::Sqlite { writer, .. } => {
                let mut connection = writer.acquire().await?;
                let mut $tx = sqlx::Connection::begin(&mut **connection).await?;
                $body
            }
            $crate::db::Db::Postgres(pool) => {
                let mut $tx = pool.begin().await?;
                $body
            }
        }
    };
}
pub(crate) use on_db;

/// Text that `LIKE … ESCAPE '!'` takes as it stands.
pub fn literal(text: &str) -> String {
    text.replace('!', "!!").replace('%', "!%").replace('_', "!_")
}

/// Held by the one program that serves a SQLite database; a PostgreSQL one may be served by several.
#[derive(Debug)]
pub struct StoreLock {
    _file: Option<File>,
}

impl StoreLock {
    /// Fails if another program serves the database behind `url`; the lock goes with this one, however it ends.
    pub fn take(url: &str) -> Result<Self> {
        if !url.starts_with("sqlite:") {
            return Ok(Self { _file: None });
        }
        let database = SqliteConnectOptions::from_str(url)?.get_filename().to_owned();
        let beside = database.with_extension("lock");
        if let Some(folder) = beside.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let file = File::options().create(true).truncate(false).write(true).open(&beside)?;
        file.try_lock().map_err(|_| {
            Error::Conflict(format!("Another Folio is running on {}. Stop it first.", database.display()))
        })?;
        Ok(Self { _file: Some(file) })
    }
}

impl Db {
    /// Opens the database behind `url` and brings its tables up to date.
    pub async fn open(url: &str) -> Result<Self> {
        let db = if url.starts_with("sqlite:") { Self::sqlite(url).await? } else { Self::postgres(url).await? };
        db.migrate().await?;
        Ok(db)
    }

    async fn sqlite(url: &str) -> Result<Self> {
        let options = SqliteConnectOptions::from_str(url)?
            .create_if_missing(true)
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            // otherwise every statement that changes several rows makes a file for the case that it fails half-way
            .pragma("temp_store", "MEMORY")
            .pragma("wal_autocheckpoint", "8192")
            .busy_timeout(Duration::from_secs(5));
        let writer = Connections::new(options.clone(), 1, WRITE)?;
        // the file is made and in WAL mode before anybody else opens it
        drop(writer.acquire().await?);
        let quick = options.clone().synchronous(SqliteSynchronous::Normal);
        let scribe = Arc::new(Mutex::new(SqliteConnection::connect_with(&quick).await?));
        let reader = Connections::new(options, READERS, ACQUIRE)?;
        Ok(Self::Sqlite { reader, writer, scribe })
    }

    async fn postgres(url: &str) -> Result<Self> {
        Ok(Self::Postgres(Self::connect_postgres(url).await?))
    }

    /// A `+driver` suffix as in `postgresql+asyncpg://` is tolerated.
    pub(crate) async fn connect_postgres(url: &str) -> Result<PgPool> {
        let (scheme, rest) = url
            .split_once("://")
            .ok_or_else(|| Error::invalid("DATABASE_URL", "DATABASE_URL must start with sqlite: or postgres:"))?;
        let scheme = scheme.split('+').next().unwrap_or(scheme);
        let options = PgConnectOptions::from_str(&format!("{scheme}://{rest}"))?;
        let pool = PgPoolOptions::new()
            .max_connections(POSTGRES_CONNECTIONS)
            .acquire_timeout(ACQUIRE)
            .connect_with(options)
            .await?;
        Ok(pool)
    }

    async fn migrate(&self) -> Result<()> {
        match self {
            Self::Sqlite { writer, .. } => SQLITE.run_direct(None, &mut **writer.acquire().await?, false).await,
            Self::Postgres(pool) => POSTGRES.run(pool).await,
        }
        .map_err(Error::internal)
    }

    /// Makes the tables of an earlier version, in the caller's transaction.
    pub(crate) async fn migrate_postgres_to(connection: &mut PgConnection, schema: i64) -> Result<()> {
        POSTGRES.run_direct(Some(schema), connection, false).await.map_err(Error::internal)
    }

    /// `sqlite` or `postgres`.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Sqlite { .. } => "sqlite",
            Self::Postgres(_) => "postgres",
        }
    }

    /// The newest migration that the database has.
    pub(crate) async fn schema(&self) -> Result<i64> {
        const NEWEST: &str = "SELECT MAX(version) FROM _sqlx_migrations";
        let newest: Option<i64> = on_db!(read self, pool => sqlx::query_scalar(NEWEST).fetch_one(pool).await?);
        Ok(newest.unwrap_or_default())
    }

    /// The newest migration that this program knows.
    pub(crate) fn newest_schema() -> i64 {
        SQLITE.iter().map(|migration| migration.version).max().unwrap_or_default()
    }

    /// Connections that are open, and how many of those are idle.
    pub(crate) fn connections(&self) -> (usize, usize) {
        match self {
            Self::Sqlite { reader, writer, .. } => {
                let ((readers, reading), (writers, writing)) = (reader.count(), writer.count());
                (readers + writers, reading + writing)
            }
            Self::Postgres(pool) => (pool.size() as usize, pool.num_idle()),
        }
    }

    /// Whether the database answers.
    pub async fn is_up(&self) -> bool {
        on_db!(read self, pool => sqlx::query("SELECT 1").execute(pool).await.is_ok())
    }

    /// Lends no more connections; those that are lent end when they come back.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { reader, writer, .. } => {
                reader.close();
                // the scribe stays connected until the program ends, so SQLite would not do this by itself
                if let Err(fault) = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(writer).await {
                    tracing::debug!(%fault, "the write-ahead log is emptied at the next start");
                }
                writer.close();
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sqlite_database_is_served_by_one_program() {
        let folder = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite://{}/new/folio.db", folder.path().display());
        let first = StoreLock::take(&url).expect("nobody serves it");
        assert!(matches!(StoreLock::take(&url), Err(Error::Conflict(_))));
        drop(first);
        StoreLock::take(&url).expect("it is free again");
    }
}
