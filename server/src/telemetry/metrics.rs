//! Metrics for Prometheus. Nothing is kept where no token for them is configured.

use folio_core::{Core, secrets};
use metrics::{Unit, describe_counter, describe_histogram};
use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle};
use metrics_process::Collector;
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;

/// Seconds; from a page out of memory to a long answer of a slow model.
const BUCKETS: [f64; 12] = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0, 30.0, 120.0];
/// Measured times wait this long at most to be put into their buckets.
const UPKEEP: Duration = Duration::from_secs(5);

pub const REQUESTS: &str = "folio_http_requests_total";
pub const REQUEST_SECONDS: &str = "folio_http_request_seconds";

/// All that this process has counted, for whoever shows the token.
#[derive(Clone)]
pub struct Metrics {
    handle: PrometheusHandle,
    process: Collector,
    token: SecretString,
}

impl Metrics {
    /// Begins to count; once in a process, within its runtime.
    pub fn install(token: SecretString) -> Result<Self, BuildError> {
        let handle = PrometheusBuilder::new().set_buckets(&BUCKETS)?.install_recorder()?;
        folio_core::metrics::describe();
        describe_counter!(REQUESTS, "Requests, by method, route and status.");
        describe_histogram!(REQUEST_SECONDS, Unit::Seconds, "From a request to the beginning of its answer.");
        let process = Collector::default();
        process.describe();
        let kept = handle.clone();
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(UPKEEP).await;
                kept.run_upkeep();
            }
        });
        Ok(Self { handle, process, token })
    }

    pub fn may_be_read_with(&self, token: &str) -> bool {
        secrets::same(token, self.token.expose_secret())
    }

    /// In Prometheus' text format.
    pub async fn render(&self, core: &Core) -> folio_core::Result<String> {
        core.measure().await?;
        self.process.collect();
        Ok(self.handle.render())
    }
}
