use crate::error::Result;
use crate::operations::spec::{Args, Asked, Effect, Kind, Operation, Question, Resolved, Risk, quoted};
use crate::operations::targets::Named;
use async_trait::async_trait;
use folio_types::ConversationId;
use folio_understanding::Form;

pub struct Rename;

static RENAME: Form = Form {
    domain: "conversations",
    operation: "rename",
    risk: Risk::Guarded,
    patterns: &[
        "<rename> <?my><conversation> <?called>{conversation} <to> {title}",
        "<name> <?my><conversation> <?called>{conversation} <to> {title}",
        "call <?my><conversation> <?called>{conversation} {title}",
        "give <?my><conversation> <?called>{conversation} the (?:title|name) {title}",
        "<rename> <?my><conversation>(?: <?called>{conversation})?",
    ],
    examples: &["rename conversation", "change the title of a chat", "give a discussion another name"],
    needs: &["conversation", "title"],
};

#[async_trait]
impl Operation for Rename {
    fn form(&self) -> &'static Form {
        &RENAME
    }

    fn template(&self) -> &'static str {
        r#"rename conversation "title" to "new title""#
    }

    fn summary(&self) -> &'static str {
        "Rename a conversation"
    }

    async fn resolve(&self, asked: &Asked<'_>) -> Result<Resolved> {
        let title = asked.slot("title").map(|title| title.text.clone());
        let again = title.clone().unwrap_or_else(|| "…".into());
        let command = |name: &str| format!("rename conversation {name} to {}", quoted(&again));
        Ok(match (asked.named(Kind::Conversation, asked.slot("conversation"), command).await?, title) {
            (Named::Question(question), _) => Resolved::Question(question),
            (Named::One(one), Some(title)) => Resolved::Args(Args::of(vec![one]).with("title", title)),
            (Named::One(one), None) => {
                let text = format!(
                    "What should “{}” be called? Say: rename conversation {} to \"…\".",
                    one.name,
                    quoted(&one.name)
                );
                Resolved::Question(Question::asking(text))
            }
        })
    }

    async fn execute(&self, asked: &Asked<'_>, args: &Args) -> Result<Effect> {
        let one = args.target()?;
        let id: ConversationId = one.id()?;
        let renamed = asked.core.chats().rename(asked.who, id, args.value("title")).await?;
        let text = format!("“{}” is called “{}” now.", one.name, renamed.title);
        let undo = format!("rename conversation {id} to {}", quoted(&one.name));
        Ok(Effect::saying(text).undo(undo).link(renamed.title, format!("/c/{id}")))
    }
}
