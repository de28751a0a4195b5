//! Why a book could not be read.

use folio_types::Format;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Why a book, or one of its pictures, could not be read. `Display` is for the book's owner.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum ExtractError {
    #[error("This {} is encrypted; remove its password and upload it again.", noun(*.0))]
    Encrypted(Format),
    /// The content is not what the file's name promises.
    #[error("The file is not {}.", with_article(*.0))]
    NotA(Format),
    #[error(
        "The file is an old or an encrypted Word document; save it as .docx without a password and upload it again."
    )]
    OldWord,
    #[error("The file is damaged: {0}.")]
    Damaged(String),
    #[error("{}", no_text(*.0))]
    NoText(Format),
    #[error("The file is not a picture that Folio reads: PNG, JPEG, WebP or GIF.")]
    NotAPicture,
    /// More than this many.
    #[error("The picture has more than {} million pixels.", .0 / 1_000_000)]
    TooManyPixels(u64),
    #[error("The book has {pages} pages; there is no page {page}.")]
    NoSuchPage { page: u32, pages: u32 },
    #[error("The book has more than {0} pages.")]
    TooManyPages(u32),
    /// More than this many bytes of text.
    #[error("The book holds more than {} of text.", bytes(*.0))]
    TooMuchText(u64),
    #[error("Reading took no step for {} and was stopped.", seconds(*.0))]
    Silent(Duration),
    /// More than this many bytes.
    #[error("Reading needed more than {} of memory and was stopped.", bytes(*.0))]
    TooMuchMemory(u64),
    #[error("Reading took more than {} of computing and was stopped.", seconds(*.0))]
    TooMuchWork(Duration),
    #[error("The file makes the reader crash; it is probably damaged.")]
    Crashed,
    /// The kernel or an administrator ended the child, not we.
    #[error("Reading was stopped by the system, which was probably short of memory; try again later.")]
    Killed,
    /// Where the library was looked for.
    #[error("PDFs cannot be read here: the PDFium library is missing at {0}. `make setup` installs it.")]
    NoPdfium(String),
    #[error("The file could not be opened: {0}.")]
    Unreadable(String),
    /// The child could not be started, or did not behave as a reader.
    #[error("The reader does not work: {0}.")]
    Reader(String),
}

fn noun(format: Format) -> &'static str {
    match format {
        Format::Pdf => "PDF",
        Format::Epub => "EPUB",
        Format::Docx => "Word document",
        Format::Html | Format::Markdown | Format::Text => "file",
    }
}

fn with_article(format: Format) -> &'static str {
    match format {
        Format::Pdf => "a PDF",
        Format::Epub => "an EPUB",
        Format::Docx => "a Word document (.docx)",
        Format::Html => "an HTML page",
        Format::Markdown => "Markdown text",
        Format::Text => "plain text",
    }
}

fn no_text(format: Format) -> &'static str {
    match format {
        Format::Pdf => "No text was found: the pages seem to be scanned pictures.",
        _ => "No text was found in the file.",
    }
}

fn seconds(time: Duration) -> String {
    match time.as_secs() {
        0 => format!("{} milliseconds", time.as_millis()),
        1 => "1 second".to_owned(),
        seconds if seconds % 60 == 0 && seconds > 60 => format!("{} minutes", seconds / 60),
        seconds => format!("{seconds} seconds"),
    }
}

fn bytes(count: u64) -> String {
    const MIB: u64 = 1 << 20;
    const GIB: u64 = 1 << 30;
    match count {
        whole if whole >= GIB && whole.is_multiple_of(GIB) => format!("{} GiB", whole / GIB),
        many if many >= MIB => format!("{} MiB", many / MIB),
        few => format!("{few} bytes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_words_for_people() {
        let said = [
            ExtractError::Encrypted(Format::Pdf),
            ExtractError::NotA(Format::Pdf),
            ExtractError::NoText(Format::Pdf),
            ExtractError::Silent(Duration::from_secs(30)),
            ExtractError::TooMuchMemory(1 << 30),
            ExtractError::TooMuchWork(Duration::from_mins(5)),
            ExtractError::TooMuchText(256 << 20),
        ]
        .map(|error| error.to_string());
        assert_eq!(
            said,
            [
                "This PDF is encrypted; remove its password and upload it again.",
                "The file is not a PDF.",
                "No text was found: the pages seem to be scanned pictures.",
                "Reading took no step for 30 seconds and was stopped.",
                "Reading needed more than 1 GiB of memory and was stopped.",
                "Reading took more than 5 minutes of computing and was stopped.",
                "The book holds more than 256 MiB of text.",
            ]
        );
    }
}
