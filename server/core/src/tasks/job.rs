//! A running task, as the work itself sees it.

use super::rows::TaskRow;
use crate::Core;
use crate::accounts::Principal;
use crate::clock::now;
use crate::db::on_db;
use crate::error::{Error, Result};
use folio_types::{Link, LogLine, TaskId};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Lines of the log that are kept.
const LINES: usize = 200;
const LONGEST_LINE: usize = 500;
/// Steps that follow each other faster are told together.
const OFTEN: Duration = Duration::from_millis(100);

/// How soon work that waits for something else hears that it is to stop.
const LOOK: Duration = Duration::from_millis(500);

const STOP_ASKED: &str = "SELECT stop_asked FROM tasks WHERE id = $1 AND node_id = $2 AND state = 'running'";
const STEP: &str = "UPDATE tasks SET done = $3, total = $4, unit = $5, log = $6, seq = seq + 1, updated_at = $7
    WHERE id = $1 AND node_id = $2 AND state = 'running' RETURNING stop_asked";

/// What came of a task.
#[derive(Clone, Debug)]
pub struct Done {
    pub text: String,
    pub links: Vec<Link>,
}

/// Why a task ends early.
pub enum Halt {
    Cancelled,
    /// Another process took it over, or it was deleted.
    Lost,
    Fault(Error),
}

/// The task that is being run, in the name of its owner.
pub struct Job {
    pub core: Core,
    pub who: Principal,
    pub id: TaskId,
    told: Mutex<Told>,
}

struct Told {
    done: u32,
    total: u32,
    unit: &'static str,
    log: Vec<LogLine>,
    at: Option<Instant>,
}

impl Told {
    fn is_due(&self) -> bool {
        self.done >= self.total || self.at.is_none_or(|at| at.elapsed() >= OFTEN)
    }
}

impl Job {
    pub(super) fn new(core: &Core, who: Principal, row: &TaskRow) -> Self {
        let told = Told { done: 0, total: 0, unit: "", log: row.log(), at: None };
        Self { core: core.clone(), who, id: TaskId(row.id), told: Mutex::new(told) }
    }

    /// Says how much there is to do.
    pub async fn begin(&self, total: usize, unit: &'static str) -> Result<(), Halt> {
        self.change(|told| {
            (told.done, told.total, told.unit) = (0, u32::try_from(total).unwrap_or(u32::MAX), unit);
        });
        self.tell().await
    }

    /// Says that `done` of it are done; the place where a task that was cancelled ends.
    pub async fn step(&self, done: usize) -> Result<(), Halt> {
        let is_due = self.change(|told| {
            told.done = u32::try_from(done).unwrap_or(u32::MAX);
            told.is_due()
        });
        if is_due { self.tell().await } else { Ok(()) }
    }

    /// Says that `done` of `total` are done, where both are stored elsewhere; as [`Job::step`].
    pub async fn reach(&self, done: u32, total: u32, unit: &'static str) -> Result<(), Halt> {
        let is_due = self.change(|told| {
            let is_new = (told.total, told.unit) != (total, unit);
            (told.done, told.total, told.unit) = (done, total, unit);
            is_new || told.is_due()
        });
        if is_due { self.tell().await } else { Ok(()) }
    }

    /// Adds a line to the log.
    pub async fn log(&self, text: impl Into<String>) -> Result<(), Halt> {
        self.change(|told| note(&mut told.log, text.into()));
        self.tell().await
    }

    /// Does what may be cut off anywhere, since all that it stores is whole: it ends as soon as the task is to stop.
    pub async fn unless_stopped<T>(&self, work: impl Future<Output = Result<T, Halt>>) -> Result<T, Halt> {
        tokio::select! {
            biased;
            done = work => done,
            halt = self.stopped() => Err(halt),
        }
    }

    async fn stopped(&self) -> Halt {
        loop {
            tokio::time::sleep(LOOK).await;
            let asked = async {
                Ok::<_, Error>(on_db!(read self.core.db(), pool => sqlx::query_scalar(STOP_ASKED).bind(self.id.0)
                    .bind(self.core.runs().node()).fetch_optional(pool).await?))
            };
            match asked.await {
                Ok(Some(false)) | Err(_) => {}
                Ok(Some(true)) => return Halt::Cancelled,
                Ok(None) => return Halt::Lost,
            }
        }
    }

    pub(super) fn lines(&self) -> Vec<LogLine> {
        self.change(|told| told.log.clone())
    }

    async fn tell(&self) -> Result<(), Halt> {
        let (done, total, unit, log) = self.change(|told| {
            told.at = Some(Instant::now());
            (told.done, told.total, told.unit, serde_json::to_string(&told.log))
        });
        let log = log.map_err(Error::from)?;
        let node = self.core.runs().node();
        let stop_asked: Option<bool> = on_db!(write self.core.db(), pool => sqlx::query_scalar(STEP)
            .bind(self.id.0).bind(node).bind(i64::from(done)).bind(i64::from(total)).bind(unit).bind(log).bind(now())
            .fetch_optional(pool).await?);
        self.core.queue().changed(self.id);
        match stop_asked {
            Some(false) => Ok(()),
            Some(true) => Err(Halt::Cancelled),
            None => Err(Halt::Lost),
        }
    }

    fn change<T>(&self, change: impl FnOnce(&mut Told) -> T) -> T {
        change(&mut self.told.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Adds a line, and forgets the oldest where there are too many.
pub(super) fn note(log: &mut Vec<LogLine>, text: String) {
    let text = text.chars().filter(|c| *c != '\0').take(LONGEST_LINE).collect();
    log.push(LogLine { at: now(), text });
    if log.len() > LINES {
        log.drain(..log.len() - LINES);
    }
}

impl Done {
    pub fn saying(text: impl Into<String>) -> Self {
        Self { text: text.into(), links: Vec::new() }
    }

    #[must_use]
    pub fn link(mut self, label: impl Into<String>, href: impl Into<String>) -> Self {
        self.links.push(Link { label: label.into(), href: href.into() });
        self
    }
}

impl From<Error> for Halt {
    fn from(fault: Error) -> Self {
        Self::Fault(fault)
    }
}

impl From<sqlx::Error> for Halt {
    fn from(fault: sqlx::Error) -> Self {
        Self::Fault(fault.into())
    }
}

impl From<std::io::Error> for Halt {
    fn from(fault: std::io::Error) -> Self {
        Self::Fault(fault.into())
    }
}
