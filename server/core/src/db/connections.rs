//! Connections to a SQLite file, lent and given back on the spot.
//!
//! sqlx's own pool asks a connection whether it still answers each time it comes back, in a task of its own. To a file that
//! costs as much as a short statement, since each goes to the connection's thread and back; here a connection is asked now
//! and then, and whenever its thread may still be at something.

use async_stream::try_stream;
use deadpool::Runtime;
use deadpool::managed::{self, Metrics, Object, Pool, PoolError, QueueMode, RecycleResult};
use futures::TryStreamExt;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use scopeguard::ScopeGuard;
use sqlx::sqlite::{SqliteConnectOptions, SqliteQueryResult, SqliteRow, SqliteStatement, SqliteTypeInfo};
use sqlx::{Connection, Describe, Either, Error, Execute, Executor, SqlStr, Sqlite, SqliteConnection};
use std::fmt;
use std::time::Duration;
use tokio::runtime::Handle;

/// A connection is asked whether its thread is still there when it is lent again, and at every so many lendings after that.
const ASKED: usize = 16;

/// At most so many connections, opened when they are first needed.
#[derive(Clone)]
pub struct Connections(Pool<Opening>);

/// A connection, given back when it is dropped: at once, or when a transaction that was given up is undone.
pub type Lease = ScopeGuard<Object<Opening>, fn(Object<Opening>)>;

pub struct Opening(SqliteConnectOptions);

impl managed::Manager for Opening {
    type Type = SqliteConnection;
    type Error = Error;

    async fn create(&self) -> Result<SqliteConnection, Error> {
        SqliteConnection::connect_with(&self.0).await
    }

    async fn recycle(&self, connection: &mut SqliteConnection, metrics: &Metrics) -> RecycleResult<Error> {
        if metrics.recycle_count.is_multiple_of(ASKED) {
            connection.ping().await?;
        }
        Ok(())
    }
}

impl Connections {
    /// Whoever waits longer than `patience` for one gets [`Error::PoolTimedOut`].
    pub fn new(options: SqliteConnectOptions, most: usize, patience: Duration) -> Result<Self, Error> {
        Pool::builder(Opening(options))
            .max_size(most)
            .wait_timeout(Some(patience))
            .runtime(Runtime::Tokio1)
            // the one that was used last has most in its cache
            .queue_mode(QueueMode::Lifo)
            .build()
            .map(Self)
            .map_err(|fault| Error::Configuration(fault.into()))
    }

    /// Whoever has it may begin a transaction, and has an idle connection: nobody's statement is still going on there.
    pub async fn acquire(&self) -> Result<Lease, Error> {
        self.lease(give_back).await
    }

    async fn lease(&self, dropped: fn(Object<Opening>)) -> Result<Lease, Error> {
        match self.0.get().await {
            Ok(connection) => Ok(scopeguard::guard(connection, dropped)),
            Err(PoolError::Backend(fault)) => Err(fault),
            Err(PoolError::Timeout(_)) => Err(Error::PoolTimedOut),
            Err(PoolError::Closed) => Err(Error::PoolClosed),
            Err(other) => Err(Error::Configuration(other.into())),
        }
    }

    /// Connections that are open, and how many of those are idle.
    pub fn count(&self) -> (usize, usize) {
        let status = self.0.status();
        (status.size, status.available)
    }

    /// Lends no more; a connection that is lent ends when it comes back.
    pub fn close(&self) {
        self.0.close();
    }
}

impl fmt::Debug for Connections {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.debug_tuple("Connections").field(&self.0.status()).finish()
    }
}

fn give_back(connection: Object<Opening>) {
    if connection.is_in_transaction() {
        settle(connection);
    }
}

/// Gives a connection back after its thread has done what it was told before, so that nobody else gets stuck behind that.
fn settle(mut connection: Object<Opening>) {
    let Ok(runtime) = Handle::try_current() else {
        drop(Object::take(connection));
        return;
    };
    runtime.spawn(async move {
        // where SQLite itself ended a transaction, as on a full disk, sqlx goes on counting it, and a commit would be none
        if connection.ping().await.is_err() || connection.is_in_transaction() {
            drop(Object::take(connection));
        }
    });
}

