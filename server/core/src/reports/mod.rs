//! What Folio was used for, what it keeps, and which books it could not read. For administrators.

mod failures;
mod storage;
mod usage;

pub use failures::Failure;
pub use storage::Storage;
pub(crate) use usage::DAY;
pub use usage::{Share, Usage};

use crate::Core;
use crate::accounts::Principal;
use crate::error::{Error, Result};
use folio_types::Role;

pub struct Reports<'a>(pub(crate) &'a Core);

/// All reports at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct All {
    pub usage: Usage,
    pub storage: Storage,
    pub failures: Vec<Failure>,
}

impl Reports<'_> {
    /// Every report, with the use of the last `days` days.
    pub async fn all(&self, who: &Principal, days: u32) -> Result<All> {
        let (usage, storage) = (self.usage(who, days).await?, self.storage(who).await?);
        let failures = self.failures(who).await?;
        self.0.audit().look(who, "reports", "all reports", None).await?;
        Ok(All { usage, storage, failures })
    }

    /// A report as a table for other programs: `usage.csv`, `storage.csv` or `failures.csv`.
    pub async fn file(&self, who: &Principal, name: &str, days: u32) -> Result<String> {
        let table = match name {
            "usage.csv" => self.usage(who, days).await?.csv()?,
            "storage.csv" => self.storage(who).await?.csv()?,
            "failures.csv" => Failure::csv(&self.failures(who).await?)?,
            _ => return Err(Error::NotFound("Report")),
        };
        self.0.audit().look(who, "reports", name, None).await?;
        Ok(table)
    }

    fn admins_only(who: &Principal) -> Result<()> {
        if who.role >= Role::Admin {
            return Ok(());
        }
        Err(Error::Denied("Reports need the right “administrator”.".into()))
    }
}
