use crate::error::Result;
use crate::operations::spec::{Args, Asked, Effect, Operation, Resolved, Right, Risk};
use async_trait::async_trait;
use folio_understanding::Form;

pub struct Failures;

static FAILURES: Form = Form {
    domain: "reports",
    operation: "failures",
    risk: Risk::Safe,
    patterns: &[
        "<list> <?my>(?:ingestion |reading |import |upload |indexing )?(?:failures|errors|problems)(?: <report>)?(?: (?:of|with|in) <?my>(?:<books>|ingestion|library))?",
        "<list> <?my>(?:failed|broken) <books>(?: of everyone)?",
        "(?:ingestion|reading|import|indexing) (?:failures|errors|problems)(?: <report>)?",
        "(?:what|which) <books> (?:failed|have failed|could not be read|are broken)",
    ],
    examples: &["show ingestion failures", "which books failed", "report of reading errors", "what could not be read"],
    needs: &[],
};

#[async_trait]
impl Operation for Failures {
    fn form(&self) -> &'static Form {
        &FAILURES
    }

    fn summary(&self) -> &'static str {
        "Report books that could not be read"
    }

    fn right(&self) -> Right {
        Right::Admin
    }

    async fn resolve(&self, _: &Asked<'_>) -> Result<Resolved> {
        Ok(Resolved::Args(Args::default()))
    }

    async fn execute(&self, asked: &Asked<'_>, _: &Args) -> Result<Effect> {
        let failures = asked.core.reports().failures(asked.who).await?;
        let text = match failures.len() {
            0 => "Every book could be read.".to_owned(),
            1 => "One book could not be read.".to_owned(),
            count => format!("{count} books could not be read."),
        };
        let rows = failures.iter().take(20).map(|one| format!("{} ({}): {}", one.title, one.owner, one.error));
        Ok(Effect::saying(text).rows(rows.collect()).link("Reports", "/reports").with_reports())
    }
}