/// One statement on whichever connection is free. Its lease is taken out of the guard when it has ended; else it was given up.
impl<'c> Executor<'c> for &Connections {
    type Database = Sqlite;

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, Result<Either<SqliteQueryResult, SqliteRow>, Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Sqlite>,
    {
        let connections = self.clone();
        Box::pin(try_stream! {
            let mut lease = connections.lease(settle).await?;
            let mut results = lease.fetch_many(query);
            while let Some(result) = results.try_next().await? {
                yield result;
            }
            drop(results);
            drop(ScopeGuard::into_inner(lease));
        })
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<SqliteRow>, Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Sqlite>,
    {
        let connections = self.clone();
        Box::pin(async move {
            let mut lease = connections.lease(settle).await?;
            let row = lease.fetch_optional(query).await?;
            drop(ScopeGuard::into_inner(lease));
            Ok(row)
        })
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [SqliteTypeInfo],
    ) -> BoxFuture<'e, Result<SqliteStatement, Error>>
    where
        'c: 'e,
    {
        let connections = self.clone();
        Box::pin(async move {
            let mut lease = connections.lease(settle).await?;
            let statement = lease.prepare_with(sql, parameters).await?;
            drop(ScopeGuard::into_inner(lease));
            Ok(statement)
        })
    }

    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<Describe<Sqlite>, Error>>
    where
        'c: 'e,
    {
        let connections = self.clone();
        Box::pin(async move {
            let mut lease = connections.lease(settle).await?;
            let description = lease.describe(sql).await?;
            drop(ScopeGuard::into_inner(lease));
            Ok(description)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::{sleep, timeout};

    const SHORT: Duration = Duration::from_millis(100);
    const ENOUGH: Duration = Duration::from_secs(30);

    async fn numbers(most: usize, patience: Duration) -> (tempfile::TempDir, Connections) {
        let folder = tempfile::tempdir().expect("a folder");
        let options = SqliteConnectOptions::new().filename(folder.path().join("numbers.db")).create_if_missing(true);
        let connections = Connections::new(options, most, patience).expect("a pool");
        sqlx::query("CREATE TABLE numbers (n INTEGER NOT NULL)").execute(&connections).await.expect("a table");
        (folder, connections)
    }

    async fn count(connections: &Connections) -> i64 {
        sqlx::query_scalar("SELECT COUNT(*) FROM numbers").fetch_one(connections).await.expect("a count")
    }

    #[tokio::test]
    async fn what_is_not_committed_is_gone() {
        let (_folder, connections) = numbers(1, ENOUGH).await;
        for is_kept in [true, false] {
            let mut connection = connections.acquire().await.expect("a connection");
            let mut tx = connection.begin().await.expect("a transaction");
            sqlx::query("INSERT INTO numbers VALUES (1)").execute(&mut *tx).await.expect("it is written");
            if is_kept {
                tx.commit().await.expect("it is committed");
            }
        }
        assert_eq!(count(&connections).await, 1);
    }

    /// Takes a second or so, and cannot be interrupted.
    const LONG: &str = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 10000000)
        SELECT COUNT(*) FROM n";

    #[tokio::test]
    async fn nobody_gets_stuck_behind_a_statement_that_was_given_up() {
        let (_folder, connections) = numbers(2, ENOUGH).await;
        assert_eq!(count(&connections).await, 0);
        let asked = sqlx::query(LONG).fetch_all(&connections);
        timeout(Duration::from_millis(20), asked).await.expect_err("it takes longer");
        for _ in 0..3 {
            assert_eq!(count(&connections).await, 0);
        }
        assert_eq!(connections.count(), (2, 1), "the other one is still at it");
    }

    #[tokio::test]
    async fn nobody_gets_stuck_behind_a_transaction_that_was_given_up() {
        let (_folder, connections) = numbers(1, SHORT).await;
        let mut connection = connections.acquire().await.expect("a connection");
        let mut tx = connection.begin().await.expect("a transaction");
        sqlx::query("INSERT INTO numbers VALUES (1)").execute(&mut *tx).await.expect("it is written");
        timeout(Duration::from_millis(20), sqlx::query(LONG).fetch_all(&mut *tx)).await.expect_err("it takes longer");
        drop(tx);
        drop(connection);
        assert!(matches!(connections.acquire().await, Err(Error::PoolTimedOut)), "it is still at it");
        while connections.count().1 == 0 {
            sleep(Duration::from_millis(1)).await;
        }
        assert!(!connections.acquire().await.expect("it is idle").is_in_transaction());
        assert_eq!(count(&connections).await, 0, "it is undone");
    }

    #[tokio::test]
    async fn what_is_committed_after_a_full_disk_is_kept() {
        let (_folder, connections) = numbers(1, ENOUGH).await;
        {
            let mut connection = connections.acquire().await.expect("a connection");
            sqlx::query("PRAGMA max_page_count = 10").execute(&mut **connection).await.expect("a small disk");
            let mut tx = connection.begin().await.expect("a transaction");
            let much = sqlx::query("INSERT INTO numbers VALUES (ZEROBLOB(1000000))").execute(&mut *tx).await;
            much.expect_err("the disk is full");
        }
        let mut connection = connections.acquire().await.expect("a connection");
        assert!(!connection.is_in_transaction());
        let mut tx = connection.begin().await.expect("a transaction");
        sqlx::query("INSERT INTO numbers VALUES (1)").execute(&mut *tx).await.expect("it is written");
        tx.commit().await.expect("it is committed");
        drop(connection);
        assert_eq!(count(&connections).await, 1);
    }

    #[tokio::test]
    async fn whoever_waits_too_long_is_told() {
        let (_folder, connections) = numbers(1, SHORT).await;
        let held = connections.acquire().await.expect("it is free");
        assert!(matches!(connections.acquire().await, Err(Error::PoolTimedOut)));
        drop(held);
        connections.close();
        assert!(matches!(connections.acquire().await, Err(Error::PoolClosed)));
    }
}
