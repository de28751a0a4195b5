//! A tool server that is a process of ours, with nothing of ours in its environment, and gone when it is not needed.

use super::StdioServer;
use crate::error::{Error, Result};
use rustix::process::{Pid, Signal, kill_process_group};
use secrecy::ExposeSecret;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};

/// How long it may take to end by itself.
const FAREWELL: Duration = Duration::from_secs(1);

/// A running command. Dropping it kills it and all that it started.
pub struct Running {
    group: Group,
    child: Child,
}

/// The processes that a command is the leader of.
struct Group(Option<Pid>);

impl Running {
    pub fn start(server: &StdioServer) -> Result<(Self, ChildStdout, ChildStdin)> {
        let mut command = Command::new(&server.command);
        command.args(&server.args).env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        command.envs(server.env.iter().map(|(name, value)| (name, value.expose_secret())));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.process_group(0).kill_on_drop(true).spawn().map_err(|fault| {
            tracing::warn!(server = server.name, %fault, "a tool server cannot be started");
            Error::Unavailable(format!("The tool server “{}” cannot be started: {fault}.", server.name))
        })?;
        let group = Group(child.id().and_then(|id| Pid::from_raw(id.cast_signed())));
        let pipes = (child.stdout.take(), child.stdin.take(), child.stderr.take());
        let (Some(output), Some(input), Some(complaints)) = pipes else {
            return Err(Error::internal("a child has no pipes"));
        };
        tokio::spawn(log(server.name.clone(), complaints));
        Ok((Self { group, child }, output, input))
    }

    /// Lets it end by itself, since its input is closed; kills what is left.
    pub async fn end(mut self) {
        let _ = tokio::time::timeout(FAREWELL, self.child.wait()).await;
        drop(self.group);
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(leader) = self.0.take() {
            // when nobody of it is left, there is nothing to do
            let _ = kill_process_group(leader, Signal::KILL);
        }
    }
}

async fn log(server: String, mut complaints: ChildStderr) {
    let mut piece = [0; 2048];
    while let Ok(length @ 1..) = complaints.read(&mut piece).await {
        let words = super::text::line(&String::from_utf8_lossy(&piece[..length]), piece.len());
        tracing::debug!(server, words, "a tool server said");
    }
}
