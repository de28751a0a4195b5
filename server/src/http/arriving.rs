//! Files on their way in: streamed to disk, never held in memory.

use super::errors::{ApiError, Problem};
use axum::extract::multipart::{Field, MultipartError, MultipartRejection};
use axum::http::StatusCode;
use folio_core::{Core, Error, Result};
use std::path::Path;
use tempfile::TempPath;
use tokio::io::AsyncWriteExt;

const LONGEST_TEXT: usize = 1000;

/// Writes a file of at most `most` bytes to `path`.
pub async fn save(mut field: Field<'_>, path: &Path, most: u64, too_large: &str) -> Result<()> {
    let mut file = tokio::fs::File::create(path).await.map_err(Error::from)?;
    let mut size = 0_u64;
    while let Some(bytes) = field.chunk().await.map_err(broken)? {
        size += bytes.len() as u64;
        if size > most {
            return Err(Error::TooLarge(too_large.to_owned()));
        }
        file.write_all(&bytes).await.map_err(Error::from)?;
    }
    file.flush().await.map_err(Error::from)?;
    Ok(())
}

/// Saves a file that is to be attached; it is removed with the path, unless it was kept.
pub async fn attachment(core: &Core, field: Field<'_>) -> Result<TempPath> {
    let most = core.settings().attachment_bytes;
    let path = TempPath::try_from_path(core.library().upload_path()).map_err(Error::from)?;
    save(field, &path, most, &format!("A file may have at most {} MB.", most / 1_000_000)).await?;
    Ok(path)
}

/// A field that is no file, with at most a thousand bytes.
pub async fn text(field: Field<'_>) -> Result<String> {
    longer_text(field, LONGEST_TEXT).await
}

/// As [`text`], with another bound.
pub async fn longer_text(mut field: Field<'_>, longest: usize) -> Result<String> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(broken)? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > longest {
            return Err(Error::invalid("title", "This field is too long."));
        }
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

pub fn broken(fault: MultipartError) -> Error {
    let message = format!("The upload did not arrive whole: {}", fault.body_text());
    if fault.status() == StatusCode::PAYLOAD_TOO_LARGE {
        Error::TooLarge(message)
    } else {
        Error::invalid("file", message)
    }
}

pub fn no_form(rejection: MultipartRejection) -> ApiError {
    Problem::new(StatusCode::BAD_REQUEST, rejection.body_text()).into()
}
