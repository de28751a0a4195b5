use crate::error::Result;
use crate::operations::spec::{Args, Asked, Effect, Kind, Operation, Resolved, Risk};
use crate::operations::targets::Named;
use async_trait::async_trait;
use folio_types::TaskState;
use folio_understanding::Form;

pub struct Cancel;

static CANCEL: Form = Form {
    domain: "tasks",
    operation: "cancel",
    risk: Risk::Guarded,
    patterns: &[
        "<cancel> (?:the |my |this |a )?(?:running |background )?<task>(?: <?called>{task})?",
        "<cancel> (?:the |my |this )?(?<which>export|backup|reindexing|reindex|indexing|restore|deletion)",
    ],
    examples: &["cancel task", "stop the background job", "abort a task", "cancel the export"],
    needs: &["task"],
};

#[async_trait]
impl Operation for Cancel {
    fn form(&self) -> &'static Form {
        &CANCEL
    }

    fn template(&self) -> &'static str {
        r#"cancel task "id""#
    }

    fn summary(&self) -> &'static str {
        "Cancel a task"
    }

    async fn resolve(&self, asked: &Asked<'_>) -> Result<Resolved> {
        // what has ended cannot be meant by a name
        let tasks = asked.core.tasks().list(asked.who, false, 0, 50).await?.items;
        let running: Vec<_> = tasks.into_iter().filter(|task| !task.state.is_ended()).collect();
        let kind = asked.slot("which").map(|which| which.text.to_lowercase());
        let fits = |kind: &str, task: &folio_types::Task| {
            kind.starts_with(&task.kind.as_str()[..5]) || task.title.to_lowercase().contains(kind)
        };
        let chosen = match (&kind, asked.slot("task")) {
            (Some(kind), _) => running.iter().find(|task| fits(kind, task)),
            (None, None) if running.len() == 1 => running.first(),
            _ => None,
        };
        if let Some(task) = chosen {
            return Ok(Resolved::Args(Args::of(vec![crate::operations::spec::Target::new(
                Kind::Task,
                &task.id.to_string(),
                &task.title,
                "",
            )])));
        }
        let command = |name: &str| format!("cancel task {name}");
        Ok(match asked.named(Kind::Task, asked.slot("task"), command).await? {
            Named::One(task) => Resolved::Args(Args::of(vec![task])),
            Named::Question(question) => Resolved::Question(question),
        })
    }

    async fn execute(&self, asked: &Asked<'_>, args: &Args) -> Result<Effect> {
        let task = asked.core.tasks().cancel(asked.who, args.target()?.id()?).await?;
        let text = if task.state == TaskState::Cancelled { "is cancelled" } else { "stops at its next step" };
        let effect =
            Effect::saying(format!("“{}” {text}. What was done stays done; this cannot be taken back.", task.title));
        Ok(effect.link(task.title, format!("/tasks/{}", task.id)))
    }
}
