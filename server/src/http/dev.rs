//! `make dev`: a page reloads when the program behind it was rebuilt.

use super::AppState;
use super::extract::Query;
use super::sse::{self, Pulse};
use axum::Router;
use axum::http::header;
use axum::response::sse::Event;
use axum::routing::get;
use futures::StreamExt;

/// Waits on an endless stream; when it breaks and comes back, a new program is running.
const SCRIPT: &str = "
const wait = () => {
  let lost = false;
  const events = new EventSource('/dev/reload');
  events.onerror = () => { lost = true; };
  events.onopen = () => { if (lost) location.reload(); };
};
wait();
";

pub fn routes() -> Router<AppState> {
    Router::new().route("/dev/reload.js", get(async || ([(header::CONTENT_TYPE, "text/javascript")], SCRIPT))).route(
        "/dev/reload",
        get(async |Query(pulse): Query<Pulse>| {
            let hello = futures::stream::once(std::future::ready(Event::default().data("hello")));
            sse::stream(hello.chain(futures::stream::pending()), &pulse)
        }),
    )
}
