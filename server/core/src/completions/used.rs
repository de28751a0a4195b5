//! How much was answered, for the report: sums alone, nothing of what was said.

use crate::Core;
use crate::clock::now;
use crate::db::on_db;
use crate::error::Result;
use crate::reports::DAY;
use folio_types::UserId;

const ADD: &str = "INSERT INTO completions (day, user_id, model_tag, answers, tokens) VALUES ($1, $2, $3, 1, $4)
    ON CONFLICT (day, user_id, model_tag) DO UPDATE
    SET answers = completions.answers + 1, tokens = completions.tokens + excluded.tokens";

/// One answer.
pub(super) struct Use<'a> {
    pub user: UserId,
    pub model: &'a str,
    pub tokens: usize,
}

impl Use<'_> {
    /// Counts it. Where that fails the answer is whole all the same.
    pub async fn remember(self, core: &Core) {
        if let Err(fault) = self.add(core).await {
            tracing::warn!(fault = fault.diagnosis(), "an answer is missing in the report of what was used");
        }
    }

    async fn add(self, core: &Core) -> Result<()> {
        let tokens = i64::try_from(self.tokens).unwrap_or(i64::MAX);
        on_db!(write core.db(), pool => sqlx::query(ADD).bind(now() / DAY).bind(self.user.0).bind(self.model)
            .bind(tokens).execute(pool).await.map(drop))?;
        Ok(())
    }
}
