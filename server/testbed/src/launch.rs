//! How the program is started: where it is, and what its environment says.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::process::Command;

/// The administrator's password; the address is `ada@example.org`.
pub const PASSWORD: &str = "correct horse battery";

/// More in a minute than any test does.
const PLENTY: &str = "1000000000";

/// Where the program keeps its data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Database {
    /// A file in its data folder.
    Sqlite,
    /// A server at this URL.
    Postgres(String),
}

/// What the program is told when it starts.
#[derive(Clone, Debug)]
pub struct Launch {
    pub(crate) database: Database,
    environment: Vec<(String, String)>,
}

impl Launch {
    /// On SQLite, with the model server at `upstream`, whose silence it bears for two seconds.
    pub fn with(upstream: &str) -> Self {
        let launch = Self { database: Database::Sqlite, environment: Vec::new() };
        launch
            .set("OPENAI_BASE_URL", upstream)
            .set("UPSTREAM_FIRST_BYTE_SECONDS", "2")
            .set("UPSTREAM_IDLE_SECONDS", "2")
    }

    /// On another database.
    #[must_use]
    pub fn on(self, database: Database) -> Self {
        Self { database, ..self }
    }

    /// With one more variable of the environment; a later one wins.
    #[must_use]
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn command(&self, data: &Path, listen: SocketAddr) -> Command {
        let program = program();
        let mut command = Command::new(&program);
        command
            // a `.env` of the folder that the tests run in is not meant for this
            .current_dir(data)
            .env("DATA_DIR", data)
            .env("LISTEN_ADDR", listen.to_string())
            .env("ADMIN_EMAIL", "ada@example.org")
            .env("ADMIN_PASSWORD", PASSWORD)
            .env("REGISTRATION", "open")
            .env("LOG_FORMAT", "json")
            // counted as always, but nobody is held up
            .env("RATE_LIMIT_REQUESTS", PLENTY)
            .env("RATE_LIMIT_QUESTIONS", PLENTY)
            .env("RATE_LIMIT_SIGN_INS", PLENTY)
            .env_remove("DATABASE_URL")
            .env_remove("REDIS_URL")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        if let Some(site) = site(&program) {
            command.env("LEPTOS_SITE_ROOT", site);
        }
        if let Database::Postgres(url) = &self.database {
            command.env("DATABASE_URL", url);
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }
}

/// `FOLIO_BIN`, or the one that the same build made.
fn program() -> PathBuf {
    if let Some(named) = std::env::var_os("FOLIO_BIN") {
        return std::path::absolute(PathBuf::from(named)).expect("FOLIO_BIN is a path");
    }
    let own = std::env::current_exe().expect("this program has a path");
    let beside = own.ancestors().skip(1).take(2).map(|folder| folder.join("folio"));
    let found = beside.into_iter().find(|program| program.is_file());
    found.unwrap_or_else(|| panic!("there is no folio beside {}; build it or set FOLIO_BIN", own.display()))
}

fn site(program: &Path) -> Option<PathBuf> {
    match std::env::var_os("LEPTOS_SITE_ROOT") {
        Some(named) => std::path::absolute(PathBuf::from(named)).ok(),
        None => program.ancestors().nth(2).map(|target| target.join("site")).filter(|site| site.is_dir()),
    }
}
