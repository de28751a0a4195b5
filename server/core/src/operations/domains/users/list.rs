use crate::error::Result;
use crate::operations::spec::{Args, Asked, Effect, Operation, Resolved, Right, Risk};
use async_trait::async_trait;
use folio_understanding::Form;

pub struct List;

const SHOWN: u32 = 100;

static LIST: Form = Form {
    domain: "users",
    operation: "list",
    risk: Risk::Safe,
    patterns: &[
        "<list> <?my>(?:<users>|list of <users>)(?: <ready>)?",
        "(?:what|which) <users>(?: <ready>)?",
        "(?:what|which) <users> (?:are there|do we have|exist|have an account|are registered)",
        "who (?:has an account|is registered|can sign in|may sign in|uses this folio|are the users|are the members)",
        "<users>",
    ],
    examples: &["list users", "show all accounts", "who has an account", "which people are registered"],
    needs: &[],
};

#[async_trait]
impl Operation for List {
    fn form(&self) -> &'static Form {
        &LIST
    }

    fn summary(&self) -> &'static str {
        "List the users"
    }

    fn right(&self) -> Right {
        Right::Admin
    }

    async fn resolve(&self, _: &Asked<'_>) -> Result<Resolved> {
        Ok(Resolved::Args(Args::default()))
    }

    async fn execute(&self, asked: &Asked<'_>, _: &Args) -> Result<Effect> {
        let found = asked.core.accounts().list_unrecorded(asked.who, "", 1, SHOWN).await?;
        let text =
            if found.total == 1 { "There is one user.".into() } else { format!("There are {} users.", found.total) };
        let row = |user: &crate::accounts::Account| {
            let disabled = if user.disabled { ", disabled" } else { "" };
            format!("{} <{}> ({}{disabled})", user.name, user.email, user.role)
        };
        Ok(Effect::saying(text).rows(found.items.iter().map(row).collect()))
    }
}
