//! Books that are read by tasks, by readers that do not get on until they are told to stop.

use crate::support::{On, Person, World, on_both_databases, say, tamper};
use crate::tasks::{dead, desk, follow, is_hers_to_answer_for, until};
use folio_core::Error;
use folio_core::audit::{self, Outcome};
use folio_types::{BookId, BookStatus, Task, TaskId, TaskKind, TaskState};
use futures::StreamExt;
use std::os::unix::fs::PermissionsExt;
use std::pin::pin;

on_both_databases!(
    a_running_task_ends_in_the_name_of_who_stopped_it,
    a_book_is_read_by_one_task_only,
    a_book_that_ends_its_reader_five_times_has_failed,
    what_no_task_reads_has_failed,
    the_newest_tasks_are_followed,
);

async fn a_running_task_ends_in_the_name_of_who_stopped_it(on: On) {
    let world = world_of_slow_readers(on).await;
    let (ada, eve) = (world.founder().await, world.reader("eve").await);
    let book = eve.shelves("Bees").await;
    let task = eve.newest().await;
    let reading = until(&world, &eve.who, task, |task| !task.log.is_empty()).await;
    assert_eq!((reading.kind, reading.title.as_str()), (TaskKind::Ingestion, "Read “Bees”"));
    let stopping = audit::from(desk(), world.core.tasks().cancel(&ada.who, task)).await.expect("asked to stop");
    assert_eq!(stopping.state, TaskState::Running);
    let end = follow(&world, &eve.who, task).await.pop().expect("an end");
    assert_eq!(end.state, TaskState::Cancelled, "{end:?}");
    is_hers_to_answer_for(&ada, &eve, "library.read").await;
    eve.finds_failed(book, "Its reading was cancelled. It can be read again.").await;
    world.core.library().retry(&eve.who, book).await.expect("it is read again");
    let again = eve.newest().await;
    until(&world, &eve.who, again, |task| !task.log.is_empty()).await;
    assert_eq!(world.core.library().book(&eve.who, book).await.expect("a book").status, BookStatus::Processing);
}

async fn a_book_is_read_by_one_task_only(on: On) {
    let world = world_of_slow_readers(on).await;
    let ada = world.founder().await;
    ada.shelves("Bees").await;
    let task = ada.newest().await;
    until(&world, &ada.who, task, |task| !task.log.is_empty()).await;
    let again = ada.starts("reindex book \"Bees\"").await;
    let end = follow(&world, &ada.who, again).await.pop().expect("an end");
    assert_eq!((end.state, end.outcome.as_deref()), (TaskState::Succeeded, Some("It is being read already.")));
    assert_eq!(world.core.tasks().task(&ada.who, task).await.expect("a task").state, TaskState::Running);
}

async fn a_book_that_ends_its_reader_five_times_has_failed(on: On) {
    let mut world = world_of_slow_readers(on).await;
    let (who, book, task) = {
        let ada = world.founder().await;
        let book = ada.shelves("Bees").await;
        let task = ada.newest().await;
        until(&world, &ada.who, task, |task| !task.log.is_empty()).await;
        (ada.who.clone(), book, task)
    };
    for attempt in 2..=5 {
        world.dies();
        tamper(&world, &format!("UPDATE tasks SET node_id = {}", dead(on))).await.expect("it is gone");
        world.restart().await;
        let begun_again =
            |task: &Task| task.log.iter().filter(|line| line.text.starts_with("Reading")).count() == attempt;
        until(&world, &who, task, begun_again).await;
    }
    world.dies();
    tamper(&world, &format!("UPDATE tasks SET node_id = {}", dead(on))).await.expect("it is gone");
    world.restart().await;
    let end = follow(&world, &who, task).await.pop().expect("an end");
    assert_eq!(end.state, TaskState::Failed, "{end:?}");
    let ada = Person { world: &world, who };
    ada.finds_failed(book, end.outcome.as_deref().expect("it says why")).await;
}

async fn what_no_task_reads_has_failed(on: On) {
    let mut world = world_of_slow_readers(on).await;
    let (who, book) = {
        let ada = world.founder().await;
        let book = ada.shelves("Bees").await;
        until(&world, &ada.who, ada.newest().await, |task| !task.log.is_empty()).await;
        (ada.who.clone(), book)
    };
    world.dies();
    // as an older program left it, which had no tasks for this
    for sql in ["UPDATE books SET task_id = NULL", "DELETE FROM tasks"] {
        tamper(&world, sql).await.expect("nobody's");
    }
    world.restart().await;
    let ada = Person { world: &world, who };
    ada.finds_failed(book, "Its reading ended early. It can be read again.").await;
}

async fn the_newest_tasks_are_followed(on: On) {
    let world = world_of_slow_readers(on).await;
    let (ada, eve) = (world.founder().await, world.reader("eve").await);
    let tasks = world.core.tasks();
    assert!(matches!(tasks.watch(&eve.who, true, 30).await.map(drop), Err(Error::Denied(_))));
    let mut seen = pin!(tasks.watch(&eve.who, false, 30).await.expect("a stream"));
    assert_eq!(seen.next().await, Some(vec![]));
    ada.shelves("Ants").await;
    eve.shelves("Bees").await;
    let task = eve.newest().await;
    let mut is = async |state: TaskState| {
        while let Some(list) = seen.next().await {
            assert!(list.iter().all(|one| one.id == task), "only her own: {list:?}");
            if list.iter().any(|one| one.state == state) {
                return;
            }
        }
        panic!("the list ended");
    };
    is(TaskState::Running).await;
    tasks.cancel(&eve.who, task).await.expect("asked to stop");
    is(TaskState::Cancelled).await;
    let mut all = pin!(tasks.watch(&ada.who, true, 30).await.expect("a stream"));
    assert_eq!(all.next().await.expect("a list").len(), 2);
    assert_eq!(ada.recorded("tasks.look").await, [Outcome::Ran], "once for the stream");
}

/// Where nothing ends the reading of a book but that it is told to.
async fn world_of_slow_readers(on: On) -> World {
    World::with(on, [say("Yes.")], |settings| {
        let reader = settings.data_dir.join("reader.sh");
        std::fs::write(&reader, "#!/bin/sh\nexec sleep 600\n").expect("a script");
        std::fs::set_permissions(&reader, PermissionsExt::from_mode(0o755)).expect("one that can be run");
        settings.program = reader;
    })
    .await
}

impl Person<'_> {
    /// Of the tasks that this person has.
    async fn newest(&self) -> TaskId {
        let found = self.world.core.tasks().list(&self.who, false, 0, 1).await.expect("a list");
        found.items.first().expect("a task").id
    }

    async fn finds_failed(&self, book: BookId, why: &str) {
        let book = self.world.core.library().book(&self.who, book).await.expect("a book");
        assert_eq!((book.status, book.error.as_deref()), (BookStatus::Failed, Some(why)));
    }
}
