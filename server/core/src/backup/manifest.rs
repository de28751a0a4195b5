//! What a backup has, and whether it is still that.

use super::files;
use crate::clock::{now, rfc3339};
use crate::db::Db;
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::path::{Component, Path};

pub const MANIFEST: &str = "manifest.json";
const FORMAT: u32 = 1;

/// A backup's own list, written last.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Manifest {
    format: u32,
    pub name: String,
    /// RFC 3339.
    pub created_at: String,
    pub program: String,
    /// `sqlite` or `postgres`.
    pub database: String,
    /// The newest migration of the database.
    pub schema: i64,
    pub files: usize,
    pub size: u64,
    pub(super) kept: Vec<Kept>,
}

/// One file of a backup.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Kept {
    pub path: String,
    pub size: u64,
    pub sha256: String,
}

impl Manifest {
    pub fn new(name: &str, database: &str, schema: i64, kept: Vec<Kept>) -> Self {
        Self {
            format: FORMAT,
            name: name.to_owned(),
            created_at: rfc3339(now()),
            program: env!("CARGO_PKG_VERSION").to_owned(),
            database: database.to_owned(),
            schema,
            files: kept.len(),
            size: kept.iter().map(|kept| kept.size).sum(),
            kept,
        }
    }

    pub async fn read(place: &Path) -> Result<Self> {
        let text = tokio::fs::read_to_string(place.join(MANIFEST)).await.map_err(|_| Error::NotFound("Backup"))?;
        let manifest: Self = serde_json::from_str(&text)
            .map_err(|fault| Error::Conflict(format!("The backup's manifest cannot be read: {fault}")))?;
        if manifest.format != FORMAT {
            return Err(Error::Conflict("The backup was made by a newer Folio. Use that one to restore it.".into()));
        }
        if !manifest.kept.iter().all(|kept| is_within(&kept.path)) {
            return Err(Error::Conflict("The backup's manifest names files outside of it.".into()));
        }
        Ok(manifest)
    }

    pub async fn write(&self, folder: &Path) -> Result<()> {
        let partial = folder.join("manifest.partial");
        tokio::fs::write(&partial, serde_json::to_string_pretty(self)?).await?;
        tokio::fs::File::open(&partial).await?.sync_all().await?;
        tokio::fs::rename(&partial, folder.join(MANIFEST)).await?;
        Ok(())
    }

    /// Refuses a backup of another kind of database, or of a newer program.
    pub fn fits(&self, database: &str) -> Result<()> {
        if self.database != database {
            let (theirs, ours) = (&self.database, database);
            return Err(Error::Conflict(format!("The backup is of a {theirs} database, and this one is {ours}.")));
        }
        if self.schema > Db::newest_schema() {
            return Err(Error::Conflict("The backup was made by a newer Folio. Use that one to restore it.".into()));
        }
        Ok(())
    }

    #[expect(clippy::cast_precision_loss, reason = "it is shown with one digit")]
    pub fn size_in_words(&self) -> String {
        match self.size {
            small @ 0..1_000_000 => format!("{:.1} kB", small as f64 / 1e3),
            large @ 1_000_000..1_000_000_000 => format!("{:.1} MB", large as f64 / 1e6),
            huge => format!("{:.1} GB", huge as f64 / 1e9),
        }
    }
}

impl Kept {
    pub async fn of(folder: &Path, path: &str) -> Result<Self> {
        let (size, sha256) = files::digest(folder.join(path)).await?;
        Ok(Self { path: path.to_owned(), size, sha256 })
    }

    pub async fn check(&self, place: &Path) -> Result<()> {
        let found = files::digest(place.join(&self.path)).await.ok();
        if found.is_some_and(|(size, sha256)| size == self.size && sha256 == self.sha256) {
            return Ok(());
        }
        Err(Error::Conflict(format!("The backup is damaged: {} is not what was written.", self.path)))
    }
}

fn is_within(path: &str) -> bool {
    Path::new(path).components().all(|part| matches!(part, Component::Normal(_)))
}
