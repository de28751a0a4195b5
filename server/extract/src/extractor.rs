//! The parent's side: start a child, and believe nothing it prints without a bound.

use crate::running::Running;
use crate::wire::{Line, MAX_LINE_BYTES};
use crate::{ExtractError, Extracted, Limits};
use folio_types::Format;
use futures::StreamExt;
use std::path::{Path, PathBuf};
use tokio::io::AsyncReadExt;
use tokio::process::{ChildStdout, Command};
use tokio::time::timeout;
use tokio_util::codec::{FramedRead, LinesCodec, LinesCodecError};

/// The largest picture that is accepted from a child, in bytes.
const MAX_PICTURE_BYTES: u64 = 64 << 20;

const PNG: &[u8] = b"\x89PNG";
const JPEG: &[u8] = b"\xff\xd8\xff";

/// Reads books and makes pictures of their pages, each in a child process of its own.
#[derive(Clone, Debug)]
pub struct Extractor {
    program: PathBuf,
    pdfium: PathBuf,
    limits: Limits,
}

impl Extractor {
    /// `program` is the program whose `extract` subcommand calls [`crate::child_main`], usually
    /// `std::env::current_exe()`; `pdfium_library` is `PDFium`'s library file, needed by PDFs only.
    pub fn new(program: impl Into<PathBuf>, pdfium_library: impl Into<PathBuf>) -> Self {
        Self { program: program.into(), pdfium: pdfium_library.into(), limits: Limits::default() }
    }

    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Starts to read a file; its pages come from the stream as they are read.
    ///
    /// # Errors
    /// When there is no such file, or no child can be started. Whatever is wrong inside the file is an error of
    /// the stream.
    pub async fn read(&self, file: &Path, format: Format) -> Result<PageStream, ExtractError> {
        let found = tokio::fs::metadata(file).await;
        found.map_err(|error| ExtractError::Unreadable(error.to_string()))?;
        let (running, stdout) = Running::start(self.command(Some(format), file, &[]))?;
        let lines = FramedRead::new(stdout, LinesCodec::new_with_max_length(MAX_LINE_BYTES));
        Ok(PageStream { running, lines, limits: self.limits.clone(), bytes: 0, pages: 0, ended: false })
    }

    /// A picture of one page (counted from 1) of a PDF as PNG, `width_px` pixels wide, or less where
    /// the page is so long that its picture would get too big.
    ///
    /// # Errors
    /// When there is no such page, or the file cannot be read within the limits.
    pub async fn picture(&self, file: &Path, page: u32, width_px: u32) -> Result<Vec<u8>, ExtractError> {
        let options = [("--picture", page), ("--width", width_px)];
        self.printed(self.command(Some(Format::Pdf), file, &options)).await
    }

    /// A file that is a picture itself, made anew as PNG or JPEG with at most `side` pixels on each side: only what can be
    /// seen is kept of it.
    ///
    /// # Errors
    /// When it is no picture, or cannot be read within the limits.
    pub async fn fitted(&self, file: &Path, side: u32) -> Result<Vec<u8>, ExtractError> {
        self.printed(self.command(None, file, &[("--fit", side)])).await
    }

    /// The picture that a child prints.
    async fn printed(&self, command: Command) -> Result<Vec<u8>, ExtractError> {
        let (mut running, stdout) = Running::start(command)?;
        let mut printed = Vec::new();
        let mut bounded = stdout.take(MAX_PICTURE_BYTES);
        let whole = timeout(self.limits.silence, bounded.read_to_end(&mut printed)).await;
        // A child that has more to print must not wait for us to read it.
        drop(bounded);
        let is_picture = printed.starts_with(PNG) || printed.starts_with(JPEG);
        match whole {
            Err(_) => Err(ExtractError::Silent(self.limits.silence)),
            Ok(Err(error)) => Err(ExtractError::Reader(error.to_string())),
            Ok(Ok(size)) if size as u64 == MAX_PICTURE_BYTES => {
                Err(ExtractError::Reader("its picture is too big".to_owned()))
            }
            Ok(Ok(_)) if is_picture && running.succeeded().await => Ok(printed),
            Ok(Ok(_)) => match serde_json::from_slice(&printed) {
                Ok(Line::Failed(error)) => Err(error),
                _ => Err(running.died_of(&self.limits).await),
            },
        }
    }

    /// `options` come before the file, whose name may begin with a dash.
    fn command(&self, format: Option<Format>, file: &Path, options: &[(&str, u32)]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(["extract", "--pdfium"]).arg(&self.pdfium);
        if let Some(format) = format {
            command.args(["--format", format.as_str()]);
        }
        command.args(["--memory", &self.limits.memory_bytes.to_string()]);
        command.args(["--cpu", &self.limits.cpu.as_secs().max(1).to_string()]);
        for (name, value) in options {
            command.args([*name, &value.to_string()]);
        }
        command.arg("--").arg(file);
        command
    }
}

/// The pages of a book that is being read. Dropping it ends the reading.
pub struct PageStream {
    running: Running,
    lines: FramedRead<ChildStdout, LinesCodec>,
    limits: Limits,
    bytes: u64,
    pages: u32,
    ended: bool,
}

impl PageStream {
    /// What was read next; `None` after the last page or after an error. The child waits while nobody asks.
    ///
    /// Safe to cancel: nothing is lost when the future is dropped before it is ready.
    pub async fn next(&mut self) -> Option<Result<Extracted, ExtractError>> {
        if self.ended {
            return None;
        }
        let next = self.step().await.transpose();
        if !matches!(next, Some(Ok(_))) {
            self.ended = true;
            self.running.kill().await;
        }
        next
    }

    async fn step(&mut self) -> Result<Option<Extracted>, ExtractError> {
        let nonsense = || ExtractError::Reader("it printed something that is no page".to_owned());
        let Ok(line) = timeout(self.limits.silence, self.lines.next()).await else {
            return Err(ExtractError::Silent(self.limits.silence));
        };
        let line = match line {
            None => return Err(self.running.died_of(&self.limits).await),
            Some(Err(LinesCodecError::MaxLineLengthExceeded)) => return Err(nonsense()),
            Some(Err(LinesCodecError::Io(error))) => {
                return Err(ExtractError::Reader(error.to_string()));
            }
            Some(Ok(line)) => line,
        };
        self.bytes += line.len() as u64;
        if self.bytes > self.limits.max_output_bytes {
            return Err(ExtractError::TooMuchText(self.limits.max_output_bytes));
        }
        match serde_json::from_str(&line) {
            Ok(Line::Read(extracted)) => self.within_limits(extracted).map(Some),
            Ok(Line::Failed(error)) => Err(error),
            Ok(Line::Done) => Ok(None),
            Err(_) => Err(nonsense()),
        }
    }

    fn within_limits(&mut self, extracted: Extracted) -> Result<Extracted, ExtractError> {
        let pages = match extracted {
            Extracted::Opened { pages, .. } => pages.unwrap_or_default(),
            Extracted::Page { .. } => {
                self.pages += 1;
                self.pages
            }
        };
        if pages > self.limits.max_pages {
            return Err(ExtractError::TooManyPages(self.limits.max_pages));
        }
        Ok(extracted)
    }
}
