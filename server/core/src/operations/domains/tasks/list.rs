use crate::error::Result;
use crate::operations::spec::{Args, Asked, Effect, Operation, Resolved, Risk};
use async_trait::async_trait;
use folio_understanding::Form;

pub struct List;

const SHOWN: u32 = 20;

static LIST: Form = Form {
    domain: "tasks",
    operation: "list",
    risk: Risk::Safe,
    patterns: &[
        "<list> <?my>(?:running |background )?(?:<tasks>|list of <tasks>)(?: <ready>)?",
        "(?:what|which) <tasks>(?: <ready>)?",
        "(?:what|which) <tasks> (?:are running|are there|are queued|do i have|are waiting|run)",
        "(?:what's|what is) (?:running|going on|happening|in the queue|being done)(?: (?:in the background|now))?",
        "(?:<list> )?<?my>(?:status|state|progress) of <?my><tasks>",
        "<tasks>|my <tasks>",
    ],
    examples: &[
        "list tasks",
        "what is running in the background",
        "show the status of my jobs",
        "which tasks are queued",
    ],
    needs: &[],
};

#[async_trait]
impl Operation for List {
    fn form(&self) -> &'static Form {
        &LIST
    }

    fn summary(&self) -> &'static str {
        "List background tasks"
    }

    async fn resolve(&self, _: &Asked<'_>) -> Result<Resolved> {
        Ok(Resolved::Args(Args::default()))
    }

    async fn execute(&self, asked: &Asked<'_>, _: &Args) -> Result<Effect> {
        let found = asked.core.tasks().list(asked.who, false, 0, SHOWN).await?;
        let text = match found.total {
            0 => "There is no task.".to_owned(),
            1 => "There is one task.".to_owned(),
            count => format!("There are {count} tasks, newest first."),
        };
        let mut effect = Effect::saying(text);
        for task in found.items {
            effect.rows.push(format!("{}: {}", task.title, super::show::told(&task)));
            effect = effect.link(task.title, format!("/tasks/{}", task.id));
        }
        Ok(effect.link("Tasks", "/tasks"))
    }
}
