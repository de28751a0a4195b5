//! The child's side: limit yourself, then read one file.

use crate::wire::{Line, Sink};
use crate::{ExtractError, formats, limits};
use clap::Parser;
use folio_types::Format;
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

/// The arguments after `folio extract`; only [`crate::Extractor`] writes them.
#[derive(Parser)]
#[command(no_binary_name = true)]
struct Job {
    /// Of a book; pictures tell theirs themselves.
    #[arg(long, required_unless_present = "fit")]
    format: Option<Format>,
    /// `PDFium`'s library file.
    #[arg(long)]
    pdfium: PathBuf,
    /// Address space, in bytes.
    #[arg(long)]
    memory: u64,
    /// Processor time, in seconds.
    #[arg(long)]
    cpu: u64,
    /// Make a picture of this page instead of reading the text.
    #[arg(long, requires = "width")]
    picture: Option<u32>,
    /// The picture's width, in pixels.
    #[arg(long)]
    width: Option<u32>,
    /// Make the file, which is a picture itself, anew, with at most this many pixels on each side.
    #[arg(long)]
    fit: Option<u32>,
    file: PathBuf,
}

/// What the hidden subcommand `folio extract` runs. `args` are those after `extract`.
///
/// It lowers the limits of its own process first, for good, and never starts a thread: call it before any runtime.
/// Pages go to stdout as JSON lines, a picture as PNG, and a failure as the last JSON line of either.
pub fn child_main(args: impl Iterator<Item = OsString>) -> ExitCode {
    let job = match Job::try_parse_from(args) {
        Ok(job) => job,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(2);
        }
    };
    let mut sink = Sink::new(io::stdout().lock());
    match work(&job, &mut sink) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // If even this cannot be said, the parent is gone.
            let _ = sink.say(&Line::Failed(error));
            ExitCode::FAILURE
        }
    }
}

fn work(job: &Job, sink: &mut Sink<impl Write>) -> Result<(), ExtractError> {
    limits::limit_this_process(job.memory, job.cpu)
        .map_err(|error| ExtractError::Reader(format!("limits cannot be set: {error}")))?;
    let format = match (job.fit, job.format) {
        (Some(side), _) => return sink.bytes(&formats::fitted(&job.file, side)?),
        (None, Some(format)) => format,
        (None, None) => return Err(ExtractError::Reader("it was not told what to read".to_owned())),
    };
    if let (Some(page), Some(width)) = (job.picture, job.width) {
        return sink.bytes(&formats::picture(format, &job.file, &job.pdfium, page, width)?);
    }
    formats::read(format, &job.file, &job.pdfium, sink)?;
    sink.say(&Line::Done)
}
