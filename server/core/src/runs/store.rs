//! What runs write to the database: every change of a message's status is one of these statements, and each asks for
//! the status that it leaves.

use super::journal::{self, Journal, Place, Stored};
use super::log::Seq;
use super::writer::Work;
use crate::clock::now;
use crate::db::{Db, on_db};
use crate::error::Result;
use folio_types::{Citation, Frame, MessageId, MessageStatus};
use sqlx::{Connection, PgConnection, SqliteConnection};
use std::borrow::Cow;
use std::sync::LazyLock;
use uuid::Uuid;

/// A piece is stored once, however often it is sent: the answer to a commit can get lost. What is behind the message was
/// said before it ended and was gone on with. On PostgreSQL the lock holds off whoever would end the message between this
/// look at its status and the commit.
const APPEND: &str = "INSERT INTO drafts (message_id, seq, text) SELECT piece.id, piece.seq, piece.text
    FROM piece JOIN messages ON messages.id = piece.id AND messages.seq < piece.seq
    WHERE status = 'streaming' AND node_id =";
const ONCE: &str = "ON CONFLICT (message_id, seq) DO UPDATE SET text = excluded.text RETURNING message_id";
const PIECES_POSTGRES: &str =
    "WITH piece (id, seq, text) AS (SELECT * FROM UNNEST($1::uuid[], $2::bigint[], $3::text[]))";
/// Pieces in one statement: so many forms of it are prepared, and a list is filled up to the next one.
const LISTS: [usize; 5] = [1, 8, 32, 128, 512];
const WINDOW: &str = "UPDATE messages SET window_from = $2 WHERE id = $1 AND status = 'streaming'";
const SOURCES: &str = "UPDATE messages SET sources = $2 WHERE id = $1 AND status = 'streaming'";
const CALLS: &str = "UPDATE messages SET calls = $2 WHERE id = $1 AND status = 'streaming'";
/// Ends a message, whose pieces become its content. The writer has put all of them into the drafts.
const END: &str = "UPDATE messages SET status = $2, error = $3, error_status = $4, citations = $5, token_count = $6,
    inference_time_ms = $7,
    content = content || COALESCE((SELECT STRING_AGG(text, '' ORDER BY seq) FROM drafts WHERE message_id = $1), ''),
    seq = COALESCE((SELECT MAX(seq) FROM drafts WHERE message_id = $1), seq) WHERE id = $1 AND status = 'streaming'";
/// Makes what a writer left of a message, wherever it is, its content.
const FOLD_LEFT: &str = "UPDATE messages SET
    content = content || COALESCE((SELECT text FROM drafted WHERE message_id = $1), ''),
    seq = COALESCE((SELECT seq FROM drafted WHERE message_id = $1), seq) WHERE id = $1 RETURNING seq";
const CLEAR: &str = "DELETE FROM drafts WHERE message_id = $1";
/// Ends what nobody writes any more.
const REAP_ALL: &str = "UPDATE messages SET status = 'interrupted', error = $2, error_status = 503
    WHERE status = 'streaming' AND $1 IS NULL RETURNING id";
const REAP_NODE: &str = "UPDATE messages SET status = 'interrupted', error = $2, error_status = 503
    WHERE status = 'streaming' AND (node_id = $1 OR node_id IS NULL AND $1 IS NULL) RETURNING id";
const REAP_ONE: &str = "UPDATE messages SET status = 'interrupted', error = $2, error_status = 503
    WHERE status = 'streaming' AND id = $1 RETURNING id";
/// Opens an answer that broke off again, and one that was complete only where `$3` says so. Readers of its end were told a few events that the row does not count; the
/// numbers go on behind those.
pub(crate) const REOPEN: &str =
    "UPDATE messages SET status = 'streaming', seq = seq + 8, error = NULL, error_status = NULL, stop_asked = FALSE,
    citations = '[]', node_id = $2
    WHERE id = $1 AND (status IN ('interrupted', 'failed') OR $3 AND status = 'complete')";
const TOUCH: &str = "UPDATE conversations SET updated_at = $2
    WHERE id = (SELECT conversation_id FROM messages WHERE id = $1)";

/// How a run ends.
#[derive(Clone, Debug)]
pub struct Ending {
    pub status: MessageStatus,
    /// The words for the person, and the status code that says the same to programs.
    pub error: Option<(String, u16)>,
    pub citations: Vec<Citation>,
    pub token_count: Option<u32>,
    pub inference_time_ms: Option<u32>,
}

