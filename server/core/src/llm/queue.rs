//! Turns at something that serves a bounded number at once, fair between users.
//!
//! Users take turns, each with their own oldest wait: who asks ten things does not hold up who asks one.

use folio_types::UserId;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

#[derive(Clone)]
pub struct Queue(Arc<Mutex<State>>);

struct State {
    /// Turns that nobody has.
    free: usize,
    /// Users who wait, in the order in which they are served next.
    users: VecDeque<UserId>,
    waits: HashMap<UserId, VecDeque<Wait>>,
    tickets: u64,
}

struct Wait {
    ticket: u64,
    /// How many go first; none once it is its turn.
    place: watch::Sender<Option<u32>>,
}

/// A place in the queue and then a turn, both given back when this is dropped.
pub struct Ticket {
    queue: Queue,
    user: UserId,
    number: u64,
    place: watch::Receiver<Option<u32>>,
}

impl Queue {
    /// A queue that lets `at_once` through.
    pub fn new(at_once: usize) -> Self {
        Self(Arc::new(Mutex::new(State { free: at_once, users: VecDeque::new(), waits: HashMap::new(), tickets: 0 })))
    }

    pub fn enter(&self, user: UserId) -> Ticket {
        let mut state = self.state();
        state.tickets += 1;
        let (number, (sender, place)) = (state.tickets, watch::channel(Some(0)));
        if !state.waits.contains_key(&user) {
            state.users.push_back(user);
        }
        state.waits.entry(user).or_default().push_back(Wait { ticket: number, place: sender });
        state.serve();
        drop(state);
        Ticket { queue: self.clone(), user, number, place }
    }

    /// How many wait for a turn.
    pub fn waiting(&self) -> usize {
        self.state().waits.values().map(VecDeque::len).sum()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ticket {
    /// How many go first; none when it is this one's turn.
    pub fn place(&self) -> Option<u32> {
        *self.place.borrow()
    }

    /// Waits until the place is another one.
    pub async fn moved(&mut self) -> Option<u32> {
        // the sender goes when the turn comes, after having said so
        let _ = self.place.changed().await;
        *self.place.borrow_and_update()
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let had_turn = self.place().is_none();
        let mut state = self.queue.state();
        if had_turn || !state.leave(self.user, self.number) {
            // a turn may have come between the two
            state.free += 1;
        }
        state.serve();
    }
}

impl State {
    /// Gives away what is free and tells the others where they are.
    fn serve(&mut self) {
        while self.free > 0
            && let Some(wait) = self.next()
        {
            self.free -= 1;
            wait.place.send_replace(None);
        }
        self.tell_places();
    }

    fn next(&mut self) -> Option<Wait> {
        let user = self.users.pop_front()?;
        let waits = self.waits.get_mut(&user)?;
        let next = waits.pop_front();
        if waits.is_empty() {
            self.waits.remove(&user);
        } else {
            self.users.push_back(user);
        }
        next
    }

    /// Round by round, as turns will be given.
    fn tell_places(&self) {
        let mut place = 0;
        for round in 0.. {
            let mut waits = self.users.iter().filter_map(|user| self.waits.get(user)?.get(round)).peekable();
            if waits.peek().is_none() {
                return;
            }
            for wait in waits {
                wait.place.send_if_modified(|told| told.replace(place) != Some(place));
                place += 1;
            }
        }
    }

    /// False when it does not wait any more.
    fn leave(&mut self, user: UserId, ticket: u64) -> bool {
        let Some(waits) = self.waits.get_mut(&user) else { return false };
        let Some(at) = waits.iter().position(|wait| wait.ticket == ticket) else { return false };
        waits.remove(at);
        if waits.is_empty() {
            self.waits.remove(&user);
            self.users.retain(|other| *other != user);
        }
        true
    }
}

#[cfg(test)]
#[path = "queue_laws.rs"]
mod laws;
