//! Files on their way out. What somebody uploaded is to be saved and never to be shown: whatever is in it cannot act in
//! Folio's name. Pictures that Folio itself made may be shown.

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use folio_core::Error;
use std::path::Path;
use tokio_util::io::ReaderStream;

/// A file for its reader's disk, under a harmless form of `name`.
pub async fn download(path: &Path, name: &str) -> Result<Response, Error> {
    let file = tokio::fs::File::open(path).await.map_err(|_| Error::NotFound("File"))?;
    let length = file.metadata().await.map_err(Error::from)?.len();
    let mut response = Body::from_stream(ReaderStream::new(file)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'"));
    let name: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' }).collect();
    if let Ok(disposition) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    Ok(response)
}

/// A picture that Folio made, to be shown; it never becomes another one.
pub async fn picture(path: &Path, media_type: impl FnOnce(&[u8]) -> &'static str) -> Result<Response, Error> {
    let bytes = tokio::fs::read(path).await.map_err(|_| Error::NotFound("File"))?;
    let media_type = HeaderValue::from_static(media_type(&bytes));
    let mut response = Body::from(bytes).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, media_type);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=86400"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'"));
    Ok(response)
}
