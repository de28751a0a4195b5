//! The files of attachments: what was uploaded, and what Folio made of it.

use super::folder;
use crate::Core;
use crate::clock::now;
use crate::db::on_db;
use crate::error::{Error, Result};
use folio_extract::{ExtractError, Extracted, Extractor, Limits};
use folio_types::Format;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::sync::Semaphore;
use uuid::Uuid;

pub const ORIGINAL: &str = "original";
pub const PICTURE: &str = "picture";
pub const THUMBNAIL: &str = "thumbnail";
const TEXT: &str = "text";

/// Pixels on the longer side; models see no more of a picture.
const PICTURE_SIDE: u32 = 1536;
const THUMBNAIL_SIDE: u32 = 320;
/// Characters of a text that are kept; no model reads that much at once.
const LONGEST_TEXT: usize = 1_000_000;
/// Somebody waits for it.
const PATIENCE: Duration = Duration::from_secs(20);
/// Files that are looked into at the same time.
static READING: Semaphore = Semaphore::const_new(2);

/// What nobody sent is kept so long.
const UNSENT: Duration = Duration::from_hours(24);
const SWEEP: Duration = Duration::from_hours(1);
const EXPIRE: &str = "DELETE FROM attachments WHERE message_id IS NULL AND created_at < $1";
const ALL_FILES: &str = "SELECT DISTINCT file_id FROM attachments WHERE file_id IS NOT NULL";
const IN_USE: &str = "SELECT EXISTS (SELECT 1 FROM attachments WHERE file_id = $1)";

/// What was made of a file.
pub struct Kept {
    /// What it takes beside the file itself.
    pub bytes: u64,
    /// Of its text.
    pub characters: u64,
}

/// Looks into an uploaded file and moves it to its folder; a picture has no `format`.
pub async fn keep(core: &Core, upload: &Path, file: Uuid, format: Option<Format>) -> Result<Kept> {
    let data_dir = &core.settings().data_dir;
    let _turn = READING.acquire().await.map_err(Error::internal)?;
    let limits = Limits { silence: PATIENCE, cpu: 3 * PATIENCE, ..Limits::default() };
    let extractor = core.extractor().clone().with_limits(limits);
    tokio::fs::create_dir_all(folder(data_dir).join(file.to_string())).await?;
    let kept = if let Some(format) = format {
        let text = document(&extractor, upload, format).await.map_err(unreadable)?;
        tokio::fs::write(place(data_dir, file, TEXT), &text).await?;
        Kept { bytes: text.len() as u64, characters: text.chars().count() as u64 }
    } else {
        let picture = extractor.fitted(upload, PICTURE_SIDE).await.map_err(unreadable)?;
        let path = place(data_dir, file, PICTURE);
        tokio::fs::write(&path, &picture).await?;
        let small = extractor.fitted(&path, THUMBNAIL_SIDE).await.map_err(unreadable)?;
        tokio::fs::write(place(data_dir, file, THUMBNAIL), &small).await?;
        Kept { bytes: (picture.len() + small.len()) as u64, characters: 0 }
    };
    tokio::fs::rename(upload, place(data_dir, file, ORIGINAL)).await?;
    Ok(kept)
}

/// The text of all pages, or its beginning.
async fn document(extractor: &Extractor, file: &Path, format: Format) -> Result<String, ExtractError> {
    let mut pages = extractor.read(file, format).await?;
    let (mut text, mut length) = (String::new(), 0);
    while let Some(extracted) = pages.next().await {
        let Extracted::Page { text: page, .. } = extracted? else { continue };
        if !text.is_empty() && !page.is_empty() {
            text.push_str("\n\n");
        }
        // PostgreSQL is not asked to store it, but whoever reads it may be
        text.extend(page.chars().filter(|c| *c != '\0').take(LONGEST_TEXT - length));
        length = text.chars().count().min(LONGEST_TEXT);
        if length == LONGEST_TEXT {
            break;
        }
    }
    if text.trim().is_empty() { Err(ExtractError::NoText(format)) } else { Ok(text) }
}

