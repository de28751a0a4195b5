use super::super::several::all_named;
use crate::error::{Error, Result};
use crate::operations::spec::{Args, Asked, Effect, Kind, Operation, Question, Resolved, Risk, Target};
use crate::tasks::{Named, Work};
use async_trait::async_trait;
use folio_understanding::Form;

pub struct Export;

static EXPORT: Form = Form {
    domain: "conversations",
    operation: "export",
    risk: Risk::Safe,
    patterns: &[
        "<export> (?:all |all of |every one of )?<?my><conversations>(?: (?:as|to|into|in) (?:a |an )?(?:file|zip|zip file|archive|json|markdown|markdown files))?",
        "<export> everything i (?:said|asked|wrote)",
        "<export> <?my><conversation> <?called>{conversations+}",
        "<export> <?my><conversation> <?called>{conversation}(?: (?:as|to|into) (?:a |an )?(?:file|zip|zip file|json|markdown))?",
        "(?:save|back up|backup|store) <?my><conversations>(?: (?:as|to|into|in) (?:a |an )?(?:file|zip|zip file))?",
        "(?:give|get|send) (?:me )?a copy of <?my><conversations>",
    ],
    examples: &[
        "export my conversations",
        "download all my chats",
        "give me a copy of my conversations",
        "save my discussions to a file",
    ],
    needs: &[],
};

#[async_trait]
impl Operation for Export {
    fn form(&self) -> &'static Form {
        &EXPORT
    }

    fn summary(&self) -> &'static str {
        "Export conversations to a file"
    }

    async fn resolve(&self, asked: &Asked<'_>) -> Result<Resolved> {
        let named = if asked.slots("conversations").is_empty() { "conversation" } else { "conversations" };
        let chosen = if asked.slot(named).is_some() {
            match all_named(asked, Kind::Conversation, named, "export").await? {
                Ok(chosen) => chosen,
                Err(question) => return Ok(question),
            }
        } else {
            asked.all(Kind::Conversation).await?
        };
        Ok(if chosen.is_empty() {
            Resolved::Question(Question::asking("You have no conversation yet, so there is nothing to export."))
        } else {
            Resolved::Args(Args::of(chosen))
        })
    }

    fn work(&self, args: &Args) -> Result<Option<Work>> {
        let named = |one: &Target| Ok(Named { id: one.id()?, name: one.name.clone() });
        Ok(Some(Work::Export { conversations: args.targets.iter().map(named).collect::<Result<_>>()? }))
    }

    async fn execute(&self, _: &Asked<'_>, _: &Args) -> Result<Effect> {
        Err(Error::internal("exporting is done by a task"))
    }
}
