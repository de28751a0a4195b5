//! Settings from the environment. An unknown value is an error that says which, never a silent default.

use folio_core::{Endpoint, Patience, Registration, Settings};
use secrecy::SecretString;
use std::fmt::Display;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

#[derive(Clone, Debug)]
pub struct Config {
    pub settings: Settings,
    pub listen_addr: SocketAddr,
    /// Where people reach Folio; no slash at the end.
    pub public_url: String,
    /// The administrator to make when there is no account yet.
    pub admin: Option<(String, SecretString)>,
    pub log_level: LogLevel,
    pub log_format: LogFormat,
    /// Where the built site lies.
    pub site_root: PathBuf,
    /// Whether pages reload when the program was rebuilt (`make dev`).
    pub dev: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

#[derive(Debug, thiserror::Error)]
#[error("{name}={value:?} is not valid: {expected}")]
pub struct ConfigError {
    name: &'static str,
    value: String,
    expected: String,
}

impl Config {
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::read(&|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
    }

    fn read(var: &dyn Fn(&'static str) -> Option<String>) -> Result<Self, ConfigError> {
        let data_dir = var("DATA_DIR").map_or_else(|| PathBuf::from("data"), PathBuf::from);
        // children start in the same folder, but a relative path must not depend on it
        let data_dir = std::path::absolute(&data_dir).unwrap_or(data_dir);
        let mut settings = Settings::in_folder(data_dir);
        if let Some(folder) = var("MODELS_DIR").map(PathBuf::from) {
            settings.model_path = folder.join(settings.model_path.file_name().unwrap_or_default());
            settings.models_dir = folder;
        }
        if let Some(url) = var("DATABASE_URL") {
            settings.database_url = database_url(url)?;
        }
        settings.model_path = var("MODEL_PATH").map_or(settings.model_path, PathBuf::from);
        settings.pdfium_library = var("PDFIUM_PATH").map_or(settings.pdfium_library, PathBuf::from);
        settings.endpoint = endpoint(var)?;
        settings.redis_url = redis_url(var)?;
        if let Some(value) = var("REGISTRATION") {
            settings.registration = registration(value)?;
        }
        if let Some(seconds) = number(var, "CONFIRMATION_TTL_SECONDS")? {
            settings.confirmation_ttl = Duration::from_secs(seconds as u64);
        }
        settings.max_history = number(var, "MAX_CONVERSATION_HISTORY")?.unwrap_or(settings.max_history);
        settings.max_tokens = number(var, "MAX_TOKEN_BUDGET")?.unwrap_or(settings.max_tokens);
        let listen_addr = parsed(var, "LISTEN_ADDR", "an address and a port, for example 127.0.0.1:8002")?
            .unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8002)));
        let public_url = public_url(var)?.unwrap_or_else(|| format!("http://{listen_addr}"));
        Ok(Self {
            admin: admin(var)?,
            log_level: log_level(var)?,
            log_format: log_format(var)?,
            site_root: var("LEPTOS_SITE_ROOT").map_or_else(site_beside_program, PathBuf::from),
            dev: var("FOLIO_DEV").is_some_and(|value| value == "1"),
            settings,
            listen_addr,
            public_url,
        })
    }
}

fn database_url(url: String) -> Result<String, ConfigError> {
    let scheme = url.split(['+', ':']).next().unwrap_or_default();
    if matches!(scheme, "sqlite" | "postgres" | "postgresql") {
        return Ok(url);
    }
    // the value may hold a password, so only its beginning is repeated
    Err(invalid("DATABASE_URL", scheme, "it starts with sqlite:, postgres: or postgresql:"))
}

