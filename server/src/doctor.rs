//! `folio doctor`: what is configured, and what would not work.

use crate::config::Config;
use folio_core::Core;
use std::fmt::Display;
use std::path::Path;

/// Less than this is too little for books and their index.
const LEAST_DISK: u64 = 512 * 1024 * 1024;

/// How much of a setting may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shown {
    Whole,
    /// A URL that may hold a name and a password.
    WithoutPassword,
    Never,
}

use Shown::{Never, Whole, WithoutPassword};

/// Every setting, in the order of the README.
const SETTINGS: &[(&str, Shown)] = &[
    ("LISTEN_ADDR", Whole),
    ("PUBLIC_URL", Whole),
    ("DATA_DIR", Whole),
    ("DATABASE_URL", WithoutPassword),
    ("SECRET_KEY", Never),
    ("ADMIN_EMAIL", Whole),
    ("ADMIN_PASSWORD", Never),
    ("REGISTRATION", Whole),
    ("BASIC_AUTH_USER", Whole),
    ("BASIC_AUTH_PASSWORD", Never),
    ("OIDC_ISSUER_URL", Whole),
    ("OIDC_CLIENT_ID", Whole),
    ("OIDC_CLIENT_SECRET", Never),
    ("OIDC_ADMIN_CLAIM", Whole),
    ("OIDC_ADMIN_VALUE", Whole),
    ("OIDC_NAME", Whole),
    ("AUTH_SERVICE_URL", Whole),
    ("INTERNAL_API_KEY", Never),
    ("FRONTEND_URL", Whole),
    ("OPENAI_BASE_URL", Whole),
    ("OPENAI_API_KEY", Never),
    ("OPENAI_TAKES_IMAGES", Whole),
    ("OPENAI_TAKES_TOOLS", Whole),
    ("INFERENCE_SERVICE_URL", Whole),
    ("PROVIDER_ALLOW_PRIVATE", Whole),
    ("TOOLS_FILE", Whole),
    ("UPSTREAM_FIRST_BYTE_SECONDS", Whole),
    ("UPSTREAM_IDLE_SECONDS", Whole),
    ("REDIS_URL", WithoutPassword),
    ("MODEL_PATH", Whole),
    ("MODELS_DIR", Whole),
    ("PDFIUM_PATH", Whole),
    ("MAX_CONVERSATION_HISTORY", Whole),
    ("MAX_TOKEN_BUDGET", Whole),
    ("MAX_ATTACHMENTS", Whole),
    ("MAX_ATTACHMENT_MB", Whole),
    ("ATTACHMENT_QUOTA_MB", Whole),
    ("CONFIRMATION_TTL_SECONDS", Whole),
    ("RATE_LIMIT_REQUESTS", Whole),
    ("RATE_LIMIT_QUESTIONS", Whole),
    ("RATE_LIMIT_SIGN_INS", Whole),
    ("CLIENT_IP_SOURCE", Whole),
    ("METRICS_TOKEN", Never),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", WithoutPassword),
    ("LOG_LEVEL", Whole),
    ("LOG_FORMAT", Whole),
    ("LEPTOS_SITE_ROOT", Whole),
    ("FOLIO_DEV", Whole),
];

/// What was looked at, and what is wrong with it.
struct Finding {
    what: &'static str,
    outcome: Result<String, String>,
}

/// Every setting of the environment with its value, as far as that may be shown.
pub fn listed() -> Vec<(&'static str, String)> {
    let value = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let shown = |value: Option<String>, shown| value.map_or_else(|| "(not set)".into(), |value| told(&value, shown));
    SETTINGS.iter().map(|&(name, how)| (name, shown(value(name), how))).collect()
}

/// Lists the settings and tries what Folio needs. Whether all of it works.
pub async fn examine(config: Config) -> bool {
    println!("Settings");
    for (name, value) in listed() {
        println!("  {name:<28} {value}");
    }
    println!("\nChecks");
    let findings = [
        disk(&config.settings.data_dir),
        file("answering model", &config.settings.model_path),
        file("sentence model", &config.settings.models_dir.join("all-minilm-l6-v2/model.safetensors")),
        file("library for PDFs", &config.settings.pdfium_library),
        file("site", &config.site_root.join("pkg")),
        store(config).await,
    ];
    for Finding { what, outcome } in &findings {
        match outcome {
            Ok(detail) => println!("  ok    {what}: {detail}"),
            Err(reason) => println!("  FAIL  {what}: {reason}"),
        }
    }
    findings.iter().all(|finding| finding.outcome.is_ok())
}

fn told(value: &str, shown: Shown) -> String {
    match shown {
        Whole => value.to_owned(),
        Never => "(set)".into(),
        WithoutPassword => match (value.split_once("://"), value.rsplit_once('@')) {
            (Some((scheme, _)), Some((_, place))) => format!("{scheme}://…@{place}"),
            _ => value.to_owned(),
        },
    }
}

/// Opens everything that a start opens: the database, Redis, the secret.
async fn store(config: Config) -> Finding {
    let what = "database, secret, Redis";
    let outcome = match Core::open(config.settings).await {
        Ok(core) if core.is_ready().await => {
            core.shut_down().await;
            Ok("they can be reached".into())
        }
        Ok(_) => Err("the database does not answer".into()),
        Err(fault) => Err(fault.diagnosis()),
    };
    Finding { what, outcome }
}

fn disk(folder: &Path) -> Finding {
    let what = "disk";
    let outcome = std::fs::create_dir_all(folder).map_err(|fault| on(folder, &fault)).and_then(|()| {
        let space = rustix::fs::statvfs(folder).map_err(|fault| on(folder, &fault))?;
        let free = space.f_bavail.saturating_mul(space.f_frsize);
        let words = format!("{} MiB free in {}", free / (1024 * 1024), folder.display());
        if free < LEAST_DISK { Err(words) } else { Ok(words) }
    });
    Finding { what, outcome }
}

fn file(what: &'static str, path: &Path) -> Finding {
    let outcome = match path.metadata() {
        Ok(_) => Ok(path.display().to_string()),
        Err(fault) => Err(on(path, &fault)),
    };
    Finding { what, outcome }
}

fn on(path: &Path, fault: &dyn Display) -> String {
    format!("{}: {fault}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::collections::BTreeSet;

    #[test]
    fn every_setting_that_is_read_is_listed() {
        let read = RefCell::new(BTreeSet::new());
        let recorded = |name: &'static str| {
            read.borrow_mut().insert(name);
            // so that what depends on it is asked for, too
            (name == "OPENAI_BASE_URL" || name == "OIDC_ISSUER_URL").then(|| "http://localhost".to_owned())
        };
        // some of it is refused then, which does not matter
        let _ = Config::read(&recorded);
        let _ = Config::read(&|name| recorded(name).or_else(|| (name == "OIDC_CLIENT_ID").then(|| "folio".into())));
        let listed: BTreeSet<_> = SETTINGS.iter().map(|(name, _)| *name).collect();
        assert_eq!(read.into_inner().difference(&listed).collect::<Vec<_>>(), Vec::<&&str>::new());
    }

    #[test]
    fn a_secret_is_never_shown() {
        assert_eq!(told("hunter2", Never), "(set)");
        assert_eq!(told("postgres://ada:hunter2@db/folio", WithoutPassword), "postgres://…@db/folio");
        assert_eq!(told("sqlite://folio.db", WithoutPassword), "sqlite://folio.db");
        let secret = |name: &str| ["PASSWORD", "SECRET", "KEY"].iter().any(|part| name.contains(part));
        assert!(SETTINGS.iter().all(|(name, shown)| !secret(name) || *shown == Never));
    }
}
