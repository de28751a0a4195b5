//! Each request under a trace id of its own: in its answer, in the log, and in whatever is traced.

use super::AppState;
use crate::telemetry::{REQUEST_SECONDS, REQUESTS, traces};
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use metrics::{Label, counter, histogram};
use std::time::Instant;
use tracing::field::Empty;
use tracing::{Instrument, Level, Span, event, info_span};
use uuid::Uuid;

const TRACE_ID: HeaderName = HeaderName::from_static("x-trace-id");
const LONGEST: usize = 64;

tokio::task_local! {
    static HERE: String;
}

/// The trace id of the request that is being answered.
pub fn trace_id() -> String {
    HERE.try_with(Clone::clone).unwrap_or_else(|_| minted())
}

/// Says in the log and in traces whose request this is.
pub fn is_from(user: impl std::fmt::Display) {
    Span::current().record("user_id", tracing::field::display(user));
}

/// Answers a request under its trace id, counts it, and logs it: what fails or changes something always, what only reads when
/// somebody looks closely.
pub async fn observe(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let trace_id = given(request.headers()).unwrap_or_else(minted);
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let route = matched.as_ref().map_or("none", MatchedPath::as_str);
    let span = info_span!("request", trace_id, user_id = Empty, otel.name = Empty, otel.kind = Empty);
    traces::of_request(&span, &method, route, request.headers());
    let begun = Instant::now();
    let answered = HERE.scope(trace_id.clone(), next.run(request)).instrument(span.clone());
    let mut response = answered.await;
    let (status, took) = (response.status(), begun.elapsed());
    traces::of_response(&span, status.as_u16());
    if state.metrics.is_some() {
        counter!(REQUESTS, labels(&method, route, Some(status))).increment(1);
        histogram!(REQUEST_SECONDS, labels(&method, route, None)).record(took);
    }
    let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    span.in_scope(|| {
        if status.is_client_error() || status.is_server_error() || !method.is_safe() {
            event!(Level::INFO, %method, path, status = status.as_u16(), ms, "request");
        } else {
            event!(Level::DEBUG, %method, path, status = status.as_u16(), ms, "request");
        }
    });
    if let Ok(trace_id) = HeaderValue::from_str(&trace_id) {
        response.headers_mut().insert(TRACE_ID, trace_id);
    }
    response
}

/// The caller's own, where it can be repeated without harm.
fn given(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(TRACE_ID)?.to_str().ok()?;
    let is_sound = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
    (!text.is_empty() && text.len() <= LONGEST && text.bytes().all(is_sound)).then(|| text.to_owned())
}

fn minted() -> String {
    Uuid::now_v7().to_string()
}

/// Methods and routes are of a bounded number; what somebody made up is not among them.
fn labels(method: &Method, route: &str, status: Option<StatusCode>) -> Vec<Label> {
    let known = [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS];
    let method = if known.contains(method) { method.as_str() } else { "other" };
    let mut labels = vec![Label::new("method", method.to_owned()), Label::new("route", route.to_owned())];
    labels.extend(status.map(|status| Label::new("status", status.as_str().to_owned())));
    labels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_callers_trace_id_is_kept_where_it_is_harmless() {
        let of = |text: &str| {
            let value = HeaderValue::from_str(text).expect("a header's value");
            given(&HeaderMap::from_iter([(TRACE_ID, value)]))
        };
        assert_eq!(of("4bf92f3577b34da6a3ce929d0e0e4736").as_deref(), Some("4bf92f3577b34da6a3ce929d0e0e4736"));
        assert_eq!(of("job-7:step.2").as_deref(), Some("job-7:step.2"));
        assert_eq!(of(""), None);
        assert_eq!(of("two words"), None);
        assert_eq!(of("{\"level\":\"ERROR\"}"), None);
        assert_eq!(of(&"a".repeat(65)), None);
    }
}
