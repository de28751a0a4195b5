//! Settings from the environment. An unknown value is an error that says which, never a silent default.

use axum::http::HeaderValue;
use axum_client_ip::ClientIpSource;
use folio_core::limits::Quotas;
use folio_core::llm::{AllowList, Takes};
use folio_core::tools::StdioServer;
use folio_core::{
    AdminClaim, AuthService, Endpoint, OpenId, Patience, Registration, Settings, SharedCredential, secrets,
};
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
    /// Another frontend that may call the API from its users' browsers.
    pub frontend_origin: Option<HeaderValue>,
    /// How to tell where a request comes from.
    pub client_ip: ClientIpSource,
    /// Who shows it may read the metrics; nobody without.
    pub metrics_token: Option<SecretString>,
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
        let mut config = Self::read(&|name| std::env::var(name).ok().filter(|value| !value.is_empty()))?;
        config.settings.shown = crate::doctor::listed();
        Ok(config)
    }

    pub(crate) fn read(var: &dyn Fn(&'static str) -> Option<String>) -> Result<Self, ConfigError> {
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
        settings.patience = patience(var)?;
        settings.endpoint = endpoint(var, "OPENAI_BASE_URL", "OPENAI_API_KEY", settings.patience)?;
        settings.endpoint_takes =
            Takes { images: truth(var, "OPENAI_TAKES_IMAGES")?, tools: truth(var, "OPENAI_TAKES_TOOLS")? };
        settings.inference = endpoint(var, "INFERENCE_SERVICE_URL", "INTERNAL_API_KEY", settings.patience)?;
        settings.allow_private = allow_private(var)?;
        settings.tool_commands = tool_commands(var)?;
        settings.redis_url = redis_url(var)?;
        settings.secret_key = secret_key(var)?;
        if let Some(value) = var("REGISTRATION") {
            settings.registration = registration(value)?;
        }
        if let Some(seconds) = number(var, "CONFIRMATION_TTL_SECONDS")? {
            settings.confirmation_ttl = Duration::from_secs(seconds as u64);
        }
        settings.quotas = quotas(var)?;
        settings.max_history = number(var, "MAX_CONVERSATION_HISTORY")?.unwrap_or(settings.max_history);
        settings.max_tokens = number(var, "MAX_TOKEN_BUDGET")?.unwrap_or(settings.max_tokens);
        settings.attachments = number(var, "MAX_ATTACHMENTS")?.unwrap_or(settings.attachments);
        settings.attachment_bytes = megabytes(var, "MAX_ATTACHMENT_MB")?.unwrap_or(settings.attachment_bytes);
        settings.attachment_quota = megabytes(var, "ATTACHMENT_QUOTA_MB")?.unwrap_or(settings.attachment_quota);
        let listen_addr = parsed(var, "LISTEN_ADDR", "an address and a port, for example 127.0.0.1:8002")?
            .unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8002)));
        let public_url = address(var, "PUBLIC_URL")?.unwrap_or_else(|| format!("http://{listen_addr}"));
        settings.public_url.clone_from(&public_url);
        settings.internal_api_key = var("INTERNAL_API_KEY").map(SecretString::from);
        settings.auth_service =
            address(var, "AUTH_SERVICE_URL")?.map(|url| AuthService { url, key: settings.internal_api_key.clone() });
        settings.shared_credential = shared_credential(var)?;
        settings.open_id = open_id(var)?;
        Ok(Self {
            frontend_origin: frontend_origin(var)?,
            client_ip: client_ip(var)?,
            metrics_token: var("METRICS_TOKEN").map(SecretString::from),
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

fn endpoint(
    var: &dyn Fn(&'static str) -> Option<String>,
    name: &'static str,
    key: &'static str,
    patience: Patience,
) -> Result<Option<Endpoint>, ConfigError> {
    let Some(url) = var(name) else { return Ok(None) };
    if !url.starts_with("http://") && !url.starts_with("https://") {
        return Err(invalid(name, &url, "a URL such as http://localhost:11434/v1"));
    }
    let base_url = url.trim_end_matches('/').to_owned();
    Ok(Some(Endpoint { base_url, api_key: var(key).map(SecretString::from), patience }))
}

fn patience(var: &dyn Fn(&'static str) -> Option<String>) -> Result<Patience, ConfigError> {
    let seconds = |name, default| Ok(number(var, name)?.map_or(default, |count| Duration::from_secs(count as u64)));
    let usual = Patience::default();
    Ok(Patience {
        first_byte: seconds("UPSTREAM_FIRST_BYTE_SECONDS", usual.first_byte)?,
        idle: seconds("UPSTREAM_IDLE_SECONDS", usual.idle)?,
        ..usual
    })
}

fn allow_private(var: &dyn Fn(&'static str) -> Option<String>) -> Result<AllowList, ConfigError> {
    const NAME: &str = "PROVIDER_ALLOW_PRIVATE";
    let expected = "hosts, addresses or networks, for example ollama:11434, 10.0.0.0/8";
    var(NAME).unwrap_or_default().parse().map_err(|entry: String| invalid(NAME, &entry, expected))
}

fn tool_commands(var: &dyn Fn(&'static str) -> Option<String>) -> Result<Vec<StdioServer>, ConfigError> {
    const NAME: &str = "TOOLS_FILE";
    let Some(path) = var(NAME) else { return Ok(Vec::new()) };
    let text = std::fs::read_to_string(&path).map_err(|fault| invalid(NAME, &path, fault.to_string()))?;
    StdioServer::all(&text).map_err(|fault| invalid(NAME, &path, fault))
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

fn secret_key(var: &dyn Fn(&'static str) -> Option<String>) -> Result<Option<SecretString>, ConfigError> {
    match var("SECRET_KEY") {
        Some(secret) if secret.len() < secrets::SHORTEST => Err(invalid(
            "SECRET_KEY",
            "…",
            format!("at least {} characters, for example of openssl rand -hex 32", secrets::SHORTEST),
        )),
        secret => Ok(secret.map(SecretString::from)),
    }
}

fn registration(value: String) -> Result<Registration, ConfigError> {
    match value.as_str() {
        "open" => Ok(Registration::Open),
        "invite" => Ok(Registration::Invite),
        "closed" => Ok(Registration::Closed),
        _ => Err(invalid("REGISTRATION", &value, "open, invite or closed")),
    }
}

/// A URL without a slash at its end.
fn address(var: &dyn Fn(&'static str) -> Option<String>, name: &'static str) -> Result<Option<String>, ConfigError> {
    let Some(url) = var(name) else { return Ok(None) };
    let host = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
    if host.is_some_and(|host| !host.is_empty() && !host.contains(['@', '?', '#', ' '])) {
        Ok(Some(url.trim_end_matches('/').to_owned()))
    } else {
        Err(invalid(name, &url, "a URL such as https://folio.example.org"))
    }
}

/// An origin is scheme, host and port; browsers send exactly that.
fn frontend_origin(var: &dyn Fn(&'static str) -> Option<String>) -> Result<Option<HeaderValue>, ConfigError> {
    const NAME: &str = "FRONTEND_URL";
    let Some(url) = address(var, NAME)? else { return Ok(None) };
    let has_path = url.split_once("://").is_none_or(|(_, host)| host.contains('/'));
    let expected = "an origin such as https://app.example.org, without a path";
    match HeaderValue::from_str(&url.to_lowercase()) {
        Ok(origin) if !has_path => Ok(Some(origin)),
        _ => Err(invalid(NAME, &url, expected)),
    }
}

fn open_id(var: &dyn Fn(&'static str) -> Option<String>) -> Result<Option<OpenId>, ConfigError> {
    let rest = ["OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET", "OIDC_ADMIN_CLAIM", "OIDC_ADMIN_VALUE", "OIDC_NAME"];
    if address(var, "OIDC_ISSUER_URL")?.is_none() {
        return match rest.into_iter().find(|name| var(name).is_some()) {
            Some(name) => Err(invalid(name, "…", "OIDC_ISSUER_URL must be set too")),
            None => Ok(None),
        };
    }
    // as it is written: a provider may insist on a slash at the end
    let issuer = var("OIDC_ISSUER_URL").unwrap_or_default();
    let Some(client_id) = var("OIDC_CLIENT_ID") else {
        return Err(invalid("OIDC_ISSUER_URL", &issuer, "OIDC_CLIENT_ID must be set too"));
    };
    let admin = match (var("OIDC_ADMIN_CLAIM"), var("OIDC_ADMIN_VALUE")) {
        (Some(claim), Some(value)) => Some(AdminClaim { claim, value }),
        (None, None) => None,
        (Some(claim), None) => return Err(invalid("OIDC_ADMIN_CLAIM", &claim, "OIDC_ADMIN_VALUE must be set too")),
        (None, Some(value)) => return Err(invalid("OIDC_ADMIN_VALUE", &value, "OIDC_ADMIN_CLAIM must be set too")),
    };
    let client_secret = var("OIDC_CLIENT_SECRET").map(SecretString::from);
    let name = var("OIDC_NAME").unwrap_or_else(|| "single sign-on".to_owned());
    Ok(Some(OpenId { issuer, client_id, client_secret, name, admin }))
}

fn shared_credential(var: &dyn Fn(&'static str) -> Option<String>) -> Result<Option<SharedCredential>, ConfigError> {
    match (var("BASIC_AUTH_USER"), var("BASIC_AUTH_PASSWORD")) {
        (Some(user), Some(_)) if user.contains(':') => Err(invalid("BASIC_AUTH_USER", &user, "a name without a colon")),
        (Some(user), Some(password)) => Ok(Some(SharedCredential { user, password: password.into() })),
        (None, None) => Ok(None),
        (Some(user), None) => Err(invalid("BASIC_AUTH_USER", &user, "BASIC_AUTH_PASSWORD must be set too")),
        (None, Some(_)) => Err(invalid("BASIC_AUTH_PASSWORD", "…", "BASIC_AUTH_USER must be set too")),
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

fn client_ip(var: &dyn Fn(&'static str) -> Option<String>) -> Result<ClientIpSource, ConfigError> {
    let expected = "ConnectInfo, RightmostXForwardedFor, XRealIp, CfConnectingIp, CloudFrontViewerAddress, FlyClientIp, \
        TrueClientIp or XEnvoyExternalAddress";
    Ok(parsed(var, "CLIENT_IP_SOURCE", expected)?.unwrap_or(ClientIpSource::ConnectInfo))
}

fn quotas(var: &dyn Fn(&'static str) -> Option<String>) -> Result<Quotas, ConfigError> {
    let usual = Quotas::default();
    let quota = |name, usual| match var(name) {
        None => Ok(usual),
        Some(value) if value == "off" => Ok(None),
        Some(value) => match value.parse() {
            Ok(number) => Ok(Some(number)),
            Err(_) => Err(invalid(name, &value, "a whole number of at least 1, or off")),
        },
    };
    Ok(Quotas {
        requests: quota("RATE_LIMIT_REQUESTS", usual.requests)?,
        questions: quota("RATE_LIMIT_QUESTIONS", usual.questions)?,
        sign_ins: quota("RATE_LIMIT_SIGN_INS", usual.sign_ins)?,
    })
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

fn megabytes(var: &dyn Fn(&'static str) -> Option<String>, name: &'static str) -> Result<Option<u64>, ConfigError> {
    Ok(number(var, name)?.map(|megabytes| (megabytes as u64).saturating_mul(1_000_000)))
}

fn truth(var: &dyn Fn(&'static str) -> Option<String>, name: &'static str) -> Result<bool, ConfigError> {
    Ok(parsed(var, name, "true or false")?.unwrap_or(false))
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
            ("MAX_ATTACHMENT_MB", "0"),
            ("OPENAI_TAKES_IMAGES", "maybe"),
            ("OPENAI_TAKES_TOOLS", "maybe"),
            ("OPENAI_BASE_URL", "localhost"),
            ("INFERENCE_SERVICE_URL", "inference:8000"),
            ("PROVIDER_ALLOW_PRIVATE", "10.0.0.0/99"),
            ("PUBLIC_URL", "folio"),
            ("REDIS_URL", "http://localhost"),
            ("SECRET_KEY", "short"),
            ("DATABASE_URL", "mysql://x"),
            ("ADMIN_EMAIL", "ada@example.org"),
            ("AUTH_SERVICE_URL", "auth:8001"),
            ("FRONTEND_URL", "https://app.example.org/chat"),
            ("BASIC_AUTH_USER", "reader"),
            ("BASIC_AUTH_PASSWORD", "secret"),
            ("OIDC_ISSUER_URL", "https://id.example.org"),
            ("OIDC_CLIENT_ID", "folio"),
            ("OIDC_ADMIN_CLAIM", "groups"),
            ("TOOLS_FILE", "/no/such/file.json"),
            ("CLIENT_IP_SOURCE", "proxy"),
            ("RATE_LIMIT_REQUESTS", "0"),
            ("RATE_LIMIT_QUESTIONS", "many"),
            ("RATE_LIMIT_SIGN_INS", "-1"),
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
