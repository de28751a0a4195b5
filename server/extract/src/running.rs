//! A child that is running, and what its end means.

use crate::{ExtractError, Limits};
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, ChildStdout, Command};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// How much of the end of a child's stderr is kept for the diagnosis, in bytes.
const STDERR_KEPT: usize = 4096;

/// How long a child whose output has ended may take to go.
const GRACE: Duration = Duration::from_secs(5);

// Linux's numbers
const SIGABRT: i32 = 6;
const SIGKILL: i32 = 9;
const SIGXCPU: i32 = 24;

/// A started child. Dropping it kills it.
pub(crate) struct Running {
    child: Child,
    stderr: JoinHandle<String>,
}

impl Running {
    /// Starts `command` with nothing of the server's but the file's path: no environment, no stdin.
    pub fn start(mut command: Command) -> Result<(Self, ChildStdout), ExtractError> {
        let mut child = command
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| ExtractError::Reader(format!("it cannot be started: {error}")))?;
        let pipes = child.stdout.take().zip(child.stderr.take());
        let (stdout, stderr) = pipes.ok_or_else(|| ExtractError::Reader("it has no output".to_owned()))?;
        let stderr = tokio::spawn(last_words(stderr));
        Ok((Self { child, stderr }, stdout))
    }

    /// Ends the child at once.
    pub async fn kill(&mut self) {
        // It fails only for a child that has ended already.
        let _ = self.child.kill().await;
    }

    /// Whether the child, whose output has ended, ended well.
    pub async fn succeeded(&mut self) -> bool {
        matches!(timeout(GRACE, self.child.wait()).await, Ok(Ok(status)) if status.success())
    }

    /// Why a child ended that closed its output without saying so.
    pub async fn died_of(&mut self, limits: &Limits) -> ExtractError {
        let Ok(Ok(status)) = timeout(GRACE, self.child.wait()).await else {
            self.kill().await;
            return ExtractError::Reader("it closed its output and went on".to_owned());
        };
        let said = timeout(GRACE, &mut self.stderr).await;
        let said = said.ok().and_then(Result::ok).unwrap_or_default();
        tracing::warn!(%status, "a book's reader ended without finishing");
        tracing::debug!(said, "its last words");
        diagnosis(status, &said, limits)
    }
}

fn diagnosis(status: ExitStatus, said: &str, limits: &Limits) -> ExtractError {
    let says = |words: &str| said.contains(words);
    // Rust says the first when an allocation fails, C and C++ the others; `PDFium` aborts without a word, or throws.
    let starved = ["memory allocation of", "bad_alloc", "ut of memory", "memory exhausted"].into_iter().any(says)
        || status.signal() == Some(SIGABRT) && (said.is_empty() || says("foreign exceptions"));
    if starved {
        return ExtractError::TooMuchMemory(limits.memory_bytes);
    }
    if says("overflowed its stack") {
        return ExtractError::Damaged("its parts are nested too deeply".to_owned());
    }
    match (status.signal(), status.code()) {
        (Some(SIGXCPU), _) => ExtractError::TooMuchWork(limits.cpu),
        (Some(SIGKILL), _) => ExtractError::Killed,
        // 101 is a Rust panic
        (Some(_), _) | (None, Some(101)) => ExtractError::Crashed,
        _ => {
            let first = said.lines().next().unwrap_or("it ended without a word");
            ExtractError::Reader(first.chars().take(200).collect())
        }
    }
}

/// Reads a child's stderr to its end, so that it never blocks on a full pipe, and keeps only the last of it.
async fn last_words(mut stderr: impl AsyncRead + Unpin) -> String {
    let mut kept = Vec::with_capacity(2 * STDERR_KEPT);
    let mut chunk = [0; STDERR_KEPT];
    while let Ok(count @ 1..) = stderr.read(&mut chunk).await {
        kept.extend_from_slice(&chunk[..count]);
        kept.drain(..kept.len().saturating_sub(STDERR_KEPT));
    }
    String::from_utf8_lossy(&kept).into_owned()
}
