//! Work in the background: done, watched, cancelled, taken over.

use crate::support::{On, Person, World, on_both_databases, say, tamper};
use folio_core::operations::{Consent, ReplyState};
use folio_core::{Error, Principal};
use folio_types::{Task, TaskId, TaskState};
use futures::StreamExt;
use std::io::Read;

on_both_databases!(
    many_are_deleted_by_a_task,
    an_export_can_be_fetched_by_its_owner_only,
    a_task_that_waits_is_cancelled_at_once,
    what_a_dead_process_ran_is_begun_again,
    a_backup_has_everything_and_can_be_put_back,
);

async fn many_are_deleted_by_a_task(on: On) {
    let world = World::new(on, [say("Yes.")]).await;
    let ada = world.founder().await;
    for n in 0..12 {
        ada.keeps(&format!("Chat {n}")).await;
    }
    let turn = world.core.operations().say(&ada.who, None, "delete all my conversations").await.expect("a reply");
    let id = turn.reply.confirmation.expect("asked");
    let started = world.core.operations().confirm(&ada.who, id, Consent::Given).await.expect("started");
    assert_eq!(started.reply.state, ReplyState::Started);
    let task = started.reply.task.expect("a task");
    let seen = follow(&world, &ada.who, task).await;
    let end = seen.last().expect("an end");
    assert_eq!((end.state, end.done, end.total), (TaskState::Succeeded, 12, 12), "{end:?}");
    assert_eq!(end.outcome.as_deref(), Some("12 conversations deleted."));
    assert!(seen.windows(2).all(|pair| pair[0].seq < pair[1].seq), "each change once, in order");
    assert_eq!(world.core.chats().titles(&ada.who).await.expect("a list").len(), 1, "the record stays");
    let eve = world.reader("eve").await;
    assert!(matches!(world.core.tasks().task(&eve.who, task).await, Err(Error::NotFound(_))));
    assert!(matches!(world.core.tasks().cancel(&ada.who, task).await, Err(Error::Conflict(_))), "it has ended");
}

async fn an_export_can_be_fetched_by_its_owner_only(on: On) {
    let world = World::new(on, [say("Bees dance.")]).await;
    let (ada, eve) = (world.founder().await, world.reader("eve").await);
    eve.keeps("What do bees do?").await;
    let turn = world.core.operations().say(&eve.who, None, "export my conversations").await.expect("a reply");
    let task = turn.reply.task.expect("a task");
    let seen = follow(&world, &eve.who, task).await;
    assert_eq!(seen.last().expect("an end").state, TaskState::Succeeded, "{seen:?}");
    let path = world.core.operations().exported(&eve.who, task).await.expect("a file");
    let mut archive = zip::ZipArchive::new(std::fs::File::open(path).expect("a file")).expect("an archive");
    let mut text = String::new();
    archive.by_name("0001 What do bees do.md").expect("Markdown").read_to_string(&mut text).expect("text");
    assert!(text.contains("# What do bees do?") && text.contains("Bees dance."), "{text}");
    world.core.tasks().task(&ada.who, task).await.expect("an administrator sees that it ran");
    let theirs = world.core.operations().exported(&ada.who, task).await;
    assert!(matches!(theirs, Err(Error::NotFound(_))), "and not what is in it: {theirs:?}");
}

async fn a_task_that_waits_is_cancelled_at_once(on: On) {
    let world = World::new(on, [say("Yes.")]).await;
    let ada = world.founder().await;
    ada.keeps("Bees").await;
    let turn = world.core.operations().say(&ada.who, None, "export my conversations").await.expect("a reply");
    let task = turn.reply.task.expect("a task");
    follow(&world, &ada.who, task).await;
    // one that is not due for long
    tamper(&world, "UPDATE tasks SET state = 'queued', due_at = 9000000000000, outcome = NULL").await.expect("queued");
    let cancelled = world.core.tasks().cancel(&ada.who, task).await.expect("cancelled");
    assert_eq!(cancelled.state, TaskState::Cancelled);
    assert!(matches!(world.core.tasks().cancel(&ada.who, task).await, Err(Error::Conflict(_))));
    let listed = world.core.tasks().list(&ada.who, false, 0, 10).await.expect("a list");
    assert_eq!((listed.total, listed.items[0].state), (1, TaskState::Cancelled));
}

