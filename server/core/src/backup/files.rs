//! The files beside the database.

use super::manifest::Kept;
use crate::error::{Error, Result};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// What can be had again, belongs to the database, or is of this moment only.
const LEFT_OUT: [&str; 7] = ["models", "lib", "uploads", "backups", "exports", "restoring", super::MARKER];

/// The files of the data folder that a backup needs, as paths within it.
pub async fn list(data_dir: &Path) -> Result<Vec<String>> {
    let data_dir = data_dir.to_owned();
    tokio::task::spawn_blocking(move || {
        let mut found = Vec::new();
        walk(&data_dir, Path::new(""), &mut found)?;
        found.sort();
        Ok(found)
    })
    .await
    .map_err(Error::internal)?
}

/// Copies one file below `to`; none where it is gone.
pub async fn copy(from: &Path, path: &str, to: &Path) -> Result<Option<Kept>> {
    let (source, target, path) = (from.join(path), to.join(path), path.to_owned());
    tokio::task::spawn_blocking(move || {
        let mut source = match File::open(&source) {
            Err(fault) if fault.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            other => other?,
        };
        if let Some(folder) = target.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut target = File::options().write(true).create(true).truncate(true).mode(0o600).open(&target)?;
        let (size, sha256) = through(&mut source, |piece| target.write_all(piece))?;
        target.sync_all()?;
        Ok(Some(Kept { path, size, sha256 }))
    })
    .await
    .map_err(Error::internal)?
}

/// The size of a file and its hash.
pub async fn digest(path: PathBuf) -> Result<(u64, String)> {
    let read = move || through(&mut File::open(path)?, |_| Ok(()));
    Ok(tokio::task::spawn_blocking(read).await.map_err(Error::internal)??)
}

/// Bytes as text.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        // writing to a string does not fail
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

fn walk(root: &Path, within: &Path, found: &mut Vec<String>) -> Result<()> {
    let entries = match std::fs::read_dir(root.join(within)) {
        Err(fault) if fault.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        other => other?,
    };
    for entry in entries {
        let entry = entry?;
        let (kind, path) = (entry.file_type()?, within.join(entry.file_name()));
        // a link could lead anywhere
        if kind.is_dir() && !is_left_out(&path) {
            walk(root, &path, found)?;
        } else if kind.is_file()
            && !is_left_out(&path)
            && let Some(path) = path.to_str()
        {
            found.push(path.to_owned());
        }
    }
    Ok(())
}

fn is_left_out(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let is_top = path.components().count() == 1;
    let of_database = name.contains(".db") || name.ends_with(".lock") || name.ends_with(".log");
    let is_picture = path.starts_with("books") && name.ends_with(".png");
    (is_top && (LEFT_OUT.contains(&&*name) || of_database || name.contains("before-restore")))
        || is_picture
        || name.ends_with(".partial")
}

fn through(source: &mut File, mut take: impl FnMut(&[u8]) -> std::io::Result<()>) -> std::io::Result<(u64, String)> {
    let (mut hash, mut size, mut piece) = (Sha256::new(), 0, vec![0; 256 * 1024]);
    loop {
        let read = source.read(&mut piece)?;
        if read == 0 {
            let digest: [u8; 32] = hash.finalize().into();
            return Ok((size, hex(&digest)));
        }
        take(&piece[..read])?;
        hash.update(&piece[..read]);
        size += read as u64;
    }
}
