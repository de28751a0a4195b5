use super::super::several::{Deleting, all_named, count as count_of, counted, moment};
use crate::chats::Titled;
use crate::error::Result;
use crate::operations::spec::{Args, Asked, Effect, Kind, Operation, Preview, Question, Resolved, Risk, Target};
use crate::tasks::{Named, Work};
use crate::wording::count;
use async_trait::async_trait;
use folio_types::ConversationId;
use folio_understanding::Form;

pub struct DeleteSeveral;

/// More are deleted by a task.
const AT_ONCE: usize = 10;

static DELETE: Form = Form {
    domain: "conversations",
    operation: "delete_several",
    risk: Risk::Dangerous,
    patterns: &[
        "<delete> (?:the |my )?(?:<conversations>|<conversation>) {conversations+}",
        "<delete> (?:(?<all><all>) )?(?:of )?(?:my |the )?(?:old )?(?:<conversations>|<conversation>) (?:that are |which are |that were |from )?(?:older than|before|from before|last used before|not used since|untouched since|unused for) {when}",
        "<delete> (?:(?<all><all>) )?(?:of )?(?:my |the )?(?<archived>archived|hidden) (?:<conversations>|<conversation>)",
        "<delete> (?:(?<all><all>) )?(?:of )?(?:my |the )?(?<empty>empty|unnamed|untitled) (?:<conversations>|<conversation>)",
        "<delete> (?:(?<all><all>) )?(?:of )?(?:my |the )?(?:<conversations>|<conversation>) (?:about|called|named|titled|with|on|containing|that mention|mentioning) {text}",
        "<delete> (?:the |my )?(?<newest><newest>) {count} <conversations>",
        "<delete> (?:the |my )?{count} (?:of (?:the |my ))?(?<newest><newest>) <conversations>",
        "<delete> (?:the |my )?(?<oldest><oldest>) {count} <conversations>",
        "<delete> (?:the |my )?{count} (?:of (?:the |my ))?(?<oldest><oldest>) <conversations>",
        "<delete> (?<all><all>) (?:of )?(?:my |the |our )?(?:<conversations>|<conversation>)",
        "<delete> (?:my |the )?(?:whole |entire |complete |full )(?<all><conversations>)",
        "<delete> (?:my |the )(?<all>conversation history|chat history|chat log|chat logs|history)",
        "<delete> (?:my |the |several |some |old )*<conversations>",
    ],
    examples: &[
        "delete conversations",
        "delete all my conversations",
        "clear my chat history",
        "remove conversations older than last month",
    ],
    needs: &[],
};

#[async_trait]
impl Operation for DeleteSeveral {
    fn form(&self) -> &'static Form {
        &DELETE
    }

    fn summary(&self) -> &'static str {
        "Delete several conversations"
    }

    async fn resolve(&self, asked: &Asked<'_>) -> Result<Resolved> {
        if asked.slot("conversations").is_some() {
            return Ok(match all_named(asked, Kind::Conversation, "conversations", "delete").await? {
                Ok(chosen) => Resolved::Args(Args::of(chosen)),
                Err(question) => question,
            });
        }
        let titles = asked.core.chats().titles(asked.who).await?;
        let (chosen, filter): (Vec<&Titled>, String) = if let Some(when) = asked.slot("when") {
            let before = moment(&when.text)?;
            let filter = format!("not used since {}", &crate::clock::rfc3339(before)[..10]);
            (titles.iter().filter(|one| one.updated_at < before).collect(), filter)
        } else if asked.slot("archived").is_some() {
            (titles.iter().filter(|one| one.archived).collect(), "in the archive".into())
        } else if asked.slot("empty").is_some() {
            (titles.iter().filter(|one| one.messages == 0).collect(), "without a message".into())
        } else if let Some(text) = asked.slot("text") {
            let wanted = text.text.to_lowercase();
            let filter = format!("with “{}” in the title", text.text);
            (titles.iter().filter(|one| one.title.to_lowercase().contains(&wanted)).collect(), filter)
        } else if let Some(words) = asked.slot("count") {
            let most = count_of(&words.text)?;
            let (which, order): (Vec<&Titled>, _) = if asked.slot("oldest").is_some() {
                (titles.iter().rev().take(most).collect(), "oldest")
            } else {
                (titles.iter().take(most).collect(), "newest")
            };
            (which, format!("the {order} {most}"))
        } else if asked.slot("all").is_some() {
            (titles.iter().collect(), "all".into())
        } else {
            let question = Question::asking("Which conversations?")
                .choice("All of them", "delete all my conversations")
                .choice("Those older than a month", "delete conversations older than last month")
                .choice("Those in the archive", "delete archived conversations");
            return Ok(Resolved::Question(question));
        };
        // where nothing but commands is said, what becomes of this one is said too
        let record = match asked.conversation {
            Some(here) if asked.core.operations().has_only_turns(here).await? => Some(here),
            _ => None,
        };
        let targets: Vec<Target> = chosen.into_iter().filter(|one| Some(one.id) != record).map(Into::into).collect();
        Ok(if targets.is_empty() {
            Resolved::Question(Question::asking("No conversation of yours fits that, so there is nothing to delete."))
        } else {
            Resolved::Args(Args::of(targets).with("filter", filter))
        })
    }

    async fn preview(&self, asked: &Asked<'_>, args: &Args) -> Result<Preview> {
        let mut messages = 0;
        for target in &args.targets {
            messages += asked.core.chats().titled(asked.who, target.id::<ConversationId>()?).await?.messages;
        }
        let note = format!("Their {} will be lost. This cannot be undone.", count(messages, "message"));
        let preview = Preview::of(format!("Delete {}", counted(&args.targets)), &args.targets).noting(note);
        Ok(if args.targets.len() > 1 {
            preview.typing(format!("delete {} conversations", args.targets.len()))
        } else {
            preview
        })
    }

    fn work(&self, args: &Args) -> Result<Option<Work>> {
        if args.targets.len() <= AT_ONCE {
            return Ok(None);
        }
        let named = |one: &Target| Ok(Named { id: one.id()?, name: one.name.clone() });
        Ok(Some(Work::DeleteConversations { conversations: args.targets.iter().map(named).collect::<Result<_>>()? }))
    }

    async fn execute(&self, asked: &Asked<'_>, args: &Args) -> Result<Effect> {
        let mut deleting = Deleting::default();
        for one in &args.targets {
            deleting.count(one, asked.core.chats().delete(asked.who, one.id()?).await);
        }
        Ok(deleting.effect(&args.targets))
    }
}
