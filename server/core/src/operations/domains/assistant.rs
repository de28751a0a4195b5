//! What can be done at all.

use crate::error::Result;
use crate::operations::spec::{Args, Asked, Effect, Operation, Resolved, Risk};
use async_trait::async_trait;
use folio_understanding::Form;

pub struct Help;

static HELP: Form = Form {
    domain: "assistant",
    operation: "help",
    risk: Risk::Safe,
    patterns: &[
        "help|help me|commands|menu|what can you do|what can i do|what can i do here|what do you do|what can folio do|how can you help(?: me)?",
        "<list> <?my>(?:commands|operations|help|things you can do)|what(?: are)? (?:the )?(?:commands|operations)(?: are there| do you know| are available)?",
        "what commands (?:do you know|are there|do you understand|can i use|can i give)",
    ],
    examples: &["help", "what can you do for me", "which commands are there", "list the commands you understand"],
    needs: &[],
};

#[async_trait]
impl Operation for Help {
    fn form(&self) -> &'static Form {
        &HELP
    }

    fn summary(&self) -> &'static str {
        "Show what can be done"
    }

    async fn resolve(&self, _: &Asked<'_>) -> Result<Resolved> {
        Ok(Resolved::Args(Args::default()))
    }

    async fn execute(&self, asked: &Asked<'_>, _: &Args) -> Result<Effect> {
        let allowed = asked.core.operations().list(asked.who).into_iter().filter(|one| one.allowed);
        let rows = allowed.map(|one| format!("{}: {}", one.summary, one.example)).collect();
        Ok(Effect::saying("This is what I can do. Names go in quotes.").rows(rows))
    }
}
