//! What one reading may cost.

use rlimit::Resource;
use std::{io, time::Duration};

/// What reading one book may cost before it is stopped.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Address space of the child, in bytes.
    pub memory_bytes: u64,
    /// How long the child may go without finishing a page; for a picture, how long it may take.
    pub silence: Duration,
    /// Processor time of the child over the whole book, in whole seconds.
    pub cpu: Duration,
    pub max_pages: u32,
    /// Bytes that the child may print for one book.
    pub max_output_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory_bytes: 1 << 30,
            silence: Duration::from_secs(30),
            cpu: Duration::from_mins(5),
            max_pages: 20_000,
            max_output_bytes: 256 << 20,
        }
    }
}

/// Limits the calling process for the rest of its life: memory, processor time, and no files or core dumps written.
///
/// # Errors
/// When the system refuses a limit.
pub(crate) fn limit_this_process(memory_bytes: u64, cpu_seconds: u64) -> io::Result<()> {
    lower(Resource::AS, memory_bytes)?;
    lower(Resource::CPU, cpu_seconds)?;
    lower(Resource::FSIZE, 0)?;
    lower(Resource::CORE, 0)
}

/// A process may lower its hard limit and never raise it again, so a stricter one that is there already stays.
fn lower(resource: Resource, wanted: u64) -> io::Result<()> {
    let (_, hard) = resource.get()?;
    let limit = wanted.min(hard);
    // The soft limit stays below the hard one where it can: passing it tells the reason (SIGXCPU), passing the hard one only kills.
    let hard = if resource == Resource::CPU { hard.min(limit.saturating_add(1)) } else { limit };
    resource.set(limit, hard)
}
