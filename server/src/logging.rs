//! One line for each thing worth knowing: text on a terminal, JSON elsewhere.

use crate::config::{Config, LogFormat, LogLevel};
use tracing_subscriber::EnvFilter;

pub fn start(config: &Config) {
    let level = match config.log_level {
        LogLevel::Error => "error",
        LogLevel::Warn => "warn",
        LogLevel::Info => "info",
        LogLevel::Debug => "debug",
        LogLevel::Trace => "trace",
    };
    // libraries are heard from a warning on, ours from the chosen level on
    let quiet = if matches!(config.log_level, LogLevel::Error) { "error" } else { "warn" };
    let filter = EnvFilter::new(format!(
        "{quiet},folio={level},folio_core={level},folio_extract={level},folio_models={level},app={level}"
    ));
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match config.log_format {
        LogFormat::Text => lines.with_target(false).init(),
        LogFormat::Json => lines.json().flatten_event(true).init(),
    }
}
