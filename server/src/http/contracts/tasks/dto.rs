use folio_core::rfc3339;
use folio_types::{Link, LogLine, Task, TaskId, TaskKind, TaskState};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Serialize, ToSchema)]
#[schema(as = Task)]
pub struct TaskDto {
    pub id: TaskId,
    pub kind: TaskKind,
    pub title: String,
    pub state: TaskState,
    pub progress: TaskProgress,
    /// The newest lines, oldest first.
    pub log: Vec<TaskLogLine>,
    /// What came of it, once it has ended.
    pub outcome: Option<String>,
    pub links: Vec<TaskLink>,
    #[schema(format = DateTime)]
    pub created_at: String,
    #[schema(format = DateTime)]
    pub updated_at: String,
}

#[derive(Serialize, ToSchema)]
pub struct TaskProgress {
    pub done: u32,
    /// 0 while it is not known.
    pub total: u32,
    /// What is counted.
    #[schema(example = "conversations")]
    pub unit: String,
}

#[derive(Serialize, ToSchema)]
pub struct TaskLogLine {
    #[schema(format = DateTime)]
    pub at: String,
    pub text: String,
}

#[derive(Serialize, ToSchema)]
pub struct TaskLink {
    pub label: String,
    pub href: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Tasks)]
pub struct TaskPage {
    /// Newest first.
    pub items: Vec<TaskDto>,
    pub total: u64,
    pub page: u32,
    pub page_size: u32,
    pub has_next: bool,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TaskQuery {
    /// Counted from 1.
    #[serde(default = "first")]
    #[param(minimum = 1, default = 1)]
    pub page: u32,
    #[serde(default = "usual")]
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub page_size: u32,
    /// Tasks of everyone; administrators only.
    #[serde(default)]
    pub everyone: bool,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TaskChangesQuery {
    /// Tasks of everyone; administrators only.
    #[serde(default)]
    pub everyone: bool,
}

fn first() -> u32 {
    1
}

fn usual() -> u32 {
    20
}

impl From<Task> for TaskDto {
    fn from(task: Task) -> Self {
        let line = |LogLine { at, text }: LogLine| TaskLogLine { at: rfc3339(at), text };
        let link = |Link { label, href }: Link| TaskLink { label, href };
        Self {
            id: task.id,
            kind: task.kind,
            title: task.title,
            state: task.state,
            progress: TaskProgress { done: task.done, total: task.total, unit: task.unit },
            log: task.log.into_iter().map(line).collect(),
            outcome: task.outcome,
            links: task.links.into_iter().map(link).collect(),
            created_at: rfc3339(task.created_at),
            updated_at: rfc3339(task.updated_at),
        }
    }
}
