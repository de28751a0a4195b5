use crate::error::Result;
use crate::operations::spec::{Args, Asked, Effect, Kind, Operation, Preview, Resolved, Risk};
use crate::operations::targets::Named;
use crate::wording::count;
use async_trait::async_trait;
use folio_types::ConversationId;
use folio_understanding::Form;

pub struct Delete;

static DELETE: Form = Form {
    domain: "conversations",
    operation: "delete",
    risk: Risk::Dangerous,
    patterns: &["<delete> (?:the |my |a |an |this |that )?(?:old )?<conversation>(?: <?called>{conversation})?"],
    examples: &["delete conversation", "remove a chat", "get rid of a discussion"],
    needs: &["conversation"],
};

#[async_trait]
impl Operation for Delete {
    fn form(&self) -> &'static Form {
        &DELETE
    }

    fn template(&self) -> &'static str {
        r#"delete conversation "title""#
    }

    fn summary(&self) -> &'static str {
        "Delete a conversation"
    }

    async fn resolve(&self, asked: &Asked<'_>) -> Result<Resolved> {
        let command = |name: &str| format!("delete conversation {name}");
        Ok(match asked.named(Kind::Conversation, asked.slot("conversation"), command).await? {
            Named::One(one) => Resolved::Args(Args::of(vec![one])),
            Named::Question(question) => Resolved::Question(question),
        })
    }

    async fn preview(&self, asked: &Asked<'_>, args: &Args) -> Result<Preview> {
        let Some(target) = args.targets.first() else { return Ok(Preview::default()) };
        let one = asked.core.chats().titled(asked.who, target.id::<ConversationId>()?).await?;
        let note = format!("Its {} will be lost. This cannot be undone.", count(one.messages, "message"));
        Ok(Preview::of(format!("Delete the conversation “{}”", one.title), &args.targets).noting(note))
    }

    async fn execute(&self, asked: &Asked<'_>, args: &Args) -> Result<Effect> {
        let one = args.target()?;
        asked.core.chats().delete(asked.who, one.id()?).await?;
        Ok(Effect::saying(format!("The conversation “{}” is deleted.", one.name)))
    }
}
