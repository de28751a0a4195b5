//! Event streams that survive proxies and idle times.

use axum::http::{HeaderName, HeaderValue, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::Stream;
use serde::Deserialize;
use std::convert::Infallible;
use std::time::Duration;

/// Something is sent this often when nothing else is, so that both ends notice a dead connection.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// What keeps a stream alive. `?beat=1` asks for events named `beat`, since a browser's `EventSource` cannot see the
/// comments that everyone else gets.
#[derive(Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Pulse {
    /// With any value: named events `beat` instead of comments keep the stream alive.
    #[param(nullable = false)]
    beat: Option<String>,
}

/// An event of a stream in the OpenAPI document.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "it only describes the events")]
pub struct ServerSentEvent {
    /// What a client that comes back sends as `Last-Event-ID`.
    #[schema(required = false)]
    id: String,
    /// A JSON object.
    #[schema(example = "{\"token\":\"By dancing.\",\"gpu\":0}")]
    data: String,
}

pub fn stream(events: impl Stream<Item = Event> + Send + 'static, pulse: &Pulse) -> Response {
    use futures::StreamExt;
    let mut alive = KeepAlive::new().interval(HEARTBEAT);
    if pulse.beat.is_some() {
        alive = alive.event(Event::default().event("beat").data("1"));
    }
    let events = events.map(Ok::<_, Infallible>);
    let mut response = Sse::new(events).keep_alive(alive).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store, no-transform"));
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    response
}
