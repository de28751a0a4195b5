use crate::error::Result;
use crate::operations::spec::{Args, Asked, Effect, Operation, Resolved, Right, Risk};
use async_trait::async_trait;
use folio_understanding::Form;

pub struct Storage;

static STORAGE: Form = Form {
    domain: "reports",
    operation: "storage",
    risk: Risk::Safe,
    patterns: &[
        "<list> <?my>(?:storage|disk|disk space|disk usage|storage usage|space)(?: <report>)?",
        "(?:storage|disk|disk space|disk usage)(?: usage)?(?: <report>)?",
        "how (?:much|big) (?:storage|space|disk|disk space|room|is the database)(?: (?:is used|is left|is taken|does folio use|do the books take|do we use|is in use))?",
    ],
    examples: &["show storage report", "how much disk space is used", "how big is the database", "storage usage"],
    needs: &[],
};

#[async_trait]
impl Operation for Storage {
    fn form(&self) -> &'static Form {
        &STORAGE
    }

    fn summary(&self) -> &'static str {
        "Report what is stored"
    }

    fn right(&self) -> Right {
        Right::Admin
    }

    async fn resolve(&self, _: &Asked<'_>) -> Result<Resolved> {
        Ok(Resolved::Args(Args::default()))
    }

    async fn execute(&self, asked: &Asked<'_>, _: &Args) -> Result<Effect> {
        let storage = asked.core.reports().storage(asked.who).await?;
        let sizes = storage.sizes().map(|(what, bytes)| format!("{what}: {} kB", bytes / 1000));
        let counts = storage.counts().map(|(what, number)| format!("{what}: {number}"));
        let text = format!("Folio keeps {} books and {} conversations.", storage.books, storage.conversations);
        Ok(Effect::saying(text)
            .rows(sizes.into_iter().chain(counts).collect())
            .link("Reports", "/reports")
            .with_reports())
    }
}
