//! The log as a table for other programs.

use super::list::Bounds;
use super::{Audit, Filter, Record};
use crate::Core;
use crate::accounts::Principal;
use crate::clock::rfc3339;
use crate::csv::Table;
use crate::error::Result;
use futures::Stream;

const ROWS: u32 = 500;
const COLUMNS: [&str; 9] = ["number", "time", "who", "action", "target", "outcome", "detail", "via", "address"];

impl Audit<'_> {
    /// The records that `filter` finds as CSV, newest first, piece by piece.
    pub async fn export(
        &self,
        who: &Principal,
        filter: &Filter,
    ) -> Result<impl Stream<Item = Result<String>> + Send + use<>> {
        let bounds = Bounds::of(who, filter)?;
        if filter.everyone {
            self.look(who, "activity", "the activity of everyone, as a file", None).await?;
        }
        Ok(pieces(self.0.clone(), bounds))
    }
}

fn pieces(core: Core, bounds: Bounds) -> impl Stream<Item = Result<String>> + Send {
    async_stream::try_stream! {
        let mut before = i64::MAX;
        yield Table::new().row(COLUMNS)?.text();
        loop {
            let records = core.audit().page(&bounds, before, 0, ROWS).await?;
            let Some(last) = records.last() else { break };
            before = last.seq;
            let mut table = Table::new();
            for record in records {
                table = table.row(columns(record))?;
            }
            yield table.text();
        }
    }
}

fn columns(record: Record) -> [String; 9] {
    [
        record.seq.to_string(),
        rfc3339(record.at),
        record.actor,
        record.action,
        record.target,
        record.outcome.to_string(),
        record.detail,
        record.via,
        record.address.unwrap_or_default(),
    ]
}
