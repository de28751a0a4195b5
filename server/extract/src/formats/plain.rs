//! Plain text, and finding out in which encoding a text is written.

use super::blocks::{Block, Kind};
use super::pages::Pages;
use super::unreadable;
use crate::ExtractError;
use crate::wire::Sink;
use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8};
use folio_types::Format;
use std::io::Write;
use std::path::Path;

pub(crate) fn read(text: &str, sink: &mut Sink<impl Write>) -> Result<(), ExtractError> {
    sink.opened(None, None, None)?;
    let mut pages = Pages::new(sink);
    let mut paragraph = String::new();
    for line in text.lines() {
        if line.trim().is_empty() {
            pages.push(&Block { kind: Kind::Paragraph, text: std::mem::take(&mut paragraph) })?;
        } else {
            paragraph.push_str(line);
            paragraph.push('\n');
        }
    }
    pages.push(&Block { kind: Kind::Paragraph, text: paragraph })?;
    pages.finish(Format::Text)
}

/// A text file's content, whatever its encoding.
///
/// # Errors
/// When the file cannot be opened, or holds binary data.
pub(crate) fn decoded(file: &Path, format: Format) -> Result<String, ExtractError> {
    let bytes = std::fs::read(file).map_err(unreadable)?;
    let declared = if format == Format::Html { declared_encoding(&bytes) } else { None };
    let text = decode(&bytes, declared);
    if looks_binary(&text) { Err(ExtractError::NotA(format)) } else { Ok(text) }
}

/// By its byte order mark, as UTF-8 if it is valid, as declared, or as it most probably is.
pub(crate) fn decode(bytes: &[u8], declared: Option<&'static Encoding>) -> String {
    let marked = Encoding::for_bom(bytes).map(|(encoding, _)| encoding);
    let encoding = marked.unwrap_or_else(|| {
        if std::str::from_utf8(bytes).is_ok() {
            return UTF_8;
        }
        declared.unwrap_or_else(|| {
            let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
            detector.feed(bytes, true);
            detector.guess(None, Utf8Detection::Allow)
        })
    });
    encoding.decode(bytes).0.into_owned()
}

/// What `<meta charset=…>` says within the first KiB, where the standard wants it.
fn declared_encoding(html: &[u8]) -> Option<&'static Encoding> {
    let start = String::from_utf8_lossy(&html[..html.len().min(1024)]).to_ascii_lowercase();
    let (_, label) = start.split_once("charset=")?;
    let label = label.trim_start_matches(['"', '\'']);
    Encoding::for_label(label.split(['"', '\'', '>', ' ', ';', '/']).next()?.as_bytes())
}

/// Whether more than one in a hundred of the first characters is none that a text has.
fn looks_binary(text: &str) -> bool {
    const LOOKED_AT: usize = 100_000;
    let foreign = |c: &char| c.is_control() && !matches!(c, '\t'..='\r' | '\u{1b}' | '\u{85}') || *c == '\u{fffd}';
    let looked_at = text.chars().take(LOOKED_AT);
    looked_at.clone().filter(foreign).count() * 100 > looked_at.count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_found_out() {
        assert_eq!(decode("naïve".as_bytes(), None), "naïve");
        assert_eq!(decode(b"\xff\xfeh\0i\0", None), "hi");
        assert_eq!(decode(b"Les \xe9l\xe8ves \xe0 l'\xe9cole fran\xe7aise", None), "Les élèves à l'école française");
        let page = b"<html><head><meta charset='iso-8859-2'></head>\xb1";
        assert_eq!(decode(page, declared_encoding(page)).chars().last(), Some('ą'));
    }

    #[test]
    fn binary_data_is_no_text() {
        assert!(looks_binary("\0\u{1}ab"));
        assert!(!looks_binary("Plain text.\r\n\tWith a tab.\u{c}"));
    }
}
