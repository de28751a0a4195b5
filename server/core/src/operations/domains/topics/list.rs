use crate::error::Result;
use crate::operations::spec::{Args, Asked, Effect, Operation, Resolved, Risk};
use async_trait::async_trait;
use folio_understanding::Form;

pub struct List;

const SHOWN: u32 = 200;

static LIST: Form = Form {
    domain: "topics",
    operation: "list",
    risk: Risk::Safe,
    patterns: &[
        "<list> <?my>(?:<topics>|list of <topics>)(?: <ready>)?",
        "(?:what|which) <topics>(?: <ready>)?",
        "(?:what|which) <topics> (?:are there|do we have|do i have|exist|can i ask)",
        "<topics>|my <topics>",
    ],
    examples: &["list topics", "which topics are there", "show my collections"],
    needs: &[],
};

#[async_trait]
impl Operation for List {
    fn form(&self) -> &'static Form {
        &LIST
    }

    fn summary(&self) -> &'static str {
        "List the topics"
    }

    async fn resolve(&self, _: &Asked<'_>) -> Result<Resolved> {
        Ok(Resolved::Args(Args::default()))
    }

    async fn execute(&self, asked: &Asked<'_>, _: &Args) -> Result<Effect> {
        let topics = asked.core.topics().list(asked.who, SHOWN, 0).await?;
        let text = match topics.len() {
            0 => "There is no topic yet.".to_owned(),
            1 => "There is one topic.".to_owned(),
            count => format!("There are {count} topics."),
        };
        let rows = topics.iter().map(|topic| format!("{} ({} books)", topic.title, topic.book_ids.len()));
        Ok(Effect::saying(text).rows(rows.collect()))
    }
}
