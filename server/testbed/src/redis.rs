//! A Redis server of one's own, from the system's package, that keeps nothing on disk.

use rustix::process::{Pid, Signal, kill_process};
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};

/// A running server; it ends with this value.
pub struct Redis {
    port: u16,
    folder: TempDir,
    process: Child,
}

const START: Duration = Duration::from_secs(10);

impl Redis {
    /// Starts a server on a free port.
    ///
    /// # Panics
    /// When Redis is not installed or does not start: a test of it must not pass without it.
    pub async fn start() -> Self {
        let folder = TempDir::new().expect("a folder for Redis");
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = free.local_addr().expect("a bound address").port();
        drop(free);
        let process = spawn(port, &folder);
        let server = Self { port, folder, process };
        server.ready().await;
        server
    }

    /// What `REDIS_URL` is set to.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    /// Takes it away; what it held is gone.
    pub fn stop(&mut self) {
        // one that has ended already has ended
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    /// Lets it stand still: connections stay, and nothing is answered.
    pub fn freeze(&self) {
        self.signal(Signal::STOP);
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.process.id()).ok().and_then(Pid::from_raw).expect("it is running");
        kill_process(pid, signal).expect("the signal is sent");
    }

    /// Brings it back, empty, on the same port.
    pub async fn resume(&mut self) {
        self.process = spawn(self.port, &self.folder);
        self.ready().await;
    }

    async fn ready(&self) {
        let deadline = Instant::now() + START;
        while !self.answers().await {
            assert!(Instant::now() < deadline, "redis-server does not answer on port {}", self.port);
            sleep(Duration::from_millis(10)).await;
        }
    }

    async fn answers(&self) -> bool {
        let Ok(mut connection) = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).await else { return false };
        let mut pong = [0; 7];
        connection.write_all(b"PING\r\n").await.is_ok()
            && connection.read_exact(&mut pong).await.is_ok()
            && &pong == b"+PONG\r\n"
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.stop();
    }
}

fn spawn(port: u16, folder: &TempDir) -> Child {
    Command::new("redis-server")
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir"])
        .arg(folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .expect("Redis' server is needed: install the package redis-server")
}
