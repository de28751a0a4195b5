//! Traces for OpenTelemetry, where its own variables name a collector.

use axum::http::{HeaderMap, Method};
use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{
    OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_PROTOCOL, OTEL_EXPORTER_OTLP_PROTOCOL_HTTP_PROTOBUF,
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, SpanExporter,
};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{SdkTracerProvider, Tracer};
use std::sync::atomic::{AtomicBool, Ordering};
use tracing::{Span, Subscriber};
use tracing_opentelemetry::{OpenTelemetryLayer, OpenTelemetrySpanExt};
use tracing_subscriber::registry::LookupSpan;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Whether anybody wants to know; a request's span costs less where nobody does.
static EXPORTING: AtomicBool = AtomicBool::new(false);

/// Exports in the background, over HTTP, as `OTEL_EXPORTER_OTLP_*` and `OTEL_TRACES_SAMPLER` say; none without an endpoint.
pub fn provider() -> Result<Option<SdkTracerProvider>, Failure> {
    let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    if set(OTEL_EXPORTER_OTLP_ENDPOINT).or(set(OTEL_EXPORTER_OTLP_TRACES_ENDPOINT)).is_none()
        || set("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true"))
    {
        return Ok(None);
    }
    if let Some(protocol) = set(OTEL_EXPORTER_OTLP_PROTOCOL)
        && protocol != OTEL_EXPORTER_OTLP_PROTOCOL_HTTP_PROTOBUF
    {
        return Err(format!(
            "{OTEL_EXPORTER_OTLP_PROTOCOL}={protocol:?} is not supported: it can be {OTEL_EXPORTER_OTLP_PROTOCOL_HTTP_PROTOBUF}"
        )
        .into());
    }
    let exporter = SpanExporter::builder().with_http().build()?;
    let mut resource = Resource::builder();
    if set("OTEL_SERVICE_NAME").is_none() {
        resource = resource.with_service_name("folio");
    }
    EXPORTING.store(true, Ordering::Relaxed);
    Ok(Some(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource.build()).build()))
}

pub fn layer<S>(provider: &SdkTracerProvider) -> OpenTelemetryLayer<S, Tracer>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    tracing_opentelemetry::layer().with_tracer(provider.tracer("folio")).with_location(false).with_threads(false)
}

/// Says what a request is in the words of OpenTelemetry, and whose trace it belongs to.
pub fn of_request(span: &Span, method: &Method, route: &str, headers: &HeaderMap) {
    if !EXPORTING.load(Ordering::Relaxed) {
        return;
    }
    let parent = TraceContextPropagator::new().extract(&Headers(headers));
    if let Err(fault) = span.set_parent(parent) {
        tracing::debug!(%fault, "a request's trace does not go on with its caller's");
    }
    span.record("otel.name", format!("{method} {route}"));
    span.record("otel.kind", "server");
    span.set_attribute("http.request.method", method.to_string());
    span.set_attribute("http.route", route.to_owned());
}

/// How the request ended.
pub fn of_response(span: &Span, status: u16) {
    if EXPORTING.load(Ordering::Relaxed) {
        span.set_attribute("http.response.status_code", i64::from(status));
        if status >= 500 {
            span.set_status(opentelemetry::trace::Status::error(""));
        }
    }
}

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(axum::http::HeaderName::as_str).collect()
    }
}
