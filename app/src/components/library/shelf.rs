//! The books as they stand now, told by two voices: events as they happen, and answers to requests, which may be
//! older than an event that overtook them.

use folio_types::{Book, BookId};
use leptos::prelude::*;

/// Each book is a signal of its own, so that progress redraws one row and moves no focus. What is told after the page
/// was left goes nowhere.
#[derive(Clone, Copy)]
pub struct Shelf {
    entries: RwSignal<Vec<Entry>>,
    /// Ids are never used again, so what was deleted stays away.
    deleted: StoredValue<Vec<BookId>>,
    events: StoredValue<u64>,
}

#[derive(Clone)]
pub struct Entry {
    pub id: BookId,
    pub book: ArcRwSignal<Book>,
    heard: Moment,
}

/// A point in the order of events.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
pub struct Moment(u64);

impl Moment {
    /// Before all events.
    pub const START: Self = Self(0);
}

impl Shelf {
    pub fn new(books: Vec<Book>) -> Self {
        let entries = books.into_iter().map(|book| Entry::new(book, Moment::START));
        Self {
            entries: RwSignal::new(entries.collect()),
            deleted: StoredValue::new(vec![]),
            events: StoredValue::new(0),
        }
    }

    /// Newest first.
    pub fn entries(self) -> Vec<Entry> {
        self.entries.get()
    }

    pub fn is_empty(self) -> bool {
        self.entries.with(Vec::is_empty)
    }

    /// To be taken before a request is sent whose answer goes into [`Shelf::learn`] or [`Shelf::learn_all`].
    pub fn now(self) -> Moment {
        Moment(self.events.get_value())
    }

    /// Takes in an event.
    #[cfg(feature = "hydrate")]
    pub fn hear(self, book: Book) {
        self.events.update_value(|events| *events += 1);
        self.put(book, self.now());
    }

    /// Takes in what a request that was sent at `asked` said about a book.
    pub fn learn(self, book: Book, asked: Moment) {
        if self.entries.is_disposed() {
            return;
        }
        let is_old = |entry: &Entry| entry.id == book.id && entry.heard > asked;
        if !self.entries.with_untracked(|entries| entries.iter().any(is_old)) {
            self.put(book, asked);
        }
    }

    /// Takes in the whole list, as it was for a request that was sent at `asked`.
    #[cfg(feature = "hydrate")]
    pub fn learn_all(self, books: Vec<Book>, asked: Moment) {
        self.entries.update(|entries| {
            entries.retain(|entry| entry.heard > asked || books.iter().any(|book| book.id == entry.id));
        });
        books.into_iter().rev().for_each(|book| self.learn(book, asked));
    }

    pub fn remove(self, id: BookId) {
        if self.entries.is_disposed() {
            return;
        }
        self.deleted.update_value(|deleted| deleted.push(id));
        self.entries.update(|entries| entries.retain(|entry| entry.id != id));
    }

    /// A book that was unknown stands first.
    fn put(self, book: Book, heard: Moment) {
        if self.deleted.with_value(|deleted| deleted.contains(&book.id)) {
            return;
        }
        let place = self.entries.with_untracked(|entries| entries.iter().position(|entry| entry.id == book.id));
        match place {
            Some(place) => {
                // when it was heard shows nowhere
                self.entries.update_untracked(|entries| entries[place].heard = heard);
                self.entries.with_untracked(|entries| entries[place].book.clone()).set(book);
            }
            None => self.entries.update(|entries| entries.insert(0, Entry::new(book, heard))),
        }
    }
}

impl Entry {
    fn new(book: Book, heard: Moment) -> Self {
        Self { id: book.id, book: ArcRwSignal::new(book), heard }
    }
}
