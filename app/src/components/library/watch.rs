//! The shelf as it changes on the server.

use super::shelf::Shelf;
use crate::{
    api,
    live::{Heard, listen},
};
use folio_types::{Book, BookId};
use leptos::{prelude::*, task::spawn_local, task::spawn_local_scoped_with_cancellation};
use serde::Deserialize;
use std::ops::ControlFlow;

#[derive(Deserialize)]
#[serde(untagged)]
enum Change {
    Deleted { deleted: BookId },
    Book(Book),
}

/// Keeps the shelf current while its page is open.
pub fn watch(shelf: Shelf) {
    Effect::new(move || {
        spawn_local_scoped_with_cancellation(listen(
            || "/api/v1/books/events".to_owned(),
            move |heard| {
                match heard {
                    // what changed before the connection stood was not heard
                    Heard::Connected => refresh(shelf),
                    Heard::Message { data, .. } => match serde_json::from_str(&data) {
                        Ok(Change::Book(book)) => shelf.hear(book),
                        Ok(Change::Deleted { deleted }) => shelf.remove(deleted),
                        // an event that this page does not know
                        Err(_) => {}
                    },
                    Heard::Lost => {}
                }
                ControlFlow::Continue(())
            },
        ));
    });
}

/// Asks for the whole list.
pub fn refresh(shelf: Shelf) {
    let asked = shelf.now();
    spawn_local(async move {
        if let Ok(books) = api::list_books().await {
            shelf.learn_all(books, asked);
        }
    });
}
