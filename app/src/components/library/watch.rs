//! The shelf as it changes on the server.

use super::shelf::Shelf;
use crate::{
    api,
    live::{Heard, listen},
    uploads::Uploads,
};
use folio_types::{Book, BookId};
use leptos::{prelude::*, task::spawn_local, task::spawn_local_scoped_with_cancellation};
use serde::Deserialize;
use std::ops::ControlFlow;

/// The event that a book is gone; every other one is the book itself.
#[derive(Deserialize)]
struct Gone {
    deleted: BookId,
}

/// Keeps the shelf current while its page is open.
pub fn watch(shelf: Shelf, uploads: Uploads) {
    Effect::new(move |before: Option<u32>| {
        let arrived = uploads.arrived.get();
        if before.is_some_and(|before| before != arrived) {
            refresh(shelf);
        }
        arrived
    });
    Effect::new(move || {
        spawn_local_scoped_with_cancellation(listen(
            None,
            || "/ui/books/events?beat=1".to_owned(),
            move |heard| {
                match heard {
                    // what changed before the connection stood was not heard
                    Heard::Connected => refresh(shelf),
                    Heard::Message { data, .. } => hear(shelf, &data),
                    Heard::Lost => {}
                }
                ControlFlow::Continue(())
            },
        ));
    });
}

fn hear(shelf: Shelf, event: &str) {
    if let Ok(Gone { deleted }) = serde_json::from_str(event) {
        shelf.remove(deleted);
    } else if let Ok(book) = serde_json::from_str::<Book>(event) {
        shelf.hear(book);
    }
}

/// Asks for the whole list.
fn refresh(shelf: Shelf) {
    let asked = shelf.now();
    spawn_local(async move {
        if let Ok(books) = api::list_books().await {
            shelf.learn_all(books, asked);
        }
    });
}
