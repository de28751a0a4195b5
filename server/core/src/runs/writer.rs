//! Publish after write: nothing reaches a client before it would survive `kill -9`.
//!
//! One task takes whatever is pending over all runs, stores it in one transaction, and only then publishes.
//! While a transaction is on its way to the disk the next one's work piles up, so commits group themselves
//! by load (natural group commit), and no token has a disk flush of its own.

use super::journal::Journal;
use super::log::{LiveLog, NotPublished, Publication, Seq};
use super::store::{self, Ending};
use crate::db::Db;
use crate::error::Error;
use backon::{ExponentialBuilder, Retryable};
use folio_types::{Call, Frame, MessageId, Passage};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Changes that may wait for the writer before runs have to wait themselves.
const PENDING: usize = 1024;
/// Changes in one transaction at most.
const BATCH: usize = 512;
/// Time between two transactions at least once so many runs are pending at a time: then one of them serves more runs, and
/// where there are few nobody waits for it.
const PACE: Duration = Duration::from_millis(4);
const CROWD: usize = 4;
/// A database that is away is asked again for about half a minute; runs wait meanwhile and nothing is published.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
const ATTEMPTS: usize = 20;

pub enum Change {
    /// Something that readers are told and that leaves no trace but its number.
    Said(Frame),
    /// Older messages than this one were left out or summarized.
    Window(MessageId),
    Sources(Vec<Passage>),
    /// Everything that the model asked for so far.
    Calls(Vec<Call>),
    Text(String),
    Ended(Ending),
}

/// One writing of a run. What an earlier one still says once the run is gone on with is nobody's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term(u64);

enum Order {
    /// A run goes on, or begins.
    Open(MessageId, Head),
    Store(MessageId, Term, Change),
    /// Answered when nothing of this writing will be stored any more.
    Forget(MessageId, Term, oneshot::Sender<()>),
    /// Answered when everything before it is stored.
    Flush(oneshot::Sender<()>),
}

#[derive(Clone)]
pub struct RunWriter {
    orders: mpsc::Sender<Order>,
    terms: Arc<AtomicU64>,
}

impl RunWriter {
    pub fn start(db: Db, log: Arc<dyn LiveLog>, node: Uuid) -> Self {
        let (sender, receiver) = mpsc::channel(PENDING);
        let desk = Desk { db, log, node, heads: HashMap::new(), journal: Journal::default() };
        tokio::spawn(desk.write_all(receiver));
        Self { orders: sender, terms: Arc::default() }
    }

    /// For another writing of a run.
    pub fn term(&self) -> Term {
        Term(self.terms.fetch_add(1, Ordering::Relaxed))
    }

    /// Says that changes of this run will follow, and the number of its last event; 0 for a new one. `alive` is cancelled when
    /// the run turns out not to be ours any more.
    pub async fn open(&self, run: MessageId, term: Term, last: Seq, alive: CancellationToken) {
        // it fails only when the program is ending
        let _ = self.orders.send(Order::Open(run, Head { term, last, alive })).await;
    }

    /// Hands a change over to be stored and then published; waits while too many are pending.
    pub async fn send(&self, run: MessageId, term: Term, change: Change) {
        // it fails only when the program is ending, and then the reaper tells what became of the run
        let _ = self.orders.send(Order::Store(run, term, change)).await;
    }

    /// Lets go of a writing; what it said and is not stored yet, nobody has read.
    pub async fn forget(&self, run: MessageId, term: Term) {
        let (done, forgotten) = oneshot::channel();
        if self.orders.send(Order::Forget(run, term, done)).await.is_ok() {
            // an error means that the writer is gone, and nothing is stored any more
            let _ = forgotten.await;
        }
    }

    /// Waits until everything that was sent before is stored and published.
    pub async fn flush(&self) {
        let (done, stored) = oneshot::channel();
        if self.orders.send(Order::Flush(done)).await.is_ok() {
            // an error means that the writer is gone, and there is nothing to wait for
            let _ = stored.await;
        }
    }
}

/// Where the one writer works.
struct Desk {
    db: Db,
    log: Arc<dyn LiveLog>,
    /// This process; what another one has taken over is not written to.
    node: Uuid,
    /// Where each run that is being written stands. What a run says after its end, or after it was given up, is nobody's.
    heads: HashMap<MessageId, Head>,
    journal: Journal,
}

