//! This process among others: it shows that it lives, hears what others ask of it, and takes over from the dead.
//!
//! Every process counts up a beat in the database. Whoever sees the beat of another one unchanged for a while takes
//! it for dead; no two clocks are compared. On SQLite there is one process only.

use crate::Core;
use crate::db::{Db, on_db};
use crate::error::Result;
use crate::library;
use folio_types::MessageId;
use std::collections::{HashMap, HashSet};
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};
use uuid::Uuid;

const TICK: Duration = Duration::from_millis(500);
/// After so many looks without a beat between them a process is dead; a start and these are less than five seconds. Looks
/// are counted, not time: when the database stands still, nobody looks and nobody beats.
const DEAD: u32 = 7;
/// Ticks between two looks for answers of our own that nobody writes any more.
const OWN: u32 = 10;

const BEAT: &str = "INSERT INTO nodes (id, beat) VALUES ($1, 1)
    ON CONFLICT (id) DO UPDATE SET beat = nodes.beat + 1";
const AT_WORK: &str = "SELECT w.node_id, COALESCE(n.beat, 0)
    FROM (SELECT node_id FROM messages WHERE status = 'streaming'
        UNION SELECT node_id FROM tasks WHERE state = 'running' AND node_id IS NOT NULL
        UNION SELECT node_id FROM confirmations WHERE state = 'executing' AND node_id IS NOT NULL
        UNION SELECT id FROM nodes) w
    LEFT JOIN nodes n ON n.id = w.node_id";
const FORGET: &str = "DELETE FROM nodes WHERE id = $1";

/// What this process has seen of another one; the rows of an old version name none.
#[derive(Default)]
struct Seen(HashMap<Option<Uuid>, (i64, u32)>);

/// Ends what an earlier process left unfinished, where there can be no other process.
pub async fn begin(core: &Core) -> Result<()> {
    if matches!(core.db(), Db::Sqlite { .. }) {
        core.runs().end_all().await?;
        core.tasks().take_over(None).await?;
        core.operations().take_over(None).await?;
    }
    core.library().abandon().await
}

/// Lives among the other processes until the program ends.
pub async fn live(core: Core) {
    let mut clock = interval(TICK);
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut seen, mut books, mut unwritten) = (Seen::default(), library::Seen::default(), HashSet::new());
    for number in 0_u32.. {
        clock.tick().await;
        let looked = async {
            tick(&core, number, &mut seen, &mut unwritten).await?;
            if seen.others() { core.library().look_for_changes(&mut books).await } else { Ok(()) }
        };
        if let Err(fault) = looked.await {
            tracing::warn!(fault = fault.diagnosis(), "the other processes cannot be seen now");
            // an old sight of a beat proves nothing
            seen = Seen::default();
        }
    }
}

async fn tick(core: &Core, number: u32, seen: &mut Seen, unwritten: &mut HashSet<MessageId>) -> Result<()> {
    if matches!(core.db(), Db::Postgres(_)) {
        let node = core.runs().node();
        on_db!(write core.db(), pool => sqlx::query(BEAT).bind(node).execute(pool).await.map(drop))?;
        for gone in seen.look(core.db(), node).await? {
            take_over(core, gone).await?;
        }
    }
    // one that came before its answer had begun is noted on SQLite, too
    core.runs().hear_stops().await?;
    if number % OWN == OWN - 1 {
        core.runs().end_unwritten(unwritten).await?;
    }
    Ok(())
}

async fn take_over(core: &Core, gone: Option<Uuid>) -> Result<()> {
    core.runs().take_over(gone).await?;
    if gone.is_some() {
        core.tasks().take_over(gone).await?;
        core.operations().take_over(gone).await?;
    }
    on_db!(write core.db(), pool => sqlx::query(FORGET).bind(gone).execute(pool).await.map(drop))?;
    Ok(())
}

impl Seen {
    fn others(&self) -> bool {
        !self.0.is_empty()
    }

    /// Who has been without a beat for too long.
    async fn look(&mut self, db: &Db, own: Uuid) -> Result<Vec<Option<Uuid>>> {
        let others: Vec<(Option<Uuid>, i64)> = on_db!(read db, pool => sqlx::query_as(AT_WORK).fetch_all(pool).await?);
        self.0.retain(|node, _| others.iter().any(|(other, _)| other == node));
        let mut gone = Vec::new();
        for (node, beat) in others.into_iter().filter(|(node, _)| *node != Some(own)) {
            let (known, looks) = self.0.entry(node).or_insert((beat, 0));
            *looks = if *known == beat { *looks + 1 } else { 0 };
            *known = beat;
            if *looks > DEAD {
                gone.push(node);
            }
        }
        Ok(gone)
    }
}
