//! What answers said in the last moments, one row for each commit, however many answers it serves; on SQLite alone.
//!
//! SQLite writes a page for whatever changes in it, and the drafts of each answer lie in a page of their own: there, each
//! token would cost a page. So they get what was said only now and then, in one piece for each answer, and the journal is
//! emptied. Until then it is read with them (the view `drafted`), also by whoever ends the answers of a process that was
//! killed.

use super::log::Seq;
use super::store::Piece;
use super::writer::Work;
use crate::error::{Error, Result};
use folio_types::MessageId;
use serde::Serializer;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

/// The journal is emptied after this time, or with so many pieces, so that it is quickly read.
const KEPT: Duration = Duration::from_secs(1);
const MOST: usize = 8192;

/// One row, unless a run in it has ended or belongs to another process.
pub(super) const APPEND: &str = "INSERT INTO journal (pieces) SELECT $1 WHERE NOT EXISTS (SELECT 1 FROM json_each($1) p
    LEFT JOIN messages m ON m.id = UNHEX(p.key) AND m.status = 'streaming' AND m.node_id = $2 WHERE m.id IS NULL)";
pub(super) const EMPTY: &str = "DELETE FROM journal";
/// All at once, which is quicker than to look through the journal for each answer. A row may be there twice, since the
/// answer to a commit can get lost.
pub(super) const RECOVER: &str = "INSERT INTO drafts (message_id, seq, text) SELECT m.id, p.value ->> 0, p.value ->> 1
    FROM journal j, json_each(j.pieces) p JOIN messages m ON m.id = UNHEX(p.key)
    WHERE m.status = 'streaming'
    AND p.value ->> 0 > MAX(m.seq, COALESCE((SELECT MAX(seq) FROM drafts WHERE message_id = m.id), 0))
    ON CONFLICT (message_id, seq) DO NOTHING";

/// What was stored, and where.
pub(super) struct Stored {
    /// The runs that took place.
    pub alive: HashSet<MessageId>,
    /// Where the texts are of runs that only said something.
    pub texts: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Journal,
    Drafts,
}

/// What is in the journal and will be in the drafts.
#[derive(Default)]
pub(super) struct Journal {
    tails: HashMap<MessageId, Tail>,
    pieces: usize,
    /// When it had its first piece.
    since: Option<Instant>,
}

#[derive(Default)]
struct Tail {
    text: String,
    last: Seq,
}

impl Journal {
    /// Takes note of what was stored.
    pub fn note(&mut self, work: &[Work], stored: &Stored) {
        for run in work {
            if run.is_text() && stored.texts == Place::Journal {
                self.keep(run);
            } else {
                self.forget(run.run);
            }
        }
    }

    fn keep(&mut self, run: &Work) {
        let tail = self.tails.entry(run.run).or_default();
        tail.text.push_str(&run.text);
        tail.last = run.head();
        self.pieces += 1;
        self.since.get_or_insert_with(Instant::now);
    }

    /// Its message or the drafts have all of it, or it is gone.
    pub fn forget(&mut self, run: MessageId) {
        self.tails.remove(&run);
    }

    /// What runs say, with what each said before that is only in the journal.
    pub fn with<'a>(&self, work: &[&'a Work]) -> Vec<Piece<'a>> {
        let text = |run: &'a Work| match self.tails.get(&run.run) {
            Some(tail) => Cow::Owned(format!("{}{}", tail.text, run.text)),
            None => Cow::Borrowed(run.text.as_str()),
        };
        work.iter().map(|run| Piece { run: run.run, seq: run.head(), text: text(run) }).collect()
    }

    /// All that is only in the journal.
    pub fn pieces(&self) -> Vec<Piece<'_>> {
        self.tails
            .iter()
            .map(|(run, tail)| Piece { run: *run, seq: tail.last, text: Cow::Borrowed(&tail.text) })
            .collect()
    }

    /// Whether it has had enough time or pieces, or has nothing that anybody needs.
    pub fn is_due(&self) -> bool {
        let is_old = |since: Instant| self.tails.is_empty() || since.elapsed() >= KEPT || self.pieces >= MOST;
        self.since.is_some_and(is_old)
    }
}

/// The row of what these runs say.
pub(super) fn row(texts: &[&Work]) -> Result<String> {
    let mut row = Vec::new();
    let pieces = texts.iter().map(|run| (run.run.0.simple(), (run.head(), &run.text)));
    serde_json::Serializer::new(&mut row).collect_map(pieces)?;
    String::from_utf8(row).map_err(Error::internal)
}
