//! Backups: a folder with the database and every file that belongs to it, made beside a running program.
//!
//! SQLite copies itself (`VACUUM INTO`). PostgreSQL is written table by table in its own portable text form (`COPY`),
//! as of one moment, so that no other program has to be installed in the right version. A backup is whole once it has
//! its manifest, which is written last and has the hash of every file.

mod files;
mod manifest;
mod postgres;
mod restore;

pub use manifest::Manifest;
pub(crate) use restore::restore_at_start;
pub use restore::{restore, restore_if_asked};

use crate::Core;
use crate::clock::{now, rfc3339};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::tasks::{Halt, Job};
use crate::wording::count;
use folio_types::TaskId;
use manifest::{Kept, MANIFEST};
use std::path::{Path, PathBuf};

/// What the copied database is called in a backup; tables of PostgreSQL lie in a folder.
const DATABASE: &str = "folio.db";
const TABLES: &str = "tables";
/// What the data folder's files are called in a backup.
const FILES: &str = "files";
/// Says which backup the next start restores, and for whom.
const MARKER: &str = "restore-at-start";

/// A backup's name that nobody else chooses, in the order of time.
pub(crate) fn name_of(core: &Core, task: TaskId) -> String {
    let day = rfc3339(now()).chars().take(10).collect::<String>();
    let known = core.settings().data_dir.join("backups");
    let id = task.0.simple().to_string();
    let short = &id[id.len() - 8..];
    // one that was begun on another day keeps its name
    let before = std::fs::read_dir(known).into_iter().flatten().flatten();
    let before = before.filter_map(|entry| entry.file_name().into_string().ok());
    before
        .map(|name| name.trim_end_matches(PARTIAL).to_owned())
        .find(|name| name.ends_with(short))
        .unwrap_or_else(|| format!("{day}-{short}"))
}

/// Ends the name of a backup that is being written.
const PARTIAL: &str = ".partial";

/// Makes a backup in the data folder.
pub(crate) async fn create(core: &Core, name: &str, job: &Job) -> Result<Manifest, Halt> {
    let place = place(core, name)?;
    if tokio::fs::try_exists(place.join(MANIFEST)).await? {
        return Ok(Manifest::read(&place).await?);
    }
    create_in(core, &place, Some(job)).await
}

/// Makes a backup in `place`, which must not exist or be empty.
pub async fn create_at(core: &Core, place: &Path) -> Result<Manifest> {
    let is_used = tokio::fs::read_dir(place).await.ok();
    if let Some(mut entries) = is_used
        && entries.next_entry().await?.is_some()
    {
        return Err(Error::Conflict(format!("{} is not empty. Name a new folder.", place.display())));
    }
    create_in(core, place, None).await.map_err(|halt| match halt {
        Halt::Fault(fault) => fault,
        Halt::Cancelled | Halt::Lost => Error::Conflict("The backup was cancelled.".into()),
    })
}

/// The whole backups in the data folder, newest first.
pub(crate) async fn list(core: &Core) -> Result<Vec<Manifest>> {
    let Ok(mut entries) = tokio::fs::read_dir(core.settings().data_dir.join("backups")).await else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    while let Some(entry) = entries.next_entry().await? {
        if let Ok(manifest) = Manifest::read(&entry.path()).await {
            found.push(manifest);
        }
    }
    found.sort_by(|a, b| b.created_at.cmp(&a.created_at));
    Ok(found)
}

/// Whether every file of a backup is as it was written, and this program can restore it.
pub(crate) async fn check(core: &Core, name: &str, job: &Job) -> Result<(), Halt> {
    let place = place(core, name)?;
    let manifest = Manifest::read(&place).await?;
    manifest.fits(core.db().kind())?;
    job.begin(manifest.kept.len(), "files").await?;
    for (number, kept) in manifest.kept.iter().enumerate() {
        kept.check(&place).await?;
        job.step(number + 1).await?;
    }
    Ok(())
}

/// Where a backup of this name lies; a name is never a path.
fn place(core: &Core, name: &str) -> Result<PathBuf> {
    named(&core.settings().data_dir, name)
}

fn named(data_dir: &Path, name: &str) -> Result<PathBuf> {
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if is_name { Ok(data_dir.join("backups").join(name)) } else { Err(Error::NotFound("Backup")) }
}

async fn create_in(core: &Core, place: &Path, job: Option<&Job>) -> Result<Manifest, Halt> {
    let name = place.file_name().map_or_else(|| "backup".into(), |name| name.to_string_lossy().into_owned());
    let partial = place.with_file_name(format!("{name}{PARTIAL}"));
    // what is left of an attempt that was cut off
    let _ = tokio::fs::remove_dir_all(&partial).await;
    private_folder(&partial).await?;
    let made = write(core, &name, &partial, job).await;
    match made {
        Ok(manifest) => {
            let _ = tokio::fs::remove_dir(place).await;
            tokio::fs::rename(&partial, place).await?;
            Ok(manifest)
        }
        Err(halt) => {
            let _ = tokio::fs::remove_dir_all(&partial).await;
            Err(halt)
        }
    }
}

/// The files are copied before and after the database: whatever it names was there at one of the two times.
async fn write(core: &Core, name: &str, folder: &Path, job: Option<&Job>) -> Result<Manifest, Halt> {
    let mut kept = Vec::new();
    let data_dir = core.settings().data_dir.clone();
    copy_files(&data_dir, folder, &mut kept, job).await?;
    if let Some(job) = job {
        job.log("Copying the database.").await?;
    }
    let schema = match core.db() {
        Db::Sqlite { reader, .. } => {
            let copy = folder.join(DATABASE);
            sqlx::query("VACUUM INTO $1").bind(copy.to_string_lossy()).execute(reader).await?;
            kept.push(Kept::of(folder, DATABASE).await?);
            core.db().schema().await?
        }
        Db::Postgres(pool) => {
            private_folder(&folder.join(TABLES)).await?;
            let (schema, tables) = postgres::dump(pool, &folder.join(TABLES)).await?;
            for table in tables {
                kept.push(Kept::of(folder, &format!("{TABLES}/{table}")).await?);
            }
            schema
        }
    };
    copy_files(&data_dir, folder, &mut kept, job).await?;
    let manifest = Manifest::new(name, core.db().kind(), schema, kept);
    manifest.write(folder).await?;
    Ok(manifest)
}

async fn copy_files(data_dir: &Path, folder: &Path, kept: &mut Vec<Kept>, job: Option<&Job>) -> Result<(), Halt> {
    let missing: Vec<String> = files::list(data_dir)
        .await?
        .into_iter()
        .filter(|path| !kept.iter().any(|kept| kept.path == format!("{FILES}/{path}")))
        .collect();
    if let Some(job) = job.filter(|_| !missing.is_empty()) {
        job.begin(missing.len(), "files").await?;
        job.log(format!("Copying {}.", count(missing.len() as u64, "file"))).await?;
    }
    for (number, path) in missing.iter().enumerate() {
        // a book that is deleted meanwhile is not needed
        if let Some(copied) = files::copy(data_dir, path, &folder.join(FILES)).await? {
            kept.push(Kept { path: format!("{FILES}/{path}"), ..copied });
        }
        if let Some(job) = job {
            job.step(number + 1).await?;
        }
    }
    Ok(())
}

/// A folder that only its owner may read: a backup has everyone's data and the program's secrets.
async fn private_folder(path: &Path) -> Result<()> {
    tokio::fs::DirBuilder::new().recursive(true).mode(0o700).create(path).await?;
    Ok(())
}
