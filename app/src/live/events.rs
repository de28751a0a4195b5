//! Server-sent events with a reconnection of our own: the browser's cannot say that it is reconnecting, and asks
//! for the old address again.

use futures::{StreamExt, stream::select_all};
use gloo_net::eventsource::futures::EventSource;
use gloo_timers::future::sleep;
use std::{ops::ControlFlow, time::Duration};

pub enum Heard {
    Connected,
    Message {
        id: String,
        data: String,
    },
    /// The connection is gone; the next attempt follows by itself.
    Lost,
}

const FIRST_WAIT: Duration = Duration::from_millis(400);
const LONGEST_WAIT: Duration = Duration::from_secs(15);

/// Listens to `url`, asked anew for each connection, until `hear` breaks off.
pub async fn listen(url: impl Fn() -> String, mut hear: impl FnMut(Heard) -> ControlFlow<()>) {
    let mut wait = FIRST_WAIT;
    loop {
        if let Ok(mut source) = EventSource::new(&url()) {
            let mut heard =
                select_all(["open", "message", "error"].map(|kind| source.subscribe(kind)).into_iter().flatten());
            while let Some(Ok((kind, event))) = heard.next().await {
                let news = match kind.as_str() {
                    "open" => Heard::Connected,
                    "message" => {
                        Heard::Message { id: event.last_event_id(), data: event.data().as_string().unwrap_or_default() }
                    }
                    _ => break,
                };
                wait = FIRST_WAIT;
                if hear(news).is_break() {
                    return;
                }
            }
        }
        if hear(Heard::Lost).is_break() {
            return;
        }
        sleep(wait).await;
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}
