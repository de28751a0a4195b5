//! A PostgreSQL server of one's own, from the system's package, in a folder that goes with it.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A running server; it ends with this value.
pub struct Postgres {
    bin: PathBuf,
    folder: PathBuf,
}

/// PostgreSQL refuses to run as root, so root's tests run it as this user, whom the package made.
const USER: &str = "postgres";

impl Postgres {
    /// Starts a server that listens on a socket in its own folder only.
    ///
    /// # Panics
    /// When PostgreSQL is not installed or does not start: a test of it must not pass without it.
    pub fn start() -> Self {
        let bin = installed().expect("PostgreSQL's server is needed: install the package postgresql");
        let folder = std::env::temp_dir().join(format!("folio-postgres-{}", uuid::Uuid::now_v7().simple()));
        fs::create_dir_all(&folder).expect("a folder for PostgreSQL");
        let server = Self { bin, folder };
        if is_root() {
            run(Command::new("chown").arg(USER).arg(&server.folder));
        }
        run(server
            .command("initdb")
            .args(["--no-sync", "--auth=trust", "--username=folio", "--encoding=UTF8", "--pgdata"])
            .arg(server.data()));
        server.resume();
        server
    }

    /// What `DATABASE_URL` is set to.
    pub fn url(&self) -> String {
        let socket = self.folder.to_string_lossy().replace('/', "%2F");
        format!("postgres://folio@{socket}/postgres")
    }

    /// Takes the database away, as a crash of its machine does; the data stays.
    pub fn stop(&self) {
        let mut stop = self.command("pg_ctl");
        stop.args(["-s", "-m", "immediate", "-D"]).arg(self.data()).arg("stop");
        // one that is stopped already is stopped
        let _ = stop.status();
    }

    /// Brings it back on the same data.
    pub fn resume(&self) {
        let options = format!("-k {} -c listen_addresses='' -c fsync=off -c max_connections=80", self.folder.display());
        let mut start = self.command("pg_ctl");
        start.args(["-w", "-s", "-l"]).arg(self.folder.join("log")).arg("-D").arg(self.data());
        run(start.arg("-o").arg(options).arg("start"));
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn command(&self, program: &str) -> Command {
        let path = self.bin.join(program);
        let mut command = if is_root() {
            let mut command = Command::new("setpriv");
            command.args(["--reuid", USER, "--regid", USER, "--clear-groups", "--"]).arg(path);
            command
        } else {
            Command::new(path)
        };
        command.current_dir(&self.folder).stdin(Stdio::null()).stdout(Stdio::null());
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.stop();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn installed() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
    let mut bins: Vec<PathBuf> = versions.flatten().map(|version| version.path().join("bin")).collect();
    bins.sort();
    bins.into_iter().rev().find(|bin| bin.join("initdb").exists())
}

fn is_root() -> bool {
    fs::metadata(Path::new("/proc/self")).is_ok_and(|own| own.uid() == 0)
}

fn run(command: &mut Command) {
    let status = command.status().expect("the command starts");
    assert!(status.success(), "{command:?}: {status}");
}
