//! One line for each thing worth knowing: text on a terminal, JSON elsewhere.

use crate::config::{LogFormat, LogLevel};
use tracing::Subscriber;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{EnvFilter, Layer};

/// Libraries are heard from a warning on, ours from the chosen level on.
pub fn filter(level: LogLevel) -> EnvFilter {
    let level = match level {
        LogLevel::Error => "error",
        LogLevel::Warn => "warn",
        LogLevel::Info => "info",
        LogLevel::Debug => "debug",
        LogLevel::Trace => "trace",
    };
    let quiet = if level == "error" { "error" } else { "warn" };
    EnvFilter::new(format!(
        "{quiet},folio={level},folio_core={level},folio_extract={level},folio_models={level},app={level}"
    ))
}

/// Writes to standard error. A line of JSON has what its request is known by (`trace_id`, `user_id`) beside its own fields.
pub fn layer<S>(format: LogFormat) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    match format {
        LogFormat::Text => tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_target(false).boxed(),
        LogFormat::Json => {
            let mut lines = json_subscriber::fmt::layer()
                .with_writer(std::io::stderr)
                .flatten_event(true)
                .flatten_span_list_on_top_level(true)
                .with_current_span(false)
                .with_span_list(false);
            lines.inner_layer_mut().add_static_field("service", "folio".into());
            lines.boxed()
        }
    }
}
