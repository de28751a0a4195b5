//! A shelf of books made for the tests, and a reader that remembers what it read.

#![expect(dead_code, reason = "every test file uses its part of it")]
#![expect(clippy::unwrap_used, reason = "a test that cannot make its fixture fails")]

pub mod books;

use folio_extract::{ExtractError, Extracted, Extractor, Limits};
use folio_types::Format;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

pub struct Shelf {
    dir: TempDir,
    pub limits: Limits,
}

/// Everything that one reading yielded.
#[derive(Debug, Default)]
pub struct Reading {
    pub count: Option<u32>,
    pub title: Option<String>,
    pub author: Option<String>,
    pub numbers: Vec<u32>,
    pub labels: Vec<Option<String>>,
    pub texts: Vec<String>,
    pub error: Option<ExtractError>,
}

impl Shelf {
    pub fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), limits: Limits::default() }
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    pub fn put(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.dir.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// Reads a book with the real child.
    pub async fn reads(&self, book: &Path) -> Reading {
        read_with(&self.extractor(), book).await
    }

    pub fn extractor(&self) -> Extractor {
        Extractor::new(child_program(), pdfium()).with_limits(self.limits.clone())
    }

    /// Reads any book with a shell script in the child's place.
    pub async fn reads_with_script(&self, script: &str) -> Reading {
        let book = self.put("book.txt", "any");
        read_with(&self.script(script), &book).await
    }

    pub fn script(&self, script: &str) -> Extractor {
        let program = self.put("child.sh", format!("#!/bin/sh\n{script}\n"));
        std::fs::set_permissions(&program, PermissionsExt::from_mode(0o700)).unwrap();
        Extractor::new(program, "/nowhere").with_limits(self.limits.clone())
    }
}

pub async fn read_with(extractor: &Extractor, book: &Path) -> Reading {
    let format = Format::of_file_name(book.to_str().unwrap()).unwrap();
    let mut reading = Reading::default();
    let mut stream = match extractor.read(book, format).await {
        Ok(stream) => stream,
        Err(error) => {
            return Reading { error: Some(error), ..reading };
        }
    };
    while let Some(next) = stream.next().await {
        match next {
            Ok(Extracted::Opened { pages, title, author }) => {
                (reading.count, reading.title, reading.author) = (pages, title, author);
            }
            Ok(Extracted::Page { number, label, text }) => {
                reading.numbers.push(number);
                reading.labels.push(label);
                reading.texts.push(text);
            }
            Err(error) => reading.error = Some(error),
        }
    }
    reading
}

/// `examples/child.rs`, which cargo builds beside the tests.
pub fn child_program() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let program = test.ancestors().nth(2).unwrap().join("examples/child");
    assert!(program.exists(), "{} is missing: run `cargo build -p folio-extract --examples`", program.display());
    program
}

pub fn pdfium() -> PathBuf {
    let at_set_up = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/lib/libpdfium.so");
    let library = std::env::var_os("FOLIO_PDFIUM").map_or(at_set_up, PathBuf::from);
    assert!(library.exists(), "PDFium is missing at {}: run `make setup` or set FOLIO_PDFIUM", library.display());
    library
}