struct Head {
    term: Term,
    /// The number of the last event.
    last: Seq,
    alive: CancellationToken,
}

/// What is pending, by run.
#[derive(Default)]
struct Pile {
    works: Vec<Option<Work>>,
    places: HashMap<MessageId, usize>,
}

impl Pile {
    fn add(&mut self, run: MessageId, after: Seq, change: Change) {
        let place = *self.places.entry(run).or_insert_with(|| {
            self.works.push(Some(Work::of(run, after)));
            self.works.len() - 1
        });
        if let Some(work) = &mut self.works[place] {
            work.take(change);
        }
    }

    /// What a writing said that nobody goes on with; had it ended, that would be stored already.
    fn discard(&mut self, run: MessageId) {
        if let Some(place) = self.places.remove(&run) {
            self.works[place] = None;
        }
    }

    fn into_works(self) -> Vec<Work> {
        self.works.into_iter().flatten().collect()
    }
}

impl Desk {
    async fn write_all(mut self, mut receiver: mpsc::Receiver<Order>) {
        let mut batch = Vec::new();
        let mut next = Instant::now();
        while receiver.recv_many(&mut batch, BATCH).await > 0 {
            if Instant::now() < next {
                sleep_until(next).await;
                while batch.len() < BATCH
                    && let Ok(order) = receiver.try_recv()
                {
                    batch.push(order);
                }
            }
            let begun = Instant::now();
            let (mut pile, mut flushed) = (Pile::default(), Vec::new());
            for order in batch.drain(..) {
                flushed.extend(self.sort(order, &mut pile));
            }
            let work = pile.into_works();
            if work.len() >= CROWD {
                next = begun + PACE;
            }
            self.write(work).await;
            if self.journal.is_due() {
                self.empty_journal().await;
            }
            for done in flushed {
                // whoever asked may have stopped waiting
                let _ = done.send(());
            }
        }
    }

    /// Puts an order where it belongs. Gives whom to tell when all before it is stored.
    fn sort(&mut self, order: Order, pile: &mut Pile) -> Option<oneshot::Sender<()>> {
        match order {
            Order::Open(run, head) => {
                pile.discard(run);
                self.journal.forget(run);
                self.heads.insert(run, head);
                None
            }
            Order::Store(run, term, change) => {
                if let Some(head) = self.heads.get(&run).filter(|head| head.term == term) {
                    pile.add(run, head.last, change);
                }
                None
            }
            Order::Forget(run, term, done) => {
                if self.heads.get(&run).is_some_and(|head| head.term == term) {
                    pile.discard(run);
                    self.journal.forget(run);
                    self.heads.remove(&run);
                }
                Some(done)
            }
            Order::Flush(done) => Some(done),
        }
    }

    /// One run that cannot be stored must not take the others with it.
    async fn write(&mut self, mut work: Vec<Work>) {
        if work.is_empty() {
            return;
        }
        match self.store(&work).await {
            Ok(alive) => self.publish(work, &alive).await,
            Err(fault) if work.len() == 1 => self.give_up(&work.remove(0), &fault).await,
            Err(fault) => {
                tracing::warn!(fault = fault.diagnosis(), runs = work.len(), "a batch is stored run by run");
                for run in work {
                    match self.store(std::slice::from_ref(&run)).await {
                        Ok(alive) => self.publish(vec![run], &alive).await,
                        Err(fault) => self.give_up(&run, &fault).await,
                    }
                }
            }
        }
    }

    async fn store(&mut self, work: &[Work]) -> Result<HashSet<MessageId>, Error> {
        let pauses = ExponentialBuilder::default()
            .with_min_delay(FIRST_PAUSE)
            .with_max_delay(LONGEST_PAUSE)
            .with_max_times(ATTEMPTS);
        let stored = (|| store::advance(&self.db, self.node, &self.journal, work))
            .retry(pauses)
            .when(|fault| matches!(fault, Error::Unavailable(_)))
            .notify(|fault, pause| tracing::warn!(%fault, ?pause, "answers wait for the database"))
            .await?;
        self.journal.note(work, &stored);
        Ok(stored.alive)
    }

