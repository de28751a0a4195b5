//! What a file is, by its content and not by its sender's word.

use crate::error::{Error, Result};
use folio_types::{AttachmentKind, Format};
use std::path::Path;
use tokio::io::AsyncReadExt;

/// Enough to tell what it is, in bytes.
const SNIFFED: u64 = 8 * 1024;

pub struct Found {
    pub kind: AttachmentKind,
    pub media_type: &'static str,
    /// Of a document.
    pub format: Option<Format>,
}

/// Looks at the beginning of a file. Text has no mark of its own: whoever reads it finds out whether it is some.
pub async fn of(path: &Path, name: &str) -> Result<Found> {
    let mut start = Vec::new();
    tokio::fs::File::open(path).await?.take(SNIFFED).read_to_end(&mut start).await?;
    sniffed(&start, name).ok_or_else(|| {
        Error::invalid(
            "file",
            format!("“{name}” is not a kind of file that Folio takes. Attach a picture (PNG, JPEG, WebP, GIF), PDF, EPUB, DOCX, HTML, Markdown or text."),
        )
    })
}

fn sniffed(start: &[u8], name: &str) -> Option<Found> {
    let named = Format::of_file_name(name);
    let is_text = |format: &Format| matches!(format, Format::Html | Format::Markdown | Format::Text);
    let format = match infer::get(start).map(|found| found.mime_type()) {
        Some(media_type @ ("image/png" | "image/jpeg" | "image/gif" | "image/webp")) => {
            return Some(Found { kind: AttachmentKind::Picture, media_type, format: None });
        }
        Some("application/pdf") => Format::Pdf,
        Some("application/epub+zip") => Format::Epub,
        Some("application/vnd.openxmlformats-officedocument.wordprocessingml.document") => Format::Docx,
        // an archive whose order is unusual; its reader looks into it
        Some("application/zip") => named.filter(|format| matches!(format, Format::Docx | Format::Epub))?,
        Some("text/html") => Format::Html,
        None | Some("text/xml" | "text/x-shellscript") => named.filter(is_text).unwrap_or(Format::Text),
        // some texts begin like something else
        Some(_) => named.filter(is_text)?,
    };
    Some(Found { kind: AttachmentKind::Document, media_type: media_type(format), format: Some(format) })
}

fn media_type(format: Format) -> &'static str {
    match format {
        Format::Pdf => "application/pdf",
        Format::Epub => "application/epub+zip",
        Format::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        Format::Html => "text/html",
        Format::Markdown => "text/markdown",
        Format::Text => "text/plain",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_content_decides_and_not_the_name() {
        let kind = |start: &[u8], name: &str| sniffed(start, name).map(|found| found.media_type);
        assert_eq!(kind(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "letter.pdf"), Some("image/png"));
        assert_eq!(kind(b"%PDF-1.7", "photo.png"), Some("application/pdf"));
        assert_eq!(kind(b"Dear Ada", "letter"), Some("text/plain"));
        assert_eq!(kind(b"a,b\n1,2", "table.csv"), Some("text/plain"));
        assert_eq!(kind(b"# Bees", "bees.md"), Some("text/markdown"));
        assert_eq!(kind(b"BMX riders", "riders.txt"), Some("text/plain"));
        assert_eq!(kind(b"MZ\x90\0", "tool.png"), None);
        assert_eq!(kind(b"PK\x03\x04", "many.zip"), None);
    }
}
