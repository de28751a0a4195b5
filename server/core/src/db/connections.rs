//! Connections to a SQLite file, lent and given back on the spot.
//!
//! sqlx's own pool asks a connection whether it still answers each time it comes back, in a task of its own. To a file that
//! costs as much as a short statement, since each goes to the connection's thread and back; here a connection is only asked
//! after it has rested.

use async_stream::try_stream;
use deadpool::Runtime;
use deadpool::managed::{self, Metrics, Object, Pool, PoolError, QueueMode, RecycleResult};
use futures::TryStreamExt;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use sqlx::sqlite::{SqliteConnectOptions, SqliteQueryResult, SqliteRow, SqliteStatement, SqliteTypeInfo};
use sqlx::{Connection, Describe, Either, Error, Execute, Executor, SqlStr, Sqlite, SqliteConnection};
use std::fmt;
use std::time::Duration;
use tokio::runtime::Handle;

/// A connection that was not used for so long is asked whether its thread is still there.
const RESTED: Duration = Duration::from_secs(1);

/// At most so many connections, opened when they are first needed.
#[derive(Clone)]
pub struct Connections(Pool<Opening>);

/// A connection, given back when it is dropped.
pub type Lease = Object<Opening>;

pub struct Opening(SqliteConnectOptions);

impl managed::Manager for Opening {
    type Type = SqliteConnection;
    type Error = Error;

    async fn create(&self) -> Result<SqliteConnection, Error> {
        SqliteConnection::connect_with(&self.0).await
    }

    async fn recycle(&self, connection: &mut SqliteConnection, metrics: &Metrics) -> RecycleResult<Error> {
        if metrics.last_used() > RESTED {
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

    pub async fn acquire(&self) -> Result<Lease, Error> {
        self.0.get().await.map_err(|fault| match fault {
            PoolError::Backend(fault) => fault,
            PoolError::Timeout(_) => Error::PoolTimedOut,
            PoolError::Closed => Error::PoolClosed,
            other => Error::Configuration(other.into()),
        })
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

/// A connection for one statement. If nobody waits for the end of that any more, the connection comes back after it, so that
/// nobody else gets stuck behind it.
struct Loan(Option<Lease>);

impl Loan {
    async fn of(connections: &Connections) -> Result<Self, Error> {
        Ok(Self(Some(connections.acquire().await?)))
    }

    fn connection(&mut self) -> Result<&mut SqliteConnection, Error> {
        self.0.as_deref_mut().ok_or(Error::PoolClosed)
    }

    fn answered(mut self) {
        self.0 = None;
    }
}

impl Drop for Loan {
    fn drop(&mut self) {
        if let (Some(mut connection), Ok(runtime)) = (self.0.take(), Handle::try_current()) {
            runtime.spawn(async move { connection.ping().await });
        }
    }
}

/// One statement on whichever connection is free.
impl<'c> Executor<'c> for &Connections {
    type Database = Sqlite;

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, Result<Either<SqliteQueryResult, SqliteRow>, Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Sqlite>,
    {
        let connections = self.clone();
        Box::pin(try_stream! {
            let mut loan = Loan::of(&connections).await?;
            let mut results = loan.connection()?.fetch_many(query);
            while let Some(result) = results.try_next().await? {
                yield result;
            }
            drop(results);
            loan.answered();
        })
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<SqliteRow>, Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Sqlite>,
    {
        let connections = self.clone();
        Box::pin(async move {
            let mut loan = Loan::of(&connections).await?;
            let row = loan.connection()?.fetch_optional(query).await;
            loan.answered();
            row
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
        Box::pin(async move { connections.acquire().await?.prepare_with(sql, parameters).await })
    }

    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<Describe<Sqlite>, Error>>
    where
        'c: 'e,
    {
        let connections = self.clone();
        Box::pin(async move { connections.acquire().await?.describe(sql).await })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn numbers(most: usize) -> (tempfile::TempDir, Connections) {
        let folder = tempfile::tempdir().expect("a folder");
        let options = SqliteConnectOptions::new().filename(folder.path().join("numbers.db")).create_if_missing(true);
        let connections = Connections::new(options, most, Duration::from_millis(100)).expect("a pool");
        sqlx::query("CREATE TABLE numbers (n INTEGER NOT NULL)").execute(&connections).await.expect("a table");
        (folder, connections)
    }

    async fn count(connections: &Connections) -> i64 {
        sqlx::query_scalar("SELECT COUNT(*) FROM numbers").fetch_one(connections).await.expect("a count")
    }

    #[tokio::test]
    async fn what_is_not_committed_is_gone() {
        let (_folder, connections) = numbers(1).await;
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

    /// Goes on for minutes, unless its program ends.
    const ENDLESS: &str = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 3000000000)
        SELECT COUNT(*) FROM n";

    #[tokio::test]
    async fn nobody_gets_stuck_behind_a_statement_that_was_given_up() {
        let (_folder, connections) = numbers(2).await;
        let asked = sqlx::query(ENDLESS).fetch_all(&connections);
        tokio::time::timeout(Duration::from_millis(20), asked).await.expect_err("it takes longer");
        for _ in 0..3 {
            assert_eq!(count(&connections).await, 0);
        }
        assert_eq!(connections.count(), (2, 1), "the other one is still at it");
    }

    #[tokio::test]
    async fn whoever_waits_too_long_is_told() {
        let (_folder, connections) = numbers(1).await;
        let held = connections.acquire().await.expect("it is free");
        assert!(matches!(connections.acquire().await, Err(Error::PoolTimedOut)));
        drop(held);
        connections.close();
        assert!(matches!(connections.acquire().await, Err(Error::PoolClosed)));
    }
}
