//! What of a conversation goes to the model: the newest messages that fit word for word, the older ones in short.

use super::answer::Plan;
use crate::Core;
use crate::db::{Db, on_db};
use crate::error::Result;
use crate::llm::{Chosen, Reading, Request, Turn};
use folio_types::{Message, MessageId, Speaker};
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

/// Tokens that a chat template adds to a message, roughly.
const FRAME: usize = 5;
/// Tokens of a whole conversation that models read without losing its beginning.
pub const WHOLE: usize = 8_000;
/// New messages that are worth a new summary.
const WORTH_IT: usize = 4;
const LONGEST_SUMMARY: u32 = 300;
const SUMMARIZE: &str = "Summarize the conversation below in at most 150 words, for yourself, so that it can be gone on \
    with. Keep names, numbers, decisions and open questions. Write only the summary.";
const SO_FAR: &str = "Summary of the earlier conversation:";

const SUMMARIES: &str = "SELECT id, summary FROM messages WHERE conversation_id = $1 AND summary IS NOT NULL";
const KEEP_SUMMARY: &str = "UPDATE messages SET summary = $2 WHERE id = $1";

/// The part of a conversation that a model reads.
pub struct Window {
    /// Oldest first; the last one is the question.
    pub turns: Vec<Turn>,
    /// The first message that is there word for word, where older ones are not.
    pub from: Option<MessageId>,
}

/// How much a model is given.
#[derive(Clone, Copy)]
pub struct Budget {
    pub messages: usize,
    pub tokens: usize,
}

/// Chooses from `line`, which ends with the question.
pub async fn window(core: &Core, line: &[Message], model: &Chosen, budget: Budget) -> Result<Window> {
    let line: Vec<&Message> = line.iter().filter(|message| !message.content.is_empty()).collect();
    let start = start_of(&line, model, budget).await;
    let mut turns = Vec::new();
    if let Some(first) = line.first().filter(|_| start > 0) {
        let summaries = summaries(core.db(), first).await?;
        let known = line[..start].iter().rev().find_map(|message| summaries.get(&message.id.0));
        turns.extend(known.map(|text| Turn::new(Speaker::System, format!("{SO_FAR}\n{text}"))));
    }
    turns.extend(line[start..].iter().map(|message| turn(message)));
    Ok(Window { turns, from: line.get(start).filter(|_| start > 0).map(|message| message.id) })
}

/// The newest of `turns`, the last of which is the question, that fit; what is left out is lost to the model.
pub async fn fitting(mut turns: Vec<Turn>, model: &Chosen, budget: Budget) -> Vec<Turn> {
    let said: Vec<(Speaker, &str)> = turns.iter().map(|turn| (turn.speaker, turn.content.as_str())).collect();
    let start = first_of(&said, model, budget).await;
    turns.split_off(start)
}

/// How many tokens a model reads with `turns`.
pub async fn tokens(turns: &[Turn], model: &Chosen) -> usize {
    let texts: Vec<&str> = turns.iter().map(|turn| turn.content.as_str()).collect();
    model.provider.count_tokens(&model.offer.name, &texts).await.into_iter().map(|tokens| tokens + FRAME).sum()
}

/// Once an answer is there, puts in short what will soon be left out, so that it is not lost.
pub async fn summarize(core: &Core, plan: &Plan) {
    if plan.model.offer.reading == Reading::OnePassage {
        // so small a model would only make something up
        return;
    }
    if let Err(fault) = try_summarize(core, plan).await {
        tracing::warn!(
            fault = fault.diagnosis(),
            "a conversation could not be summarized; its oldest part is left out"
        );
    }
}

