//! Whether the log is what it was.

use super::{Audit, Sealed};
use crate::db::on_db;
use crate::error::Result;
use std::fmt::{self, Write};
use std::str::FromStr;

const ROWS: i64 = 1_000;
const AFTER: &str = "SELECT seq, hash, at, actor_id, actor, subject_id, action, target, outcome, detail, via, address
    FROM audit WHERE seq > $1 AND seq <= $2 ORDER BY seq LIMIT $3";
const HEAD: &str = "SELECT seq, hash FROM audit_head WHERE one = 1";

/// The end of the chain. Whoever keeps it elsewhere can tell later whether the log was rewritten as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    pub seq: i64,
    pub hash: Vec<u8>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every row is as it was written.
    Whole(Head),
    /// The first row that is not what it was, or not there.
    Broken { seq: i64, why: &'static str },
}

#[derive(sqlx::FromRow)]
struct Row {
    seq: i64,
    hash: Vec<u8>,
    #[sqlx(flatten)]
    sealed: Sealed,
}

impl Audit<'_> {
    /// Computes every hash anew. With `known`, an end of the chain that was noted before must still be in it.
    pub async fn verify(&self, known: Option<&Head>) -> Result<Verdict> {
        // rows that are added meanwhile are not looked at
        let (last, end): (i64, Vec<u8>) = on_db!(read self.0.db(), pool => sqlx::query_as(HEAD).fetch_one(pool).await?);
        let (mut seq, mut before) = (0, Vec::new());
        loop {
            let rows: Vec<Row> = on_db!(read self.0.db(), pool =>
                sqlx::query_as(AFTER).bind(seq).bind(last).bind(ROWS).fetch_all(pool).await?);
            let Some(latest) = rows.last().map(|row| row.seq) else { break };
            for row in rows {
                seq += 1;
                if row.seq != seq {
                    return Ok(Verdict::Broken { seq, why: "the record is missing" });
                }
                if row.sealed.hash(seq, &before).as_slice() != row.hash {
                    return Ok(Verdict::Broken { seq, why: "the record is not the one that was written" });
                }
                if known.is_some_and(|known| known.seq == seq && known.hash != row.hash) {
                    return Ok(Verdict::Broken { seq, why: "another record was known here" });
                }
                before = row.hash;
            }
            seq = latest;
        }
        if seq != last || before != end {
            return Ok(Verdict::Broken { seq: seq + 1, why: "the newest records are missing" });
        }
        if known.is_some_and(|known| known.seq > seq) {
            return Ok(Verdict::Broken { seq: seq + 1, why: "records that were known are missing" });
        }
        Ok(Verdict::Whole(Head { seq, hash: before }))
    }
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hex = self.hash.iter().fold(String::new(), |mut hex, byte| {
            // writing to a string does not fail
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        write!(f, "{}:{hex}", self.seq)
    }
}

impl FromStr for Head {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || "give what an earlier check printed, for example 12:9f86d0…".to_owned();
        let (seq, hex) = text.split_once(':').ok_or_else(wrong)?;
        let seq = seq.parse().map_err(|_| wrong())?;
        if hex.len() % 2 != 0 || !hex.is_ascii() {
            return Err(wrong());
        }
        let bytes = (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16));
        Ok(Self { seq, hash: bytes.collect::<Result<_, _>>().map_err(|_| wrong())? })
    }
}
