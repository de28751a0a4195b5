//! What the program tells of itself: log lines, metrics, and traces for OpenTelemetry.

mod logs;
mod metrics;
pub mod traces;

pub use metrics::{Metrics, REQUEST_SECONDS, REQUESTS};

use crate::config::Config;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// What must be done before the program ends: sending off the last traces.
pub struct Telemetry(Option<opentelemetry_sdk::trace::SdkTracerProvider>);

/// Begins to log and, where it is configured, to export traces. Before the runtime starts, whose threads the exporter
/// must not share.
pub fn start(config: &Config) -> Result<Telemetry, Box<dyn std::error::Error + Send + Sync>> {
    let tracer = traces::provider()?;
    tracing_subscriber::registry()
        .with(logs::filter(config.log_level))
        .with(logs::layer(config.log_format))
        .with(tracer.as_ref().map(traces::layer))
        .init();
    Ok(Telemetry(tracer))
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        if let Some(tracer) = &self.0
            && let Err(fault) = tracer.shutdown()
        {
            tracing::warn!(%fault, "the last traces could not be exported");
        }
    }
}
