//! EPUB: the spine's documents in order, labelled by the table of contents.

use super::pages::Pages;
use super::{html, plain};
use crate::ExtractError;
use crate::wire::Sink;
use folio_types::Format;
use rbook::Epub;
use rbook::ebook::errors::{ArchiveError, EbookError};
use std::collections::HashMap;
use std::io::Write;
use std::path::Path;

pub(crate) fn read(file: &Path, sink: &mut Sink<impl Write>) -> Result<(), ExtractError> {
    let book = Epub::open(file).map_err(not_opened)?;
    let metadata = book.metadata();
    let title = metadata.title().map(|title| title.value());
    let authors = metadata.creators().map(|creator| creator.value()).collect::<Vec<_>>().join(", ");
    refuse_encrypted(&book)?;
    sink.opened(None, title, Some(&authors))?;

    let titles = chapter_titles(&book);
    let mut pages = Pages::new(sink);
    let mut chapter = None;
    let mut missing = None;
    for entry in book.spine().iter().filter_map(|entry| entry.manifest_entry()) {
        // A file without an entry of its own goes on with the chapter before it.
        chapter = titles.get(entry.href().path().as_str()).copied().or(chapter);
        match entry.read_bytes() {
            Ok(bytes) => {
                pages.chapter(chapter)?;
                for block in &html::rendered_xhtml(&plain::decode(&bytes, None)).blocks {
                    pages.push(block)?;
                }
            }
            Err(error) => missing = Some(error),
        }
    }
    // One lost chapter is no reason to refuse the others.
    pages.finish(Format::Epub).map_err(|error| match missing {
        Some(missing) => ExtractError::Damaged(format!("its chapters cannot be read ({missing})")),
        None => error,
    })
}

/// The first title that the table of contents gives to each file.
fn chapter_titles(book: &Epub) -> HashMap<&str, &str> {
    let mut titles = HashMap::new();
    if let Some(contents) = book.toc().contents() {
        for entry in contents.flatten() {
            if let Some(href) = entry.href() {
                titles.entry(href.path().as_str()).or_insert(entry.label());
            }
        }
    }
    titles
}

/// Books with copy protection list their encrypted chapters; a list with only fonts in it does no harm.
fn refuse_encrypted(book: &Epub) -> Result<(), ExtractError> {
    let Ok(list) = book.read_resource_str("/META-INF/encryption.xml") else {
        return Ok(());
    };
    let listed = |href: &str| list.contains(href.trim_start_matches('/'));
    let mut chapters = book.spine().iter().filter_map(|entry| entry.manifest_entry());
    if chapters.any(|entry| listed(entry.href().path().as_str())) {
        return Err(ExtractError::Encrypted(Format::Epub));
    }
    Ok(())
}

fn not_opened(error: EbookError) -> ExtractError {
    match error {
        // a ZIP without the file that makes it an EPUB
        EbookError::Archive(ArchiveError::InvalidResource { .. }) => ExtractError::NotA(Format::Epub),
        EbookError::Archive(ArchiveError::UnreadableArchive { source, .. }) => {
            ExtractError::Damaged(source.to_string())
        }
        other => ExtractError::Damaged(other.to_string()),
    }
}
