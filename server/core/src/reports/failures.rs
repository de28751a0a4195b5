//! Books that could not be read.

use super::Reports;
use crate::accounts::Principal;
use crate::clock::rfc3339;
use crate::csv::Table;
use crate::db::on_db;
use crate::error::Result;
use folio_types::Millis;

const FAILED: &str = "SELECT b.title, b.file_name, u.email, COALESCE(b.error, '') AS error, b.updated_at AS at
    FROM books b JOIN users u ON u.id = b.owner_id WHERE b.status = 'FAILED' ORDER BY b.updated_at DESC LIMIT 500";

#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Failure {
    pub title: String,
    pub file_name: String,
    #[sqlx(rename = "email")]
    pub owner: String,
    pub error: String,
    pub at: Millis,
}

impl Reports<'_> {
    /// The newest 500.
    pub(crate) async fn failures(&self, who: &Principal) -> Result<Vec<Failure>> {
        Self::admins_only(who)?;
        Ok(on_db!(read self.0.db(), pool => sqlx::query_as(FAILED).fetch_all(pool).await?))
    }
}

impl Failure {
    pub(super) fn csv(failures: &[Self]) -> Result<String> {
        let mut table = Table::new().row(["time", "title", "file", "owner", "error"])?;
        for one in failures {
            table = table.row([rfc3339(one.at).as_str(), &one.title, &one.file_name, &one.owner, &one.error])?;
        }
        Ok(table.text())
    }
}