    async fn empty_journal(&mut self) {
        match store::empty(&self.db, self.node, &self.journal).await {
            Ok(()) => self.journal = Journal::default(),
            Err(fault) => tracing::warn!(fault = fault.diagnosis(), "the journal of answers grows for now"),
        }
    }

    /// The reaper marks what is left of it once the database can be written again.
    async fn give_up(&mut self, run: &Work, fault: &Error) {
        tracing::error!(fault = fault.diagnosis(), run = %run.run, "an answer could not be stored");
        self.lose(run).await;
    }

    /// Lets go of a run that can publish no more.
    async fn lose(&mut self, run: &Work) {
        if let Some(head) = self.heads.remove(&run.run) {
            head.alive.cancel();
        }
        self.log.close(run.run, run.after).await;
    }

    async fn publish(&mut self, work: Vec<Work>, alive: &HashSet<MessageId>) {
        let mut publications = Vec::with_capacity(work.len());
        for run in work {
            if !alive.contains(&run.run) {
                // it is gone, or has ended already, here or by another process; readers learn from the database how
                self.lose(&run).await;
                continue;
            }
            if run.ending.is_some() {
                self.heads.remove(&run.run);
            } else if let Some(head) = self.heads.get_mut(&run.run) {
                head.last = run.head();
            }
            publications.push(Publication { run: run.run, first: run.after + 1, frames: run.frames });
        }
        for published in self.log.append(publications).await {
            match published {
                Ok(()) => {}
                Err(fenced @ NotPublished::Fenced { run, .. }) => {
                    tracing::warn!(%fenced, "a second writer was fenced out");
                    if let Some(head) = self.heads.get(&run) {
                        head.alive.cancel();
                    }
                }
                Err(fault @ NotPublished::Unreachable(_)) => tracing::warn!(%fault, "readers must ask the database"),
            }
        }
    }
}

/// All that is pending for one run, its text joined.
pub(super) struct Work {
    pub run: MessageId,
    /// The number of the last event before these.
    after: Seq,
    pub text: String,
    pub window: Option<MessageId>,
    pub sources: Option<Vec<Passage>>,
    pub calls: Option<Vec<Call>>,
    pub ending: Option<Ending>,
    pub frames: Vec<Frame>,
}

impl Work {
    fn of(run: MessageId, after: Seq) -> Self {
        Self {
            run,
            after,
            text: String::new(),
            window: None,
            sources: None,
            calls: None,
            ending: None,
            frames: Vec::new(),
        }
    }

    #[cfg(test)]
    pub fn saying(run: MessageId, after: Seq, text: &str, end: Option<folio_types::MessageStatus>) -> Self {
        let mut work = Self::of(run, after);
        work.take(Change::Text(text.to_owned()));
        if let Some(status) = end {
            let ending =
                Ending { status, error: None, citations: Vec::new(), token_count: None, inference_time_ms: None };
            work.take(Change::Ended(ending));
        }
        work
    }

    /// The number of the last one of these events.
    pub fn head(&self) -> Seq {
        self.after + self.frames.len() as Seq
    }

    /// Whether there is nothing but text to store.
    pub fn is_text(&self) -> bool {
        self.window.is_none() && self.sources.is_none() && self.calls.is_none() && self.ending.is_none()
    }

    fn take(&mut self, change: Change) {
        match change {
            Change::Said(frame) => self.frames.push(frame),
            Change::Window(from) => {
                self.frames.push(Frame::Window { window_from: from });
                self.window = Some(from);
            }
            Change::Sources(sources) => {
                self.frames.push(Frame::Sources { sources: sources.clone() });
                self.sources = Some(sources);
            }
            Change::Calls(calls) => {
                self.frames.push(Frame::Calls { calls: calls.clone() });
                self.calls = Some(calls);
            }
            Change::Text(text) => {
                self.text.push_str(&text);
                self.frames.push(Frame::Token { token: text, gpu: 0 });
            }
            Change::Ended(ending) => {
                self.frames.extend(ending.frames());
                self.ending = Some(ending);
            }
        }
    }
}
