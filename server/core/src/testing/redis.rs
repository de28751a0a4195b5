//! A Redis server of a test's own, from the system's package, in a folder that goes with it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

pub struct Redis {
    server: Child,
    folder: PathBuf,
}

impl Redis {
    /// Starts a server that listens on a socket in its own folder only and stores nothing.
    ///
    /// # Panics
    /// When Redis is not installed or does not start: a test of it must not pass without it.
    pub fn start() -> Self {
        let folder = std::env::temp_dir().join(format!("folio-redis-{}", uuid::Uuid::now_v7().simple()));
        fs::create_dir_all(&folder).expect("a folder for Redis");
        let mut server = Command::new("redis-server")
            .args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"])
            .arg(folder.join("socket"))
            .arg("--dir")
            .arg(&folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Redis is needed: install the package redis-server");
        let said = BufReader::new(server.stdout.take().expect("its output is ours"));
        let ready = said
            .lines()
            .map_while(Result::ok)
            .any(|line| line.contains("Ready to accept connections") || line.contains("ready to accept connections"));
        assert!(ready, "Redis did not start");
        Self { server, folder }
    }

    pub fn url(&self) -> String {
        format!("redis+unix://{}", self.folder.join("socket").display())
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}
