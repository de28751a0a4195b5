use crate::error::Result;
use crate::operations::spec::{Args, Asked, Effect, Operation, Resolved, Risk};
use crate::tools::Tool;
use crate::wording::count;
use async_trait::async_trait;
use folio_understanding::Form;

pub struct List;

const LONGEST: usize = 160;

static LIST: Form = Form {
    domain: "tools",
    operation: "list",
    risk: Risk::Safe,
    patterns: &[
        "<list> <?my>(?:tools|list of tools)(?: <ready>| of others)?",
        "(?:what|which) tools(?: <ready>)?",
        "(?:what|which) tools (?:do i have|do we have|are there|are available|can i use|can you use|exist)",
        "tools|my tools",
    ],
    examples: &["list tools", "which tools are there", "what tools can I use", "show the tools of others"],
    needs: &[],
};

#[async_trait]
impl Operation for List {
    fn form(&self) -> &'static Form {
        &LIST
    }

    fn summary(&self) -> &'static str {
        "List the tools of others"
    }

    async fn resolve(&self, _: &Asked<'_>) -> Result<Resolved> {
        Ok(Resolved::Args(Args::default()))
    }

    async fn execute(&self, asked: &Asked<'_>, _: &Args) -> Result<Effect> {
        let tools = asked.core.tools().list(asked.who).await?;
        let text = match tools.len() {
            0 => "There is no tool that you may use.".to_owned(),
            number => format!("There {} {}.", if number == 1 { "is" } else { "are" }, count(number as u64, "tool")),
        };
        let effect = Effect::saying(text).rows(tools.iter().map(row).collect());
        Ok(if asked.who.is_admin() { effect.link("Tools and their servers", "/admin/tools") } else { effect })
    }
}

fn row(tool: &Tool) -> String {
    let waits = if tool.is_approved() { "" } else { " (waits for approval)" };
    let first = tool.description.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let words: String = first.trim().chars().take(LONGEST).collect();
    format!("{}{waits}: {words}", tool.full_name())
}
