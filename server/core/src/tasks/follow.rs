//! Watching a task.

use crate::Core;
use crate::accounts::Principal;
use folio_types::Task;
use futures::Stream;
use std::time::Duration;

/// Another process tells nothing, so the row is looked at this often.
const LOOK: Duration = Duration::from_millis(700);

/// The task as it is, and then every change until its end. It ends early for whoever may not see it any more.
pub fn follow(core: Core, who: Principal, task: Task) -> impl Stream<Item = Task> + Send {
    async_stream::stream! {
        let (id, mut seq, mut ended) = (task.id, task.seq, task.state.is_ended());
        let mut told = core.queue().watch();
        let stopping = core.shelf().stopping().clone();
        yield task;
        while !ended {
            tokio::select! {
                () = stopping.cancelled() => return,
                changed = told.recv() => {
                    // having missed some is a reason to look
                    if changed.is_ok_and(|changed| changed != id) {
                        continue;
                    }
                }
                () = tokio::time::sleep(LOOK) => {}
            }
            // a person who was disabled meanwhile is let go
            let Ok(Some(still)) = core.accounts().principal(who.id).await else { return };
            match core.tasks().unrecorded(&still, id).await {
                Ok(now) if now.seq > seq => {
                    (seq, ended) = (now.seq, now.state.is_ended());
                    yield now;
                }
                Ok(_) => {}
                Err(_) => return,
            }
        }
    }
}
