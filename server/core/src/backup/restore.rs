//! Putting a backup in the place of what is there, while nothing is served.

use super::{DATABASE, FILES, MARKER, Manifest, TABLES, files, named, postgres};
use crate::Core;
use crate::accounts::Principal;
use crate::audit::{self, Actor, Deed, Origin, Outcome};
use crate::clock::now;
use crate::db::{Db, StoreLock};
use crate::error::{Error, Result};
use crate::settings::Settings;
use folio_types::UserId;
use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqliteConnectOptions;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// What somebody asked for while Folio was serving.
#[derive(Serialize, Deserialize)]
struct Wish {
    backup: String,
    person: UserId,
    name: String,
    origin: Origin,
}

/// Notes that the next start restores this backup, and who wants it.
pub(crate) async fn restore_at_start(core: &Core, who: &Principal, name: &str) -> Result<()> {
    let data_dir = &core.settings().data_dir;
    named(data_dir, name)?;
    let wish = Wish { backup: name.to_owned(), person: who.id, name: who.email.clone(), origin: Origin::here() };
    let marker = data_dir.join(MARKER);
    let partial = marker.with_extension("partial");
    tokio::fs::write(&partial, serde_json::to_string(&wish)?).await?;
    tokio::fs::rename(&partial, &marker).await?;
    Ok(())
}

/// Restores what [`restore_at_start`] noted, and says which backup it was. What came of it is in the audit log, as
/// something that the person did who wanted it. The caller holds the store's lock.
pub async fn restore_if_asked(settings: &Settings) -> Result<Option<String>> {
    let marker = settings.data_dir.join(MARKER);
    let Ok(text) = tokio::fs::read_to_string(&marker).await else { return Ok(None) };
    let (wish, outcome) = match serde_json::from_str::<Wish>(&text) {
        Ok(wish) => {
            let outcome = put_back_named(settings, &wish.backup).await;
            (Some(wish), outcome)
        }
        Err(_) => (None, Err(Error::Conflict("It cannot be read which backup is to be restored.".into()))),
    };
    match &outcome {
        Ok(()) => tokio::fs::remove_file(&marker).await?,
        // the next start must not fail for the same reason
        Err(_) => tokio::fs::rename(&marker, settings.data_dir.join("restore-failed")).await?,
    }
    let name = wish.as_ref().map(|wish| wish.backup.clone());
    if let Err(fault) = record(settings, wish, &outcome).await {
        tracing::error!(fault = fault.diagnosis(), "the audit log could not be written");
    }
    outcome.map(|()| name)
}

/// Adds what came of it to the log that is there now.
async fn record(settings: &Settings, wish: Option<Wish>, outcome: &Result<()>) -> Result<()> {
    let core = Core::open(settings.clone()).await?;
    let target = wish.as_ref().map_or("restore-failed", |wish| &*wish.backup);
    let deed = match outcome {
        Ok(()) => Deed::ran("backup.restore", target).saying("It was restored when Folio started."),
        Err(fault) => Deed::new(Outcome::Failed, "backup.restore", target)
            .saying(format!("It could not be restored when Folio started: {}", fault.diagnosis())),
    };
    match wish {
        Some(Wish { person, name, origin, .. }) => {
            audit::from(origin, core.audit().record(Actor::Person(person, name), deed)).await
        }
        None => core.audit().record(Actor::Program("folio"), deed).await,
    }
}

/// Replaces everything by the backup in `place`. What was there is kept beside it on SQLite.
pub async fn restore(settings: &Settings, place: &Path) -> Result<Manifest> {
    let _alone = StoreLock::take(&settings.database_url)?;
    put_back(settings, place).await
}

async fn put_back_named(settings: &Settings, name: &str) -> Result<()> {
    put_back(settings, &named(&settings.data_dir, name)?).await.map(drop)
}

async fn put_back(settings: &Settings, place: &Path) -> Result<Manifest> {
    let manifest = Manifest::read(place).await?;
    let kind = if settings.database_url.starts_with("sqlite:") { "sqlite" } else { "postgres" };
    manifest.fits(kind)?;
    for kept in &manifest.kept {
        kept.check(place).await?;
    }
    // all files are here before the first one is replaced
    let staged = settings.data_dir.join("restoring");
    let _ = tokio::fs::remove_dir_all(&staged).await;
    tokio::fs::create_dir_all(&staged).await?;
    let prefix = format!("{FILES}/");
    for path in manifest.kept.iter().filter_map(|kept| kept.path.strip_prefix(&prefix)) {
        files::copy(&place.join(FILES), path, &staged).await?;
    }
    let mark = format!("before-restore-{}", now());
    if kind == "sqlite" {
        replace_database(settings, place, &mark).await?;
    } else {
        let pool = Db::connect_postgres(&settings.database_url).await?;
        others_are_gone(&pool).await?;
        postgres::load(&pool, &place.join(TABLES), manifest.schema).await?;
        pool.close().await;
    }
    replace_files(settings, &staged, &mark).await?;
    let _ = tokio::fs::remove_dir_all(&staged).await;
    Ok(manifest)
}

/// A Folio that serves the database counts up its beat.
async fn others_are_gone(pool: &sqlx::PgPool) -> Result<()> {
    const BEATS: &str = "SELECT COALESCE(SUM(beat), 0)::BIGINT FROM nodes";
    let beats = || sqlx::query_scalar::<_, i64>(BEATS).fetch_one(pool);
    // a database that has no tables yet has no one who serves it
    let Ok(first) = beats().await else { return Ok(()) };
    tokio::time::sleep(std::time::Duration::from_millis(1_600)).await;
    if beats().await? == first {
        return Ok(());
    }
    Err(Error::Conflict("Another Folio is serving this database. Stop all of them first.".into()))
}

async fn replace_database(settings: &Settings, place: &Path, mark: &str) -> Result<()> {
    let database = SqliteConnectOptions::from_str(&settings.database_url)?.get_filename().to_owned();
    let folder = database.parent().map_or_else(|| PathBuf::from("."), Path::to_owned);
    tokio::fs::create_dir_all(&folder).await?;
    let fresh = folder.join(format!("{DATABASE}.{mark}.partial"));
    tokio::fs::copy(place.join(DATABASE), &fresh).await?;
    tokio::fs::File::open(&fresh).await?.sync_all().await?;
    for suffix in ["-wal", "-shm", ""] {
        let old = with_suffix(&database, suffix);
        if tokio::fs::try_exists(&old).await? {
            tokio::fs::rename(&old, with_suffix(&database, &format!(".{mark}{suffix}"))).await?;
        }
    }
    tokio::fs::rename(&fresh, &database).await?;
    Ok(())
}

/// Every folder and file of the backup takes the place of the one with its name.
async fn replace_files(settings: &Settings, staged: &Path, mark: &str) -> Result<()> {
    let before = settings.data_dir.join(mark);
    tokio::fs::create_dir_all(&before).await?;
    for folder in ["books", "attachments"] {
        let there = settings.data_dir.join(folder);
        // what the backup does not have is not there any more
        if tokio::fs::try_exists(&there).await? && !tokio::fs::try_exists(staged.join(folder)).await? {
            tokio::fs::rename(&there, before.join(folder)).await?;
        }
    }
    let mut entries = tokio::fs::read_dir(staged).await?;
    while let Some(entry) = entries.next_entry().await? {
        let target = settings.data_dir.join(entry.file_name());
        if tokio::fs::try_exists(&target).await? {
            tokio::fs::rename(&target, before.join(entry.file_name())).await?;
        }
        tokio::fs::rename(entry.path(), &target).await?;
    }
    Ok(())
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
