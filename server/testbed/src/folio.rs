//! A running folio of one's own: its process, its data and its log.

use crate::{Client, Database, Launch, PASSWORD, Store, Usage};
use rustix::process::{Pid, Signal, kill_process};
use std::fs::{self, File};
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout};
use tokio::time::{Instant, timeout};

/// A process and its data; both end with this value.
pub struct Folio {
    launch: Launch,
    address: SocketAddr,
    process: Child,
    ready_at: Instant,
    /// The last one, as everything else must be gone before it is removed.
    data: TempDir,
}

/// A start takes longer than this only when it fails.
const START: Duration = Duration::from_secs(30);
/// An exit takes longer than this only when it hangs.
const EXIT: Duration = Duration::from_secs(20);
/// How much of the log a failure shows.
const SHOWN: usize = 4_000;

impl Folio {
    /// Starts the program on a free port, on data of its own, and waits until it is ready.
    pub async fn start(launch: Launch) -> Self {
        let data = TempDir::new().expect("a folder for folio");
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = free.local_addr().expect("a bound address");
        drop(free);
        let process = ready(&launch, &data, address).await;
        Self { launch, address, process, ready_at: Instant::now(), data }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The process, while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.process.id()
    }

    /// When the process that runs now said that it is ready.
    pub fn ready_at(&self) -> Instant {
        self.ready_at
    }

    /// What the process has used so far, and nothing once it is gone.
    pub fn usage(&self) -> Usage {
        self.pid().and_then(Usage::of).unwrap_or_default()
    }

    /// The administrator, signed in.
    pub async fn ada(&self) -> Client {
        Client::sign_in(&self.url(), "ada@example.org", PASSWORD).await.expect("ada may sign in")
    }

    /// The database itself, to be audited.
    pub async fn store(&self) -> Store {
        let url = match &self.launch.database {
            Database::Sqlite => format!("sqlite://{}", self.data.path().join("folio.db").display()),
            Database::Postgres(url) => url.clone(),
        };
        Store::open(&url).await
    }

    /// `kill -9`, and waits until the process is gone.
    pub async fn kill9(&mut self) {
        self.process.start_kill().expect("it is running");
        self.process.wait().await.expect("it ends");
    }

    /// `SIGTERM`; answers how it ended and how long that took.
    pub async fn terminate(&mut self) -> (ExitStatus, Duration) {
        let pid = self.pid().and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?)).expect("it is running");
        let told = Instant::now();
        kill_process(pid, Signal::TERM).expect("the signal is sent");
        let status = timeout(EXIT, self.process.wait()).await;
        let status = status.unwrap_or_else(|_| panic!("folio does not end; {}", self.last_words()));
        (status.expect("it ends"), told.elapsed())
    }

    /// A new process on the same data and the same port, after the last one has ended.
    pub async fn restart(&mut self) {
        self.process = ready(&self.launch, &self.data, self.address).await;
        self.ready_at = Instant::now();
    }

    /// Runs another command of the program on the same data, and answers what it said.
    ///
    /// # Panics
    /// When the command fails.
    pub async fn runs(&self, arguments: &[&str]) -> String {
        let mut command = self.launch.command(self.data.path(), self.address);
        let ended = command.args(arguments).stderr(std::process::Stdio::piped()).output().await.expect("it runs");
        let said = [ended.stdout, ended.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        assert!(ended.status.success(), "folio {arguments:?}: {said}");
        said
    }

    /// Its data folder.
    pub fn folder(&self) -> &Path {
        self.data.path()
    }

    /// All that is in its data folder.
    pub fn files(&self) -> Vec<PathBuf> {
        let (mut files, mut folders) = (Vec::new(), vec![self.data.path().to_owned()]);
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).expect("a folder").flatten() {
                let path = entry.path();
                if path.is_dir() { folders.push(path) } else { files.push(path) }
            }
        }
        files
    }

    /// All that it has written to its log, over every restart.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(log(&self.data)).unwrap_or_default()).into_owned()
    }

    /// The end of its log.
    pub fn last_words(&self) -> String {
        last_words(&self.data)
    }
}

/// Starts the process and waits for its greeting.
async fn ready(launch: &Launch, data: &TempDir, address: SocketAddr) -> Child {
    let errors = append(&log(data));
    let mut process = launch.command(data.path(), address).stderr(errors).spawn().expect("folio starts");
    let mut lines = BufReader::new(process.stdout.take().expect("its output is ours")).lines();
    let greeted = timeout(START, greeting(&mut lines)).await.unwrap_or(false);
    assert!(greeted, "folio does not start; {}", last_words(data));
    let mut output = append(&log(data));
    tokio::spawn(async move {
        while let Ok(Some(line)) = lines.next_line().await {
            // a log that cannot be written is missed only where a test fails
            let _ = writeln!(output, "{line}");
        }
    });
    process
}

/// False when the process ended without it.
async fn greeting(lines: &mut Lines<BufReader<ChildStdout>>) -> bool {
    while let Ok(Some(line)) = lines.next_line().await {
        if line.contains("Folio is ready") {
            return true;
        }
    }
    false
}

fn log(data: &TempDir) -> PathBuf {
    data.path().join("testbed.log")
}

fn append(path: &PathBuf) -> File {
    File::options().create(true).append(true).open(path).expect("a file for the log")
}

fn last_words(data: &TempDir) -> String {
    let log = fs::read(log(data)).unwrap_or_default();
    let end = &log[log.len().saturating_sub(SHOWN)..];
    format!("its log ends:\n{}", String::from_utf8_lossy(end))
}
