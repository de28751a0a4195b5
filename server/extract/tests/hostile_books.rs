//! Books that mean harm: every one of them ends in a clear error, in time, and within bounds.

#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use common::Shelf;
use common::books::{self, Pdf};
use folio_extract::{ExtractError, Extractor};
use folio_types::Format;
use std::time::Duration;

const MIB: u64 = 1 << 20;

#[tokio::test]
async fn files_that_are_something_else_say_so() {
    let shelf = Shelf::new();
    for (name, content, message) in [
        ("a.pdf", &b"GIF89a, not a book"[..], "The file is not a PDF."),
        ("empty.pdf", b"", "The file is not a PDF."),
        ("b.epub", b"%PDF-1.4", "The file is not an EPUB."),
        ("c.docx", b"hello", "The file is not a Word document (.docx)."),
        (
            "old.docx",
            &[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1],
            "The file is an old or an encrypted Word document; save it as .docx without a password and upload it again.",
        ),
        ("d.txt", &[0, 1, 2, 3, 255, 254, 0, 0], "The file is not plain text."),
        ("e.html", &[0, 1, 2, 3, 255, 254, 0, 0], "The file is not an HTML page."),
        ("blank.txt", b" \n\n ", "No text was found in the file."),
        ("blank.md", b"", "No text was found in the file."),
    ] {
        let read = shelf.reads(&shelf.put(name, content)).await;
        assert_eq!(read.error.map(|error| error.to_string()).as_deref(), Some(message), "{name}");
    }
    let other_zip = books::zip(&[("notes.txt", "no book")]);
    assert_eq!(shelf.reads(&shelf.put("z.docx", &other_zip)).await.error, Some(ExtractError::NotA(Format::Docx)));
    assert_eq!(shelf.reads(&shelf.put("z.epub", &other_zip)).await.error, Some(ExtractError::NotA(Format::Epub)));
}

#[tokio::test]
async fn broken_files_are_called_damaged() {
    let shelf = Shelf::new();
    let pdf = Pdf::new(vec![vec!["One"], vec!["Two"]]).bytes();
    let epub = books::epub("T", "A", &[(Some("One"), "<p>x</p>")]);
    let docx = books::docx("<w:p><w:r><w:t>never closed");
    for (name, content) in [
        ("header-only.pdf", &pdf[..12]),
        ("truncated.pdf", &pdf[..pdf.len() - 100]),
        ("truncated.epub", &epub[..epub.len() / 2]),
        ("truncated.docx", &docx[..docx.len() / 2]),
        ("unclosed.docx", &docx[..]),
    ] {
        let error = shelf.reads(&shelf.put(name, content)).await.error;
        assert!(matches!(error, Some(ExtractError::Damaged(_))), "{name}: {error:?}");
    }
}

#[tokio::test]
async fn encrypted_and_scanned_books_say_what_to_do() {
    let shelf = Shelf::new();
    let mut locked = Pdf::new(vec![vec!["Secret"]]);
    locked.encrypted = true;
    let read = shelf.reads(&shelf.put("locked.pdf", locked.bytes())).await;
    assert_eq!(read.error.unwrap().to_string(), "This PDF is encrypted; remove its password and upload it again.");

    let read = shelf.reads(&shelf.put("scan.pdf", Pdf::new(vec![vec![], vec![]]).bytes())).await;
    assert_eq!(read.error.unwrap().to_string(), "No text was found: the pages seem to be scanned pictures.");
}

#[tokio::test]
async fn a_missing_pdfium_names_the_remedy() {
    let shelf = Shelf::new();
    let file = shelf.put("a.pdf", Pdf::new(vec![vec!["One"]]).bytes());
    let extractor = Extractor::new(common::child_program(), "/nowhere/libpdfium.so");
    let error = common::read_with(&extractor, &file).await.error.unwrap();
    assert_eq!(error, ExtractError::NoPdfium("/nowhere/libpdfium.so".to_owned()));
    assert!(error.to_string().contains("make setup"));
}

