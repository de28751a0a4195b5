//! What happens on the shelf, for those who watch it.

use crate::accounts::Principal;
use folio_types::{Book, BookId, UserId};
use futures::{Stream, StreamExt};
use tokio::sync::broadcast;
use tokio_stream::wrappers::BroadcastStream;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// A watcher that falls further behind misses changes and is told to look again.
const BEHIND: usize = 256;

#[derive(Clone, Debug, PartialEq)]
pub enum BookEvent {
    Changed(Box<Book>),
    Deleted(BookId),
    /// Some changes were missed: read the list again.
    Missed,
}

/// Tells watchers of changes.
#[derive(Clone)]
pub struct Shelf {
    told: broadcast::Sender<Told>,
    stopping: CancellationToken,
}

#[derive(Clone)]
struct Told {
    owner: UserId,
    shared: bool,
    event: BookEvent,
}

impl Default for Shelf {
    fn default() -> Self {
        Self { told: broadcast::Sender::new(BEHIND), stopping: CancellationToken::new() }
    }
}

impl Shelf {
    pub(super) fn changed(&self, book: &Book) {
        self.tell(book, BookEvent::Changed(Box::new(book.clone())));
    }

    pub(super) fn deleted(&self, book: &Book) {
        self.tell(book, BookEvent::Deleted(book.id));
    }

    /// Something changed that nobody told of here.
    pub(super) fn missed(&self) {
        // nobody watching is fine
        let _ = self.told.send(Told { owner: UserId(Uuid::nil()), shared: true, event: BookEvent::Missed });
    }

    pub(super) fn events(&self, who: Principal) -> impl Stream<Item = BookEvent> + Send + use<> {
        let stopping = self.stopping.clone();
        BroadcastStream::new(self.told.subscribe())
            .filter_map(move |told| {
                let event = match told {
                    Ok(told) if told.owner == who.id || told.shared => Some(told.event),
                    Ok(_) => None,
                    Err(_) => Some(BookEvent::Missed),
                };
                std::future::ready(event)
            })
            .take_until(stopping.cancelled_owned())
    }

    pub(crate) fn stop(&self) {
        self.stopping.cancel();
    }

    pub(crate) fn stopping(&self) -> &CancellationToken {
        &self.stopping
    }

    fn tell(&self, book: &Book, event: BookEvent) {
        // nobody watching is fine
        let _ = self.told.send(Told { owner: book.owner_id, shared: book.shared, event });
    }
}
