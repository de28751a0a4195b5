//! A backup beside the running program.

use crate::backup;
use crate::tasks::job::{Done, Halt, Job};
use crate::wording::count;

pub async fn run(job: &Job) -> Result<Done, Halt> {
    // a name that follows from the task, so that one that was begun before a crash is replaced and not doubled
    let name = backup::name_of(&job.core, job.id);
    let made = backup::create(&job.core, &name, job).await?;
    let files = count(made.files as u64, "file");
    Ok(Done::saying(format!("The backup “{}” is whole: {files}, {}.", made.name, made.size_in_words())))
}
