//! Event streams that survive proxies and idle times.

use axum::http::{HeaderName, HeaderValue, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::Stream;
use std::convert::Infallible;
use std::time::Duration;

/// A comment is sent this often when nothing else is, so that both ends notice a dead connection.
const HEARTBEAT: Duration = Duration::from_secs(15);

pub fn stream(events: impl Stream<Item = Event> + Send + 'static) -> Response {
    use futures::StreamExt;
    let events = events.map(Ok::<_, Infallible>);
    let mut response = Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store, no-transform"));
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    response
}
