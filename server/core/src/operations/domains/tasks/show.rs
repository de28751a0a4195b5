use crate::error::Result;
use crate::operations::spec::{Args, Asked, Effect, Kind, Operation, Resolved, Risk};
use crate::operations::targets::Named;
use async_trait::async_trait;
use folio_types::Task;
use folio_understanding::Form;

pub struct Show;

static SHOW: Form = Form {
    domain: "tasks",
    operation: "show",
    risk: Risk::Safe,
    patterns: &[
        "(?:<list> )?(?:the )?(?:status|state|progress)(?: of| for)? (?:the |my )?<task>(?: <?called>{task})?",
        "<list> (?:the |my |this )?<task> <?called>{task}",
        "<list> (?:the |my |this |a )?<task>",
        "(?:how far|how) is (?:the |my )?<task> <?called>{task}",
        "is (?:the |my )?<task> <?called>{task} (?:done|finished|ready|still running)",
    ],
    examples: &["show task", "status of task", "how far is a job", "is my task finished"],
    needs: &["task"],
};

#[async_trait]
impl Operation for Show {
    fn form(&self) -> &'static Form {
        &SHOW
    }

    fn template(&self) -> &'static str {
        r#"show task "id""#
    }

    fn summary(&self) -> &'static str {
        "Show how far a task is"
    }

    async fn resolve(&self, asked: &Asked<'_>) -> Result<Resolved> {
        let command = |name: &str| format!("show task {name}");
        Ok(match asked.named(Kind::Task, asked.slot("task"), command).await? {
            Named::One(task) => Resolved::Args(Args::of(vec![task])),
            Named::Question(question) => Resolved::Question(question),
        })
    }

    async fn execute(&self, asked: &Asked<'_>, args: &Args) -> Result<Effect> {
        let task = asked.core.tasks().unrecorded(asked.who, args.target()?.id()?).await?;
        let rows = task.log.iter().rev().take(10).rev().map(|line| line.text.clone()).collect();
        let effect = Effect::saying(format!("{}: {}", task.title, told(&task))).rows(rows);
        Ok(effect.link(task.title, format!("/tasks/{}", task.id)))
    }
}

/// A task's state in words.
pub(super) fn told(task: &Task) -> String {
    match (&task.outcome, task.total) {
        (Some(outcome), _) => format!("{}. {outcome}", task.state),
        (None, 0) => task.state.to_string(),
        (None, total) => format!("{}, {} of {total} {}", task.state, task.done, task.unit),
    }
}
