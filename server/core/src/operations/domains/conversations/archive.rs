use crate::error::Result;
use crate::operations::spec::{Args, Asked, Effect, Kind, Operation, Resolved, Risk};
use crate::operations::targets::Named;
use async_trait::async_trait;
use folio_types::ConversationId;
use folio_understanding::Form;

pub struct Archive;
pub struct Unarchive;

static ARCHIVE: Form = Form {
    domain: "conversations",
    operation: "archive",
    risk: Risk::Guarded,
    patterns: &[
        "<archive> <?my><conversation>(?: <?called>{conversation})?",
        "(?:move|put) <?my><conversation> <?called>{conversation} (?:to|into|in) (?:the |my )?archive",
    ],
    examples: &[
        "archive conversation",
        "put a chat away",
        "move a discussion to the archive",
        "hide a conversation from the list",
    ],
    needs: &["conversation"],
};

static UNARCHIVE: Form = Form {
    domain: "conversations",
    operation: "unarchive",
    risk: Risk::Guarded,
    patterns: &[
        "<unarchive> <?my>(?:archived )?<conversation>(?: <?called>{conversation})?(?: (?:from|out of) (?:the |my )?archive)?",
        "(?:take|move|get|bring) <?my><conversation> <?called>{conversation} (?:out of|from|back from) (?:the |my )?archive",
        "restore <?my>archived <conversation> <?called>{conversation}",
    ],
    examples: &["unarchive conversation", "take a chat out of the archive", "bring an archived discussion back"],
    needs: &["conversation"],
};

#[async_trait]
impl Operation for Archive {
    fn form(&self) -> &'static Form {
        &ARCHIVE
    }

    fn template(&self) -> &'static str {
        r#"archive conversation "title""#
    }

    fn summary(&self) -> &'static str {
        "Archive a conversation"
    }

    async fn resolve(&self, asked: &Asked<'_>) -> Result<Resolved> {
        one(asked, "archive").await
    }

    async fn execute(&self, asked: &Asked<'_>, args: &Args) -> Result<Effect> {
        put(asked, args, true).await
    }
}

#[async_trait]
impl Operation for Unarchive {
    fn form(&self) -> &'static Form {
        &UNARCHIVE
    }

    fn template(&self) -> &'static str {
        r#"unarchive conversation "title""#
    }

    fn summary(&self) -> &'static str {
        "Take a conversation out of the archive"
    }

    async fn resolve(&self, asked: &Asked<'_>) -> Result<Resolved> {
        one(asked, "unarchive").await
    }

    async fn execute(&self, asked: &Asked<'_>, args: &Args) -> Result<Effect> {
        put(asked, args, false).await
    }
}

async fn one(asked: &Asked<'_>, verb: &str) -> Result<Resolved> {
    let command = |name: &str| format!("{verb} conversation {name}");
    Ok(match asked.named(Kind::Conversation, asked.slot("conversation"), command).await? {
        Named::One(one) => Resolved::Args(Args::of(vec![one])),
        Named::Question(question) => Resolved::Question(question),
    })
}

async fn put(asked: &Asked<'_>, args: &Args, archived: bool) -> Result<Effect> {
    let one = args.target()?;
    let id: ConversationId = one.id()?;
    let changed = asked.core.chats().archive(asked.who, id, archived).await?;
    let (now, undo) = if archived { ("in the archive", "unarchive") } else { ("in the list", "archive") };
    let text = if changed {
        format!("“{}” is {now} now.", one.name)
    } else {
        format!("“{}” was {now} already.", one.name)
    };
    let effect = Effect::saying(text).link(&*one.name, format!("/c/{id}"));
    Ok(if changed { effect.undo(format!("{undo} conversation {id}")) } else { effect })
}
