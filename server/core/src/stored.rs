//! What administrators set in Folio itself, by name. Each is read when it is needed, so every process knows it.

use crate::clock::now;
use crate::db::{Db, on_db};
use crate::error::Result;

const READ: &str = "SELECT value FROM settings WHERE name = $1";
const WRITE: &str = "INSERT INTO settings (name, value, updated_at) VALUES ($1, $2, $3)
    ON CONFLICT (name) DO UPDATE SET value = $2, updated_at = $3";

pub async fn read(db: &Db, name: &str) -> Result<Option<String>> {
    Ok(on_db!(read db, pool => sqlx::query_scalar(READ).bind(name).fetch_optional(pool).await?))
}

pub async fn write(db: &Db, name: &str, value: &str) -> Result<()> {
    on_db!(write db, pool => sqlx::query(WRITE).bind(name).bind(value).bind(now()).execute(pool).await.map(drop)?);
    Ok(())
}