#[tokio::test]
async fn zip_bombs_burst_in_the_child() {
    let mut shelf = Shelf::new();
    shelf.limits.memory_bytes = 192 * MIB;
    let bomb = "a".repeat(256 << 20);
    let docx = shelf.put("bomb.docx", books::docx(&format!("<w:p><w:r><w:t>{bomb}</w:t></w:r></w:p>")));
    let epub = shelf.put("bomb.epub", books::epub("T", "A", &[(Some("One"), &format!("<p>{bomb}</p>"))]));
    for file in [docx, epub] {
        assert!(file.metadata().unwrap().len() < 2 * MIB);
        let read = shelf.reads(&file).await;
        assert_eq!(read.error, Some(ExtractError::TooMuchMemory(192 * MIB)), "{}", file.display());
    }
}

#[tokio::test]
async fn a_pdf_that_needs_endless_memory_gets_none() {
    let mut shelf = Shelf::new();
    shelf.limits.memory_bytes = 192 * MIB;
    let file = shelf.put("endless.pdf", books::pdf_without_end());
    let too_much = ExtractError::TooMuchMemory(192 * MIB);
    assert_eq!(shelf.reads(&file).await.error, Some(too_much.clone()));
    assert_eq!(shelf.extractor().picture(&file, 1, 800).await, Err(too_much));
}

#[tokio::test]
async fn a_bomb_of_many_pages_is_stopped_by_their_number() {
    let mut shelf = Shelf::new();
    shelf.limits.max_pages = 40;
    let body = "<w:p><w:r><w:t>Again and again the same short sentence.</w:t></w:r></w:p>".repeat(100_000);
    let read = shelf.reads(&shelf.put("many.docx", books::docx(&body))).await;
    assert_eq!(read.error, Some(ExtractError::TooManyPages(40)));
    assert_eq!(read.texts.len(), 40);
}

#[tokio::test]
async fn deep_nesting_harms_nobody() {
    let mut shelf = Shelf::new();
    shelf.limits.silence = Duration::from_secs(2);
    let deep = format!("{}<p>Bottom", "<div>".repeat(200_000));
    let read = shelf.reads(&shelf.put("deep.html", deep)).await;
    assert!(read.texts == ["Bottom"] || read.error.is_some(), "{read:?}");
    let quoted = shelf.reads(&shelf.put("deep.md", format!("{} Bottom", ">".repeat(50_000)))).await;
    assert!(quoted.texts == ["Bottom"] || quoted.error.is_some(), "{quoted:?}");
}

#[tokio::test]
async fn an_absurd_page_has_a_picture_of_sane_size() {
    let shelf = Shelf::new();
    for size in [(1.0, 14_400.0), (14_400.0, 1.0), (1_000_000.0, 1_000_000.0)] {
        let mut pdf = Pdf::new(vec![vec!["x"]]);
        pdf.size = size;
        let file = shelf.put("absurd.pdf", pdf.bytes());
        match shelf.extractor().picture(&file, 1, 60_000).await {
            Ok(png) => {
                let picture = image::load_from_memory(&png).unwrap();
                assert!(u64::from(picture.width()) * u64::from(picture.height()) <= 16_000_000, "{size:?}");
            }
            Err(error) => assert!(matches!(error, ExtractError::Damaged(_)), "{size:?}: {error:?}"),
        }
    }
}

#[tokio::test]
async fn a_busy_reader_is_stopped_by_its_own_limit() {
    let mut shelf = Shelf::new();
    shelf.limits.cpu = Duration::from_secs(1);
    // Unclosed formatting is what an HTML parser must work hardest at.
    let slow = shelf.put("slow.html", "<b><i><u><a>x<p>".repeat(100_000));
    let read = shelf.reads(&slow).await;
    assert_eq!(read.error, Some(ExtractError::TooMuchWork(Duration::from_secs(1))));
}