async fn what_a_dead_process_ran_is_begun_again(on: On) {
    let mut world = World::new(on, [say("Yes.")]).await;
    let (who, task) = {
        let ada = world.founder().await;
        ada.keeps("Bees").await;
        let turn = world.core.operations().say(&ada.who, None, "export my conversations").await.expect("a reply");
        let task = turn.reply.task.expect("a task");
        follow(&world, &ada.who, task).await;
        (ada.who.clone(), task)
    };
    world.dies();
    let dead = if matches!(on, On::Sqlite) {
        "x'00000000000070008000000000000001'"
    } else {
        "'00000000-0000-7000-8000-000000000001'"
    };
    tamper(&world, &format!("UPDATE tasks SET state = 'running', outcome = NULL, node_id = {dead}"))
        .await
        .expect("cut off");
    world.restart().await;
    let seen = follow(&world, &who, task).await;
    let end = seen.last().expect("an end");
    assert_eq!(end.state, TaskState::Succeeded, "{end:?}");
    assert!(end.log.iter().any(|line| line.text.contains("begun again")), "it says so: {:?}", end.log);
}

async fn a_backup_has_everything_and_can_be_put_back(on: On) {
    let mut world = World::new(on, [say("Yes.")]).await;
    let (who, kept, book) = {
        let ada = world.founder().await;
        let kept = ada.keeps("Worth keeping").await;
        let path = world.core.library().upload_path();
        std::fs::write(&path, "A short text about bees.").expect("a file");
        let upload =
            folio_core::library::Upload { path, file_name: "bees.txt".into(), title: None, shared: false, topic: None };
        (ada.who.clone(), kept, world.core.library().add(&ada.who, upload).await.expect("a book").id)
    };
    let sent = world.settings().data_dir.join("attachments").join("sent");
    std::fs::create_dir_all(&sent).expect("a folder");
    std::fs::write(sent.join("picture"), "pixels").expect("a file");
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().join("backup");
    // beside the running program
    let made = folio_core::backup::create_at(&world.core, &place).await.expect("a backup");
    assert!(made.files >= 2, "{made:?}");
    let again = folio_core::backup::create_at(&world.core, &place).await;
    assert!(matches!(again, Err(Error::Conflict(_))), "nothing is overwritten: {again:?}");
    world.core.chats().delete(&who, kept).await.expect("deleted");
    world.core.library().delete(&who, book).await.expect("deleted");
    std::fs::remove_dir_all(&sent).expect("removed");
    let before = world.core.audit().list(&who, &everyone(), 0, 1).await.expect("a list").total;
    world.stops().await;
    let restored = folio_core::backup::restore(world.settings(), &place).await.expect("restored");
    assert_eq!(restored.created_at, made.created_at);
    world.restart().await;
    world.core.chats().titled(&who, kept).await.expect("the conversation is back");
    let (_, file) = world.core.library().file(&who, book).await.expect("the book is back");
    assert_eq!(std::fs::read_to_string(file).expect("its file is back"), "A short text about bees.");
    assert_eq!(std::fs::read_to_string(sent.join("picture")).expect("what was sent is back"), "pixels");
    assert!(world.core.audit().list(&who, &everyone(), 0, 1).await.expect("a list").total <= before);
    let verdict = world.core.audit().verify(None).await.expect("a verdict");
    assert!(matches!(verdict, folio_core::audit::Verdict::Whole(_)), "the log goes on whole: {verdict:?}");
    // a damaged backup changes nothing
    let files = std::fs::read_dir(place.join("files").join("books").join(book.to_string())).expect("the book's files");
    let file = files.flatten().next().expect("a file").path();
    std::fs::write(file, "Something else.").expect("damaged");
    world.stops().await;
    let refused = folio_core::backup::restore(world.settings(), &place).await;
    assert!(matches!(&refused, Err(Error::Conflict(why)) if why.contains("damaged")), "{refused:?}");
}

fn everyone() -> folio_core::audit::Filter {
    folio_core::audit::Filter { everyone: true, ..Default::default() }
}

/// Every state of a task until its end.
async fn follow(world: &World, who: &Principal, task: TaskId) -> Vec<Task> {
    world.core.tasks().follow(who, task).await.expect("a task").collect().await
}

impl Person<'_> {
    async fn keeps(&self, title: &str) -> folio_types::ConversationId {
        let asked = self.asks(title).await;
        self.hears(asked.answer.id, 0).await;
        asked.conversation.id
    }
}