fn unreadable(fault: ExtractError) -> Error {
    match fault {
        ExtractError::Reader(_) | ExtractError::Killed | ExtractError::NoPdfium(_) => {
            tracing::warn!(%fault, "an attachment could not be looked into");
            Error::Unavailable(fault.to_string())
        }
        fault => Error::invalid("file", fault.to_string()),
    }
}

/// The first characters of a document's text; none where the file is gone.
pub(crate) async fn text(core: &Core, file: Uuid, characters: usize) -> Result<Option<String>> {
    let Ok(open) = tokio::fs::File::open(place(&core.settings().data_dir, file, TEXT)).await else { return Ok(None) };
    let mut bytes = Vec::new();
    // a character has four bytes at most
    open.take(characters as u64 * 4).read_to_end(&mut bytes).await?;
    Ok(Some(String::from_utf8_lossy(&bytes).chars().take(characters).collect()))
}

/// A picture as models get it; none where the file is gone.
pub(crate) async fn picture(core: &Core, file: Uuid) -> Option<Vec<u8>> {
    tokio::fs::read(place(&core.settings().data_dir, file, PICTURE)).await.ok()
}

/// Removes the files of attachments that were removed, where no copy of a message needs them.
pub(crate) async fn forget(core: &Core, files: Vec<Uuid>) -> Result<()> {
    for file in files {
        let in_use: bool = on_db!(read core.db(), pool => sqlx::query_scalar(IN_USE).bind(file).fetch_one(pool).await)?;
        if !in_use {
            remove(&core.settings().data_dir, file).await;
        }
    }
    Ok(())
}

/// What cannot be removed is found again by the sweep.
pub async fn remove(data_dir: &Path, file: Uuid) {
    match tokio::fs::remove_dir_all(folder(data_dir).join(file.to_string())).await {
        Err(fault) if fault.kind() != std::io::ErrorKind::NotFound => {
            tracing::warn!(%file, %fault, "an attachment's files could not be removed");
        }
        _ => {}
    }
}

/// Where a form of a file lies.
pub fn place(data_dir: &Path, file: Uuid, form: &str) -> PathBuf {
    folder(data_dir).join(file.to_string()).join(form)
}

/// Removes what nobody sent within a day and files that belong to nothing, now and from time to time, for as long as the
/// program runs.
pub async fn sweep_forever(core: Core) {
    let stopping = core.shelf().stopping().clone();
    let sweeping = async {
        loop {
            if let Err(fault) = core.attachments().sweep().await {
                tracing::warn!(fault = fault.diagnosis(), "old attachments could not be removed");
            }
            tokio::time::sleep(SWEEP).await;
        }
    };
    stopping.run_until_cancelled(sweeping).await;
}

pub(super) async fn sweep(core: &Core) -> Result<()> {
    let before = now() - i64::try_from(UNSENT.as_millis()).unwrap_or_default();
    on_db!(write core.db(), pool => sqlx::query(EXPIRE).bind(before).execute(pool).await.map(drop))?;
    // looked at before the rows are, so that what arrives meanwhile is none of it
    let mut old = HashSet::new();
    let mut entries = tokio::fs::read_dir(folder(&core.settings().data_dir)).await?;
    while let Some(entry) = entries.next_entry().await? {
        let age = entry.metadata().await?.modified()?.elapsed().unwrap_or_default();
        let name = entry.file_name();
        old.extend(name.to_str().filter(|_| age > SWEEP).and_then(|name| Uuid::parse_str(name).ok()));
    }
    if old.is_empty() {
        return Ok(());
    }
    let known: Vec<Uuid> = on_db!(read core.db(), pool => sqlx::query_scalar(ALL_FILES).fetch_all(pool).await)?;
    for file in known {
        old.remove(&file);
    }
    for file in old {
        remove(&core.settings().data_dir, file).await;
    }
    Ok(())
}