impl Ending {
    /// What readers are told.
    pub fn frames(&self) -> Vec<Frame> {
        let citations = (!self.citations.is_empty()).then(|| Frame::Citations { citations: self.citations.clone() });
        let error = self.error.clone().map(|(error, status_code)| Frame::Error { error, status_code });
        let done = Frame::Done { done: true, status: self.status };
        citations.into_iter().chain(error).chain([done]).collect()
    }
}

/// Answers that nobody writes any more.
#[derive(Clone, Copy, Debug)]
pub(super) enum Orphans {
    All,
    /// Those of a process; of an old version, which named none.
    Of(Option<Uuid>),
    One(MessageId),
}

/// Stores all of it or nothing, for runs of this process, and once, however often it is tried. Says where the texts are, and
/// which runs took place; one that has ended, here or elsewhere, did not.
pub(super) async fn advance(db: &Db, node: Uuid, journal: &Journal, work: &[Work]) -> Result<Stored> {
    let (texts, others): (Vec<&Work>, Vec<&Work>) = work.iter().partition(|run| run.is_text());
    if others.is_empty() {
        // one statement is a transaction of its own
        return match db {
            Db::Sqlite { writer, scribe, .. } => {
                let _turn = writer.acquire().await?;
                say(&mut *scribe.lock().await, node, journal, &texts).await
            }
            Db::Postgres(pool) => say(&mut *pool.acquire().await?, node, journal, &texts).await,
        };
    }
    let stored = on_db!(change db, tx => {
        let mut stored = say(&mut *tx, node, journal, &texts).await?;
        let alive = tx.append(node, &journal.with(&others)).await?;
        for run in others.into_iter().filter(|run| alive.contains(&run.run.0)) {
            if let Some(from) = run.window {
                sqlx::query(WINDOW).bind(run.run.0).bind(from.0).execute(&mut *tx).await?;
            }
            if let Some(sources) = &run.sources {
                sqlx::query(SOURCES).bind(run.run.0).bind(serde_json::to_string(sources)?).execute(&mut *tx).await?;
            }
            if let Some(calls) = &run.calls {
                sqlx::query(CALLS).bind(run.run.0).bind(serde_json::to_string(calls)?).execute(&mut *tx).await?;
            }
            if let Some(ending) = &run.ending {
                let (error, code) = ending.error.clone().unzip();
                sqlx::query(END).bind(run.run.0).bind(ending.status.as_str()).bind(error).bind(code.map(i64::from))
                    .bind(serde_json::to_string(&ending.citations)?).bind(ending.token_count.map(i64::from))
                    .bind(ending.inference_time_ms.map(i64::from)).execute(&mut *tx).await?;
                sqlx::query(CLEAR).bind(run.run.0).execute(&mut *tx).await?;
                sqlx::query(TOUCH).bind(run.run.0).bind(now()).execute(&mut *tx).await?;
            }
        }
        tx.commit().await?;
        stored.alive.extend(alive.into_iter().map(MessageId));
        stored
    });
    Ok(stored)
}

/// Stores texts: in the journal, where this database has one and all of them can be, or else in the drafts.
async fn say(to: &mut impl Append, node: Uuid, journal: &Journal, texts: &[&Work]) -> Result<Stored> {
    if to.journal(node, texts).await? {
        return Ok(Stored { alive: texts.iter().map(|run| run.run).collect(), texts: Place::Journal });
    }
    let alive = to.append(node, &journal.with(texts)).await?;
    Ok(Stored { alive: alive.into_iter().map(MessageId).collect(), texts: Place::Drafts })
}

/// Moves what the journal has to the drafts, and empties it.
pub(super) async fn empty(db: &Db, node: Uuid, journal: &Journal) -> Result<()> {
    let Db::Sqlite { writer, .. } = db else { return Ok(()) };
    let mut connection = writer.acquire().await?;
    let mut tx = connection.begin().await?;
    tx.append(node, &journal.pieces()).await?;
    sqlx::query(journal::EMPTY).execute(&mut *tx).await?;
    tx.commit().await?;
    Ok(())
}

/// Moves to the drafts what the journal of a process that is gone has; only where no other can be writing.
pub(super) async fn recover(db: &Db) -> Result<()> {
    let Db::Sqlite { writer, .. } = db else { return Ok(()) };
    let mut connection = writer.acquire().await?;
    let mut tx = connection.begin().await?;
    sqlx::query(journal::RECOVER).execute(&mut *tx).await?;
    sqlx::query(journal::EMPTY).execute(&mut *tx).await?;
    tx.commit().await?;
    Ok(())
}