fn endpoint(var: &dyn Fn(&'static str) -> Option<String>) -> Result<Option<Endpoint>, ConfigError> {
    let Some(url) = var("OPENAI_BASE_URL") else { return Ok(None) };
    if !url.starts_with("http://") && !url.starts_with("https://") {
        return Err(invalid("OPENAI_BASE_URL", &url, "a URL such as http://localhost:11434/v1"));
    }
    let base_url = url.trim_end_matches('/').to_owned();
    let seconds = |name, default| Ok(number(var, name)?.map_or(default, |count| Duration::from_secs(count as u64)));
    let usual = Patience::default();
    let patience = Patience {
        first_byte: seconds("UPSTREAM_FIRST_BYTE_SECONDS", usual.first_byte)?,
        idle: seconds("UPSTREAM_IDLE_SECONDS", usual.idle)?,
        ..usual
    };
    Ok(Some(Endpoint { base_url, api_key: var("OPENAI_API_KEY").map(SecretString::from), patience }))
}

fn redis_url(var: &dyn Fn(&'static str) -> Option<String>) -> Result<Option<SecretString>, ConfigError> {
    let Some(url) = var("REDIS_URL") else { return Ok(None) };
    let scheme = url.split("://").next().unwrap_or_default();
    if matches!(scheme, "redis" | "rediss" | "redis+unix" | "unix") {
        return Ok(Some(SecretString::from(url)));
    }
    // the value may hold a password
    Err(invalid("REDIS_URL", scheme, "a URL such as redis://localhost:6379"))
}

fn registration(value: String) -> Result<Registration, ConfigError> {
    match value.as_str() {
        "open" => Ok(Registration::Open),
        "invite" => Ok(Registration::Invite),
        "closed" => Ok(Registration::Closed),
        _ => Err(invalid("REGISTRATION", &value, "open, invite or closed")),
    }
}

fn public_url(var: &dyn Fn(&'static str) -> Option<String>) -> Result<Option<String>, ConfigError> {
    let Some(url) = var("PUBLIC_URL") else { return Ok(None) };
    if url.starts_with("http://") || url.starts_with("https://") {
        Ok(Some(url.trim_end_matches('/').to_owned()))
    } else {
        Err(invalid("PUBLIC_URL", &url, "a URL such as https://folio.example.org"))
    }
}

fn admin(var: &dyn Fn(&'static str) -> Option<String>) -> Result<Option<(String, SecretString)>, ConfigError> {
    match (var("ADMIN_EMAIL"), var("ADMIN_PASSWORD")) {
        (Some(email), Some(password)) => Ok(Some((email, SecretString::from(password)))),
        (None, None) => Ok(None),
        (Some(email), None) => Err(invalid("ADMIN_EMAIL", &email, "ADMIN_PASSWORD must be set too")),
        (None, Some(_)) => Err(invalid("ADMIN_PASSWORD", "…", "ADMIN_EMAIL must be set too")),
    }
}

fn log_level(var: &dyn Fn(&'static str) -> Option<String>) -> Result<LogLevel, ConfigError> {
    let Some(value) = var("LOG_LEVEL") else { return Ok(LogLevel::Info) };
    match value.to_ascii_uppercase().as_str() {
        "ERROR" => Ok(LogLevel::Error),
        "WARN" | "WARNING" => Ok(LogLevel::Warn),
        "INFO" => Ok(LogLevel::Info),
        "DEBUG" => Ok(LogLevel::Debug),
        "TRACE" => Ok(LogLevel::Trace),
        _ => Err(invalid("LOG_LEVEL", &value, "ERROR, WARN, INFO, DEBUG or TRACE")),
    }
}

fn log_format(var: &dyn Fn(&'static str) -> Option<String>) -> Result<LogFormat, ConfigError> {
    use std::io::IsTerminal;
    match var("LOG_FORMAT").as_deref() {
        Some("text") => Ok(LogFormat::Text),
        Some("json") => Ok(LogFormat::Json),
        Some(value) => Err(invalid("LOG_FORMAT", value, "text or json")),
        None if std::io::stderr().is_terminal() => Ok(LogFormat::Text),
        None => Ok(LogFormat::Json),
    }
}

fn number(var: &dyn Fn(&'static str) -> Option<String>, name: &'static str) -> Result<Option<usize>, ConfigError> {
    let number: Option<usize> = parsed(var, name, "a whole number of at least 1")?;
    match number {
        Some(0) => Err(invalid(name, "0", "a whole number of at least 1")),
        other => Ok(other),
    }
}

fn parsed<T: FromStr>(
    var: &dyn Fn(&'static str) -> Option<String>,
    name: &'static str,
    expected: &str,
) -> Result<Option<T>, ConfigError> {
    var(name).map(|value| value.parse().map_err(|_| invalid(name, &value, expected))).transpose()
}

/// `site` beside the program when it was installed, else where `make` builds it.
fn site_beside_program() -> PathBuf {
    let beside = std::env::current_exe().ok().and_then(|program| Some(program.parent()?.join("site")));
    beside.filter(|site| site.is_dir()).unwrap_or_else(|| PathBuf::from("target/site"))
}

fn invalid(name: &'static str, value: &str, expected: impl Display) -> ConfigError {
    ConfigError { name, value: value.to_owned(), expected: expected.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(set: &[(&'static str, &str)]) -> Result<Config, ConfigError> {
        let set: Vec<(&str, String)> = set.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        Config::read(&move |name| set.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone()))
    }

    #[test]
    fn nothing_set_is_enough() {
        let config = config(&[]).expect("the defaults are valid");
        assert_eq!(config.public_url, "http://127.0.0.1:8002");
        assert!(config.settings.database_url.ends_with("data/folio.db"));
    }

    #[test]
    fn a_wrong_value_is_an_error_that_says_which() {
        for (name, value) in [
            ("REGISTRATION", "everyone"),
            ("LOG_LEVEL", "loud"),
            ("LOG_FORMAT", "xml"),
            ("LISTEN_ADDR", "8002"),
            ("MAX_TOKEN_BUDGET", "many"),
            ("MAX_CONVERSATION_HISTORY", "0"),
            ("OPENAI_BASE_URL", "localhost"),
            ("PUBLIC_URL", "folio"),
            ("REDIS_URL", "http://localhost"),
            ("DATABASE_URL", "mysql://x"),
            ("ADMIN_EMAIL", "ada@example.org"),
        ] {
            let fault = config(&[(name, value)]).expect_err(name).to_string();
            assert!(fault.contains(name), "{fault}");
        }
    }

    #[test]
    fn a_database_password_is_not_repeated() {
        let fault = config(&[("DATABASE_URL", "mysql://ada:secret@db/folio")]).expect_err("mysql").to_string();
        assert!(!fault.contains("secret"), "{fault}");
    }
}
