//! Server-sent events with a reconnection of our own: the browser's cannot say that it is reconnecting, and asks
//! for the old address again.

use futures::{
    Stream, StreamExt,
    future::{self, Either},
    stream::{PollNext, select, select_with_strategy},
};
use gloo_net::eventsource::futures::EventSource;
use gloo_timers::future::sleep;
use std::{ops::ControlFlow, pin::Pin, time::Duration};
use web_sys::js_sys;

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
/// The server beats every 15 seconds. After a silence this long the connection is dead, though the browser may not have
/// noticed: a laptop that slept, another network.
const SILENCE: Duration = Duration::from_secs(40);

/// Listens to `url`, asked anew for each connection, until `hear` breaks off; `connection` is used first, where
/// there is one already.
pub async fn listen(
    mut connection: Option<Connection>,
    url: impl Fn() -> String,
    mut hear: impl FnMut(Heard) -> ControlFlow<()>,
) {
    let mut wait = FIRST_WAIT;
    loop {
        if let Some(mut connection) = connection.take().or_else(|| Connection::open(&url())) {
            while let Some(heard) = connection.next().await {
                // a server that only lets connections begin is not asked more often
                if matches!(heard, Heard::Message { .. }) {
                    wait = FIRST_WAIT;
                }
                if hear(heard).is_break() {
                    return;
                }
            }
        }
        if hear(Heard::Lost).is_break() {
            return;
        }
        // not all at once, when a server comes back
        sleep(wait.mul_f64(0.5 + js_sys::Math::random() / 2.0)).await;
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

/// A connection that lives until it is dropped, and keeps what it hears until somebody listens.
pub struct Connection {
    /// None for a beat.
    heard: Pin<Box<dyn Stream<Item = Option<Heard>>>>,
    _source: EventSource,
}

impl Connection {
    /// `None` where the browser refuses the address.
    pub fn open(url: &str) -> Option<Self> {
        let mut source = EventSource::new(url).ok()?;
        let opened = source.subscribe("open").ok()?.map(|_| Some(Heard::Connected));
        let beats = source.subscribe("beat").ok()?.map(|_| None);
        let messages = source.subscribe("message").ok()?.map(|heard| match heard {
            Ok((_, event)) => {
                Some(Heard::Message { id: event.last_event_id(), data: event.data().as_string().unwrap_or_default() })
            }
            Err(_) => Some(Heard::Lost),
        });
        let broken = source.subscribe("error").ok()?.map(|_| Some(Heard::Lost));
        // what was heard before the connection broke comes first
        let heard = select_with_strategy(select(select(opened, beats), messages), broken, |(): &mut ()| PollNext::Left);
        Some(Self { heard: Box::pin(heard), _source: source })
    }

    /// None when it is broken, or silent for too long.
    async fn next(&mut self) -> Option<Heard> {
        loop {
            match future::select(self.heard.next(), Box::pin(sleep(SILENCE))).await {
                Either::Left((Some(None), _)) => {}
                Either::Left((Some(Some(heard)), _)) if !matches!(heard, Heard::Lost) => return Some(heard),
                _ => return None,
            }
        }
    }
}
