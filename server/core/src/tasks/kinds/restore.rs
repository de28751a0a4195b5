//! A restore is checked while Folio runs, and done when it starts next.

use crate::backup;
use crate::tasks::job::{Done, Halt, Job};

pub async fn run(job: &Job, name: &str) -> Result<Done, Halt> {
    backup::check(&job.core, name, job).await?;
    backup::restore_at_start(&job.core, &job.who, name).await?;
    Ok(Done::saying(format!(
        "The backup “{name}” was checked and will be restored when Folio starts next. Restart it to go on; everything that is done until then will be lost."
    )))
}
