use crate::error::Result;
use crate::operations::spec::{Args, Asked, Effect, Operation, Resolved, Risk};
use async_trait::async_trait;
use folio_understanding::Form;

pub struct List;

static LIST: Form = Form {
    domain: "models",
    operation: "list",
    risk: Risk::Safe,
    patterns: &[
        "<list> <?my>(?:<models>|list of <models>)(?: <ready>)?",
        "(?:what|which) <models>(?: <ready>)?",
        "(?:what|which) <models> (?:do i have|do we have|are there|are available|are installed|can i use|can i choose from|exist)",
        "(?:what|which)(?: is| one is)? (?:the )?(?:current |default |active )*<model>(?: is (?:in use|used|active|loaded|the default|current))?",
        "(?:what|which) <model> (?:am i using|are we using|do you use|answers|is running)",
        "<list> (?:the |my )?(?:current|default|active) <model>",
        "<models>|my <models>",
    ],
    examples: &["list models", "which models are available", "what language models can I use", "which model is in use"],
    needs: &[],
};

#[async_trait]
impl Operation for List {
    fn form(&self) -> &'static Form {
        &LIST
    }

    fn summary(&self) -> &'static str {
        "List the models"
    }

    async fn resolve(&self, _: &Asked<'_>) -> Result<Resolved> {
        Ok(Resolved::Args(Args::default()))
    }

    async fn execute(&self, asked: &Asked<'_>, _: &Args) -> Result<Effect> {
        let models = asked.core.models().list(asked.who).await?;
        let text = match models.len() {
            0 => "No model is available.".to_owned(),
            1 => "There is one model.".to_owned(),
            count => format!("There are {count} models."),
        };
        let row = |model: folio_types::Model| {
            let default = if model.is_default { ", the default" } else { "" };
            format!("{} ({}{default})", model.tag, model.source)
        };
        Ok(Effect::saying(text).rows(models.into_iter().map(row).collect()))
    }
}
