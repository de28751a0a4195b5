//! PostgreSQL's tables as its own text (`COPY`), read as of one moment.
//!
//! Tables, columns and their order are asked of the database, so a new migration needs nothing here.

use crate::db::Db;
use crate::error::{Error, Result};
use futures::StreamExt;
use sqlx::{AssertSqlSafe, PgConnection, PgPool};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use tokio::io::AsyncWriteExt;

const ONE_MOMENT: &str = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY";
/// sqlx keeps its own list of migrations, which restoring makes anew.
const TABLES: &str = "SELECT relname::text FROM pg_class
    WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND relname <> '_sqlx_migrations'";
const REFERENCES: &str = "SELECT c.relname::text, p.relname::text FROM pg_constraint k
    JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class p ON p.oid = k.confrelid
    WHERE k.contype = 'f' AND c.relnamespace = current_schema()::regnamespace AND c.oid <> p.oid";
const COLUMNS: &str = "SELECT quote_ident(column_name) FROM information_schema.columns
    WHERE table_schema = current_schema() AND table_name = $1 AND is_generated = 'NEVER' ORDER BY ordinal_position";
const COUNTERS: &str = "SELECT table_name::text, column_name::text FROM information_schema.columns
    WHERE table_schema = current_schema() AND is_identity = 'YES'";
const SCHEMA: &str = "SELECT MAX(version) FROM _sqlx_migrations WHERE success";

/// Writes every table to a file of its own below `folder`; answers the newest migration and the files' names.
pub async fn dump(pool: &PgPool, folder: &Path) -> Result<(i64, Vec<String>)> {
    let mut tx = pool.begin().await?;
    sqlx::query(ONE_MOMENT).execute(&mut *tx).await?;
    let schema: Option<i64> = sqlx::query_scalar(SCHEMA).fetch_one(&mut *tx).await?;
    let mut files = Vec::new();
    for (number, table) in in_order(&mut tx).await?.into_iter().enumerate() {
        // restored in the order of the names
        let name = format!("{number:03}-{table}.copy");
        let mut file = tokio::fs::File::create(folder.join(&name)).await?;
        let copy = format!("COPY {} TO STDOUT", with_columns(&mut tx, &table).await?);
        let mut pieces = tx.copy_out_raw(&copy).await?;
        while let Some(piece) = pieces.next().await {
            file.write_all(&piece?).await?;
        }
        drop(pieces);
        file.sync_all().await?;
        files.push(name);
    }
    tx.rollback().await?;
    Ok((schema.unwrap_or_default(), files))
}

/// Replaces everything in the database, or changes nothing.
pub async fn load(pool: &PgPool, folder: &Path, schema: i64) -> Result<()> {
    let mut files = Vec::new();
    let mut entries = tokio::fs::read_dir(folder).await?;
    while let Some(entry) = entries.next_entry().await? {
        files.push(entry.path());
    }
    files.sort();
    let mut tx = pool.begin().await?;
    let place: String = sqlx::query_scalar("SELECT quote_ident(current_schema())").fetch_one(&mut *tx).await?;
    let anew = format!("DROP SCHEMA {place} CASCADE; CREATE SCHEMA {place}");
    sqlx::raw_sql(AssertSqlSafe(anew)).execute(&mut *tx).await?;
    Db::migrate_postgres_to(&mut tx, schema).await?;
    // rows that migrations make come with the backup too
    for table in in_order(&mut tx).await?.into_iter().rev() {
        sqlx::query(AssertSqlSafe(format!("DELETE FROM {}", quoted(&table)))).execute(&mut *tx).await?;
    }
    for path in files {
        let table = table_of(&path).ok_or_else(|| Error::Conflict("The backup has an unknown file.".into()))?;
        let copy = format!("COPY {} FROM STDIN", with_columns(&mut tx, &table).await?);
        let file = tokio::fs::File::open(&path).await?;
        let mut rows = tx.copy_in_raw(&copy).await?;
        rows.read_from(tokio::io::BufReader::with_capacity(256 * 1024, file)).await?;
        rows.finish().await?;
    }
    let counters: Vec<(String, String)> = sqlx::query_as(COUNTERS).fetch_all(&mut *tx).await?;
    for (table, column) in counters {
        let (from, of) = (quoted(&table), quoted(&column));
        let next = format!(
            "SELECT setval(pg_get_serial_sequence($1, $2), COALESCE((SELECT MAX({of}) FROM {from}), 0) + 1, FALSE)"
        );
        sqlx::query(AssertSqlSafe(next)).bind(&from).bind(&column).execute(&mut *tx).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Every table after those that it refers to.
async fn in_order(connection: &mut PgConnection) -> Result<Vec<String>> {
    let tables: Vec<String> = sqlx::query_scalar(TABLES).fetch_all(&mut *connection).await?;
    let references: Vec<(String, String)> = sqlx::query_as(REFERENCES).fetch_all(&mut *connection).await?;
    let mut waiting: BTreeMap<String, BTreeSet<String>> =
        tables.into_iter().map(|table| (table, BTreeSet::new())).collect();
    for (table, needed) in references {
        waiting.entry(table).or_default().insert(needed);
    }
    let mut order = Vec::new();
    while !waiting.is_empty() {
        let free: Vec<String> =
            waiting.iter().filter(|(_, needs)| needs.is_empty()).map(|(table, _)| table.clone()).collect();
        if free.is_empty() {
            return Err(Error::internal("tables refer to each other in a circle"));
        }
        for table in free {
            waiting.remove(&table);
            for needs in waiting.values_mut() {
                needs.remove(&table);
            }
            order.push(table);
        }
    }
    Ok(order)
}

async fn with_columns(connection: &mut PgConnection, table: &str) -> Result<String> {
    let columns: Vec<String> = sqlx::query_scalar(COLUMNS).bind(table).fetch_all(connection).await?;
    Ok(format!("{} ({})", quoted(table), columns.join(", ")))
}

fn table_of(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?.strip_suffix(".copy")?;
    let (_, table) = name.split_once('-')?;
    table.chars().all(|c| c.is_ascii_alphanumeric() || c == '_').then(|| table.to_owned())
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
