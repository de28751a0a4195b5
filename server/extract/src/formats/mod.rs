//! One reader per format. They run in the child only.

mod blocks;
mod docx;
mod epub;
mod html;
mod image;
mod pages;
mod pdf;
mod pdf_text;
mod plain;

pub(crate) use image::fitted;

use crate::ExtractError;
use crate::wire::Sink;
use folio_types::Format;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

/// How far into a PDF its signature may stand, in bytes; mail programs put headers before it.
const SNIFFED: u64 = 1024;

/// Reads a file and tells the sink what it is and every page of it.
pub(crate) fn read(
    format: Format,
    file: &Path,
    pdfium: &Path,
    sink: &mut Sink<impl Write>,
) -> Result<(), ExtractError> {
    check_signature(format, file)?;
    match format {
        Format::Pdf => pdf::read(file, pdfium, sink),
        Format::Epub => epub::read(file, sink),
        Format::Docx => docx::read(file, sink),
        Format::Html => html::read(&plain::decoded(file, format)?, format, sink),
        Format::Markdown => html::read(&html::from_markdown(&plain::decoded(file, format)?), format, sink),
        Format::Text => plain::read(&plain::decoded(file, format)?, sink),
    }
}

/// A PNG of one page. Only PDFs have pictures.
pub(crate) fn picture(
    format: Format,
    file: &Path,
    pdfium: &Path,
    page: u32,
    width: u32,
) -> Result<Vec<u8>, ExtractError> {
    if !format.has_pictures() {
        return Err(ExtractError::NotA(Format::Pdf));
    }
    check_signature(format, file)?;
    pdf::picture(file, pdfium, page, width)
}

/// Whether the content can be what the file's name promised. Text has no signature; its reader looks for binary data.
fn check_signature(format: Format, file: &Path) -> Result<(), ExtractError> {
    let mut start = Vec::new();
    File::open(file).and_then(|file| file.take(SNIFFED).read_to_end(&mut start)).map_err(unreadable)?;
    let fits = match format {
        Format::Pdf => start.windows(4).any(|window| window == b"%PDF"),
        Format::Epub | Format::Docx => start.starts_with(b"PK"),
        Format::Html | Format::Markdown | Format::Text => true,
    };
    // the container of Word before 2007, and of every encrypted Word document
    let is_ole = start.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]);
    match (fits, format) {
        (true, _) => Ok(()),
        (false, Format::Docx) if is_ole => Err(ExtractError::OldWord),
        (false, _) => Err(ExtractError::NotA(format)),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn unreadable(error: io::Error) -> ExtractError {
    ExtractError::Unreadable(error.to_string())
}
