//! Answers and tokens, by day, person and model.

use super::Reports;
use crate::accounts::Principal;
use crate::clock::{now, rfc3339};
use crate::csv::Table;
use crate::db::on_db;
use crate::error::{Error, Result};
use folio_types::Millis;
use std::collections::BTreeMap;

pub(crate) const DAY: Millis = 24 * 60 * 60 * 1000;
const LONGEST: u32 = 366;

/// Answers of conversations, and those that programs got without one.
const COUNTS: &str = "SELECT used.day, u.email, used.model, CAST(SUM(used.answers) AS BIGINT) AS answers,
        CAST(SUM(used.tokens) AS BIGINT) AS tokens
    FROM (SELECT m.created_at / 86400000 AS day, c.user_id, m.model_tag AS model, 1 AS answers,
            COALESCE(m.token_count, 0) AS tokens
        FROM messages m JOIN conversations c ON c.id = m.conversation_id
        WHERE m.speaker = 'assistant' AND m.model_tag IS NOT NULL AND m.created_at >= $1
        UNION ALL
        SELECT day, user_id, model_tag, answers, tokens FROM completions WHERE day >= $1 / 86400000) used
    JOIN users u ON u.id = used.user_id GROUP BY 1, 2, 3 ORDER BY 1, 2, 3";

/// How much somebody or something was used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Share {
    pub name: String,
    pub answers: u64,
    pub tokens: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Usage {
    pub days: u32,
    /// Every day of the time, oldest first, also those without an answer; named `2026-11-27`.
    pub by_day: Vec<Share>,
    /// Most answers first.
    pub by_user: Vec<Share>,
    pub by_model: Vec<Share>,
    rows: Vec<Row>,
}

#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
struct Row {
    day: i64,
    email: String,
    model: String,
    answers: i64,
    tokens: i64,
}

impl Reports<'_> {
    /// The use of the last `days` days, today among them; 1 to 366.
    pub(crate) async fn usage(&self, who: &Principal, days: u32) -> Result<Usage> {
        Self::admins_only(who)?;
        if days == 0 || days > LONGEST {
            return Err(Error::invalid("days", "Give 1 to 366 days."));
        }
        let today = now() / DAY;
        let first = today - i64::from(days) + 1;
        let rows: Vec<Row> = on_db!(read self.0.db(), pool =>
            sqlx::query_as(COUNTS).bind(first * DAY).fetch_all(pool).await?);
        let by_day = (first..=today).map(|day| sum(day_name(day), rows.iter().filter(|row| row.day == day))).collect();
        Ok(Usage {
            days,
            by_day,
            by_user: grouped(&rows, |row| &row.email),
            by_model: grouped(&rows, |row| &row.model),
            rows,
        })
    }
}

impl Usage {
    pub fn answers(&self) -> u64 {
        self.by_day.iter().map(|day| day.answers).sum()
    }

    pub fn tokens(&self) -> u64 {
        self.by_day.iter().map(|day| day.tokens).sum()
    }

    /// One line for each day, person and model.
    pub(super) fn csv(&self) -> Result<String> {
        let mut table = Table::new().row(["day", "user", "model", "answers", "tokens"])?;
        for row in &self.rows {
            let (answers, tokens) = (row.answers.to_string(), row.tokens.to_string());
            table = table.row([day_name(row.day).as_str(), &row.email, &row.model, &answers, &tokens])?;
        }
        Ok(table.text())
    }
}

fn grouped(rows: &[Row], by: impl Fn(&Row) -> &String) -> Vec<Share> {
    let mut groups: BTreeMap<&String, Vec<&Row>> = BTreeMap::new();
    for row in rows {
        groups.entry(by(row)).or_default().push(row);
    }
    let mut shares: Vec<Share> = groups.into_iter().map(|(name, rows)| sum(name.clone(), rows.into_iter())).collect();
    shares.sort_by(|a, b| b.answers.cmp(&a.answers).then_with(|| a.name.cmp(&b.name)));
    shares
}

fn sum<'a>(name: String, rows: impl Iterator<Item = &'a Row>) -> Share {
    rows.fold(Share { name, ..Share::default() }, |mut share, row| {
        share.answers += row.answers.unsigned_abs();
        share.tokens += row.tokens.unsigned_abs();
        share
    })
}

fn day_name(day: i64) -> String {
    rfc3339(day * DAY).chars().take(10).collect()
}