/// Ends answers that nobody writes, with these words. Gives each one's last number.
pub(super) async fn reap(db: &Db, orphans: Orphans, words: &str) -> Result<Vec<(MessageId, Seq)>> {
    let (sql, whose) = match orphans {
        Orphans::All => (REAP_ALL, None),
        Orphans::Of(node) => (REAP_NODE, node),
        Orphans::One(run) => (REAP_ONE, Some(run.0)),
    };
    let mut ended = Vec::new();
    on_db!(change db, tx => {
        // the status first: from here on nobody adds a piece
        let runs: Vec<Uuid> = sqlx::query_scalar(sql).bind(whose).bind(words).fetch_all(&mut *tx).await?;
        for run in runs {
            let seq: i64 = sqlx::query_scalar(FOLD_LEFT).bind(run).fetch_one(&mut *tx).await?;
            sqlx::query(CLEAR).bind(run).execute(&mut *tx).await?;
            ended.push((MessageId(run), seq.unsigned_abs()));
        }
        tx.commit().await?;
    });
    Ok(ended)
}

/// A text in a list of them, and the number of the last event in it.
pub(super) struct Piece<'a> {
    pub run: MessageId,
    pub seq: Seq,
    pub text: Cow<'a, str>,
}

/// Adds to many answers in one statement, which only the two dialects' own ways of passing a list can say.
trait Append {
    /// False, and nothing is stored, where there is no journal, or where a run is not this process's to write any more.
    async fn journal(&mut self, node: Uuid, texts: &[&Work]) -> Result<bool>;

    /// Gives the runs that took place.
    async fn append(&mut self, node: Uuid, pieces: &[Piece<'_>]) -> Result<Vec<Uuid>>;
}

impl Append for SqliteConnection {
    async fn journal(&mut self, node: Uuid, texts: &[&Work]) -> Result<bool> {
        let row = journal::row(texts)?;
        Ok(sqlx::query(journal::APPEND).bind(row).bind(node).execute(self).await?.rows_affected() > 0)
    }

    async fn append(&mut self, node: Uuid, pieces: &[Piece<'_>]) -> Result<Vec<Uuid>> {
        static FORMS: LazyLock<Vec<String>> = LazyLock::new(|| LISTS.into_iter().map(listing).collect());
        let mut alive = Vec::new();
        for part in pieces.chunks(LISTS[LISTS.len() - 1]) {
            let form = LISTS.iter().position(|size| part.len() <= *size).unwrap_or(LISTS.len() - 1);
            let mut query = sqlx::query_scalar::<_, Uuid>(FORMS[form].as_str());
            for piece in part {
                query = query.bind(piece.run.0).bind(number(piece.seq)).bind(&*piece.text);
            }
            for _ in part.len()..LISTS[form] {
                query = query.bind(None::<Uuid>).bind(0_i64).bind("");
            }
            alive.extend(query.bind(node).fetch_all(&mut *self).await?);
        }
        Ok(alive)
    }
}

/// The statement for a list of so many pieces. Its parameters have no names, which would be compared one by one.
fn listing(size: usize) -> String {
    let rows = vec!["(?, ?, ?)"; size].join(", ");
    format!("WITH piece (id, seq, text) AS (VALUES {rows}) {APPEND} ? {ONCE}")
}

impl Append for PgConnection {
    async fn journal(&mut self, _: Uuid, _: &[&Work]) -> Result<bool> {
        Ok(false)
    }

    async fn append(&mut self, node: Uuid, pieces: &[Piece<'_>]) -> Result<Vec<Uuid>> {
        static FORM: LazyLock<String> =
            LazyLock::new(|| format!("{PIECES_POSTGRES} {APPEND} $4 FOR SHARE OF messages {ONCE}"));
        let ids: Vec<Uuid> = pieces.iter().map(|piece| piece.run.0).collect();
        let numbers: Vec<i64> = pieces.iter().map(|piece| number(piece.seq)).collect();
        let texts: Vec<&str> = pieces.iter().map(|piece| &*piece.text).collect();
        let query = sqlx::query_scalar(FORM.as_str()).bind(ids).bind(numbers).bind(texts).bind(node);
        Ok(query.fetch_all(self).await?)
    }
}

fn number(seq: Seq) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

#[cfg(test)]
#[path = "store_laws.rs"]
mod laws;
