use super::super::several::count as count_of;
use crate::error::Result;
use crate::operations::spec::{Args, Asked, Effect, Operation, Resolved, Risk};
use crate::wording::count;
use async_trait::async_trait;
use folio_understanding::Form;

pub struct List;

/// Rows that are shown at most.
const SHOWN: usize = 50;

static LIST: Form = Form {
    domain: "conversations",
    operation: "list",
    risk: Risk::Safe,
    patterns: &[
        "<list> <?my>(?:<conversations>|list of <conversations>)(?: <ready>)?",
        "<list> <?my>(?<archived>archived|hidden) <conversations>",
        "(?:what|which) <conversations> (?:do i have|have i had|have i got|are there|did i have|have i started|exist)",
        "(?:what|which) <conversations>(?: <ready>)?",
        "(?:find|search|search for|look for|locate) <?my>(?:<conversations>|<conversation>) (?:about|called|named|titled|with|on|containing|that mention|mentioning|for) {text}",
        "<list> <?my>(?:<conversations>) (?:about|called|named|titled|with|on|containing|that mention|mentioning) {text}",
        "find <?my><conversation> {text}",
        "search <?my><conversations> for {text}",
        "<list> <?my>(?<newest><newest>) {count} <conversations>",
        "<list> <?my>{count} (?<newest><newest>) <conversations>",
        "<list> <?my>(?<oldest><oldest>) {count} <conversations>",
        "<list> <?my>{count} (?<oldest><oldest>) <conversations>",
        "<list> <?my>{count} <conversations>",
        "my <conversations>|<conversations>",
    ],
    examples: &[
        "list conversations",
        "show my chats",
        "which conversations do I have",
        "what did I talk about recently",
        "show me my previous discussions",
        "find conversation about a subject",
    ],
    needs: &[],
};

#[async_trait]
impl Operation for List {
    fn form(&self) -> &'static Form {
        &LIST
    }

    fn summary(&self) -> &'static str {
        "List or find conversations"
    }

    async fn resolve(&self, asked: &Asked<'_>) -> Result<Resolved> {
        let mut args = Args::default();
        if let Some(text) = asked.slot("text") {
            args = args.with("text", &*text.text);
        }
        for flag in ["archived", "oldest"] {
            if asked.slot(flag).is_some() {
                args = args.with(flag, "yes");
            }
        }
        if let Some(words) = asked.slot("count") {
            args = args.with("count", count_of(&words.text)?.to_string());
        }
        Ok(Resolved::Args(args))
    }

    async fn execute(&self, asked: &Asked<'_>, args: &Args) -> Result<Effect> {
        let wanted = args.value("text").to_lowercase();
        let only_archived = !args.value("archived").is_empty();
        let fits = |one: &&crate::chats::Titled| {
            // what is looked for by name is found in the archive too
            let of_kind = if wanted.is_empty() { one.archived == only_archived } else { true };
            of_kind && one.title.to_lowercase().contains(&wanted)
        };
        let titles = asked.core.chats().titles(asked.who).await?;
        let mut found: Vec<_> = titles.iter().filter(fits).collect();
        if !args.value("oldest").is_empty() {
            found.reverse();
        }
        if let Ok(most) = args.value("count").parse() {
            found.truncate(most);
        }
        let text = match found.len() {
            0 => "There is no such conversation.".to_owned(),
            1 => "There is one conversation.".to_owned(),
            count if count > SHOWN => format!("There are {count} conversations. These are the newest {SHOWN}."),
            count => format!("There are {count} conversations."),
        };
        let mut effect = Effect::saying(text);
        for one in found.into_iter().take(SHOWN) {
            let archived = if one.archived { ", archived" } else { "" };
            effect.rows.push(format!("{} ({}{archived})", one.title, count(one.messages, "message")));
            effect = effect.link(&*one.title, format!("/c/{}", one.id));
        }
        Ok(effect)
    }
}
