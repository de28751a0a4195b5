use crate::error::Result;
use crate::operations::spec::{Args, Asked, Effect, Operation, Resolved, Right, Risk};
use crate::wording::count;
use async_trait::async_trait;
use folio_understanding::Form;

pub struct List;

static LIST: Form = Form {
    domain: "backup",
    operation: "list",
    risk: Risk::Safe,
    patterns: &[
        "<list> <?my>(?:<backups>|list of <backups>)(?: <ready>)?",
        "(?:what|which) <backups>(?: <ready>)?",
        "(?:what|which) <backups> (?:do we have|do i have|are there|exist|were made)",
        "when was the (?:last|latest|newest) <backup>(?: made| taken| created)?",
        "<backups>|my <backups>",
    ],
    examples: &["list backups", "which backups are there", "when was the last backup made"],
    needs: &[],
};

#[async_trait]
impl Operation for List {
    fn form(&self) -> &'static Form {
        &LIST
    }

    fn summary(&self) -> &'static str {
        "List the backups"
    }

    fn right(&self) -> Right {
        Right::Admin
    }

    async fn resolve(&self, _: &Asked<'_>) -> Result<Resolved> {
        Ok(Resolved::Args(Args::default()))
    }

    async fn execute(&self, asked: &Asked<'_>, _: &Args) -> Result<Effect> {
        let backups = crate::backup::list(asked.core).await?;
        let text = match backups.len() {
            0 => "There is no backup yet.".to_owned(),
            1 => "There is one backup.".to_owned(),
            count => format!("There are {count} backups, newest first."),
        };
        let row = |one: &crate::backup::Manifest| {
            format!(
                "{}: made {}, {}, {}",
                one.name,
                one.created_at,
                count(one.files as u64, "file"),
                one.size_in_words()
            )
        };
        Ok(Effect::saying(text).rows(backups.iter().map(row).collect()))
    }
}