async fn try_summarize(core: &Core, plan: &Plan) -> Result<()> {
    let line: Vec<&Message> = plan.line.iter().filter(|message| !message.content.is_empty()).collect();
    let settings = core.settings();
    let soon = Budget { messages: settings.max_history * 7 / 10, tokens: settings.max_tokens * 7 / 10 };
    let start = start_of(&line, &plan.model, soon).await;
    let (Some(first), Some(last)) = (line.first(), line[..start].last()) else { return Ok(()) };
    let summaries = summaries(core.db(), first).await?;
    let before = line[..start].iter().rposition(|message| summaries.contains_key(&message.id.0));
    let new = before.map_or(0, |at| at + 1)..start;
    if before.is_some() && new.len() < WORTH_IT {
        return Ok(());
    }
    let known = before.and_then(|at| summaries.get(&line[at].id.0)).map(|text| format!("{SO_FAR}\n{text}\n\n"));
    let said: Vec<String> =
        line[new].iter().map(|message| format!("{}: {}\n\n", message.speaker.as_str(), message.content)).collect();
    let text = shortened(format!("{}{}", known.unwrap_or_default(), said.concat()), settings.max_tokens);
    let request = Request {
        model: plan.model.offer.name.clone(),
        turns: vec![Turn::new(Speaker::System, SUMMARIZE), Turn::new(Speaker::User, text)],
        max_tokens: LONGEST_SUMMARY,
        temperature: 0.0,
        top_k: None,
        functions: Arc::default(),
    };
    let summary = plan.model.write(plan.who.id, request).await?.text.replace('\0', "");
    if !summary.trim().is_empty() {
        on_db!(write core.db(), pool =>
            sqlx::query(KEEP_SUMMARY).bind(last.id.0).bind(summary.trim()).execute(pool).await.map(drop))?;
    }
    Ok(())
}

async fn start_of(line: &[&Message], model: &Chosen, budget: Budget) -> usize {
    let turns: Vec<(Speaker, &str)> = line.iter().map(|message| (message.speaker, message.content.as_str())).collect();
    first_of(&turns, model, budget).await
}

async fn first_of(turns: &[(Speaker, &str)], model: &Chosen, budget: Budget) -> usize {
    let (speakers, texts): (Vec<Speaker>, Vec<&str>) = turns.iter().copied().unzip();
    let costs = model.provider.count_tokens(&model.offer.name, &texts).await;
    first_that_fits(&costs, &speakers, budget)
}

/// The newest messages that fit, always at least the last one; they begin with a question, since an answer at the
/// beginning confuses chat templates.
fn first_that_fits(costs: &[usize], speakers: &[Speaker], budget: Budget) -> usize {
    let mut room = budget.tokens;
    let mut start = costs.len();
    while start > 0 && (costs.len() - start < budget.messages) {
        let cost = costs[start - 1] + FRAME;
        if cost > room && start < costs.len() {
            break;
        }
        room = room.saturating_sub(cost);
        start -= 1;
    }
    let question = speakers[start..].iter().position(|speaker| *speaker != Speaker::Assistant);
    start + question.unwrap_or(0)
}

async fn summaries(db: &Db, of: &Message) -> Result<HashMap<Uuid, String>> {
    let rows: Vec<(Uuid, String)> =
        on_db!(read db, pool => sqlx::query_as(SUMMARIES).bind(of.conversation_id.0).fetch_all(pool).await?);
    Ok(rows.into_iter().collect())
}

fn turn(message: &Message) -> Turn {
    Turn::new(message.speaker, message.content.clone())
}

/// The end of a text that is too long even to be summarized at once.
fn shortened(text: String, tokens: usize) -> String {
    let length = text.chars().count();
    text.chars().skip(length.saturating_sub(tokens * crate::llm::CHARACTERS_PER_TOKEN)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// The newest message always goes; whatever goes beside it fits; nothing that would fit is left out, but for
        /// an answer without its question.
        #[test]
        fn as_much_as_fits(costs in prop::collection::vec(1_usize..50, 1..30), messages in 1_usize..40, tokens in 1_usize..400) {
            let ends_with_question = costs.len() - 1;
            let speakers: Vec<Speaker> = (0..costs.len())
                .map(|at| if (ends_with_question - at) % 2 == 0 { Speaker::User } else { Speaker::Assistant })
                .collect();
            let start = first_that_fits(&costs, &speakers, Budget { messages, tokens });
            let sum = |from: usize| costs[from..].iter().map(|cost| cost + FRAME).sum::<usize>();
            prop_assert!(start < costs.len());
            prop_assert_eq!(speakers[start], Speaker::User);
            prop_assert!(costs.len() - start <= messages);
            prop_assert!(start == costs.len() - 1 || sum(start) <= tokens);
            let two_more = start.checked_sub(2).map(|from| (costs.len() - from, sum(from)));
            prop_assert!(two_more.is_none_or(|(count, cost)| count > messages || cost > tokens));
        }
    }
}
