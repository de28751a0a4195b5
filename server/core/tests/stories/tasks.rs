//! Work in the background: done, watched, cancelled, taken over.

use crate::support::{On, Person, World, on_both_databases, say, tamper};
use folio_core::audit::{self, Filter, Origin, Outcome};
use folio_core::operations::{Consent, ReplyState};
use folio_core::{Error, Principal};
use folio_types::{Role, Task, TaskId, TaskState};
use futures::StreamExt;
use std::io::Read;
use std::path::PathBuf;
use std::time::{Duration, Instant};

on_both_databases!(
    many_are_deleted_by_a_task,
    an_export_can_be_fetched_by_its_owner_only,
    a_task_that_waits_is_cancelled_at_once,
    what_a_dead_process_ran_is_begun_again,
    one_that_cannot_be_read_stops_no_other,
    a_right_that_is_gone_ends_a_task_before_it_begins,
    what_passes_is_tried_again_later,
    after_five_attempts_it_is_given_up,
    a_waiting_task_ends_in_the_name_of_who_stopped_it,
    what_cannot_be_repeated_is_unknown_after_a_crash,
    a_backup_has_everything_and_can_be_put_back,
    a_restore_by_command_is_done_at_the_next_start,
);

/// A process that is gone.
pub fn dead(on: On) -> &'static str {
    match on {
        On::Sqlite => "x'00000000000070008000000000000001'",
        On::Postgres => "'00000000-0000-7000-8000-000000000001'",
    }
}

/// Lets tasks wait again that have ended, as if they had never begun, but for what is said besides.
async fn again(world: &World, besides: &[&str]) {
    let fresh = ["state = 'queued'", "due_at = 0", "attempts = 0", "stop_asked = FALSE", "outcome = NULL"];
    let column = |set: &str| set.split(' ').next().map(str::to_owned);
    let usual = fresh.iter().filter(|set| !besides.iter().any(|other| column(other) == column(set)));
    let sets: Vec<&str> = usual.chain(besides).copied().collect();
    tamper(world, &format!("UPDATE tasks SET {}", sets.join(", "))).await.expect("queued");
}

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
    again(&world, &["state = 'running'", &format!("node_id = {}", dead(on))]).await;
    world.restart().await;
    let seen = follow(&world, &who, task).await;
    let end = seen.last().expect("an end");
    assert_eq!(end.state, TaskState::Succeeded, "{end:?}");
    assert!(end.log.iter().any(|line| line.text.contains("begun again")), "it says so: {:?}", end.log);
}

async fn one_that_cannot_be_read_stops_no_other(on: On) {
    let mut world = World::new(on, [say("Yes.")]).await;
    let (who, broken, whole) = {
        let ada = world.founder().await;
        ada.keeps("Bees").await;
        let broken = ada.starts("export my conversations").await;
        follow(&world, &ada.who, broken).await;
        tamper(&world, "UPDATE tasks SET work = '{', log = '{', origin = '{', links = '{'").await.expect("damaged");
        let whole = ada.starts("export my conversations").await;
        follow(&world, &ada.who, whole).await;
        (ada.who.clone(), broken, whole)
    };
    world.dies();
    again(&world, &["state = 'running'", &format!("node_id = {}", dead(on))]).await;
    world.restart().await;
    let seen = follow(&world, &who, whole).await;
    assert_eq!(seen.last().expect("an end").state, TaskState::Succeeded, "{seen:?}");
    let given_up = follow(&world, &who, broken).await.pop().expect("an end");
    assert_eq!(given_up.state, TaskState::Failed, "{given_up:?}");
    assert!(given_up.title.contains("cannot be read any more"), "{given_up:?}");
    tamper(&world, "UPDATE tasks SET kind = 'of the future' WHERE work = '{'").await.expect("damaged");
    let listed = world.core.tasks().list(&who, false, 0, 10).await.expect("a list");
    assert_eq!(listed.items.iter().map(|task| task.id).collect::<Vec<_>>(), [whole]);
}

async fn a_right_that_is_gone_ends_a_task_before_it_begins(on: On) {
    let world = World::new(on, []).await;
    let (ada, eve) = (world.founder().await, world.reader("eve").await);
    world.core.accounts().set_role(&ada.who, eve.who.id, Role::Admin).await.expect("promoted");
    let eve = Person { who: world.core.accounts().principal(eve.who.id).await.expect("found").expect("there"), ..eve };
    let backup = eve.starts("create a backup").await;
    assert_eq!(follow(&world, &eve.who, backup).await.pop().expect("an end").state, TaskState::Succeeded);
    let made = std::fs::read_dir(world.settings().data_dir.join("backups")).expect("a folder").flatten().next();
    let name = made.expect("a backup").file_name().into_string().expect("a name");
    world.core.accounts().set_role(&ada.who, eve.who.id, Role::User).await.expect("demoted");
    again(&world, &[]).await;
    let denied = follow(&world, &ada.who, backup).await.pop().expect("an end");
    let why = "This needs the right “administrator”, which the account does not have any more.";
    assert_eq!((denied.state, denied.outcome.as_deref()), (TaskState::Failed, Some(why)));
    let work = format!("work = '{{\"do\":\"restore\",\"backup\":\"{name}\"}}'");
    again(&world, &["kind = 'restore'", "action = 'backup.restore'", &work]).await;
    let denied = follow(&world, &ada.who, backup).await.pop().expect("an end");
    assert_eq!((denied.state, denied.outcome.as_deref()), (TaskState::Failed, Some(why)));
    assert!(!world.settings().data_dir.join("restore-at-start").exists(), "nothing is restored");
    assert_eq!(eve.recorded("backup.create").await, [Outcome::Denied, Outcome::Ran]);
    assert_eq!(eve.recorded("backup.restore").await, [Outcome::Denied]);
}

async fn what_passes_is_tried_again_later(on: On) {
    let world = World::new(on, [say("Yes.")]).await;
    let ada = world.founder().await;
    let (task, full) = ada.finds_the_disk_full(&[]).await;
    let tried =
        until(&world, &ada.who, task, |task| task.log.iter().any(|line| line.text.contains("tried again"))).await;
    assert_eq!(tried.state, TaskState::Queued, "{tried:?}");
    assert!(tried.log.iter().any(|line| line.text.ends_with("It is tried again in 2 seconds.")), "{:?}", tried.log);
    std::fs::remove_file(full).expect("somebody makes room");
    let end = follow(&world, &ada.who, task).await.pop().expect("an end");
    assert_eq!(end.state, TaskState::Succeeded, "{end:?}");
    assert_eq!(ada.recorded("conversations.export").await, [Outcome::Ran; 2], "an attempt is no end");
}

async fn after_five_attempts_it_is_given_up(on: On) {
    let world = World::new(on, [say("Yes.")]).await;
    let ada = world.founder().await;
    let (task, _) = ada.finds_the_disk_full(&["attempts = 4"]).await;
    let end = follow(&world, &ada.who, task).await.pop().expect("an end");
    assert_eq!(end.state, TaskState::Failed, "{end:?}");
    assert_eq!(ada.recorded("conversations.export").await, [Outcome::Failed, Outcome::Ran]);
}

async fn a_waiting_task_ends_in_the_name_of_who_stopped_it(on: On) {
    let world = World::new(on, [say("Yes.")]).await;
    let (ada, eve) = (world.founder().await, world.reader("eve").await);
    eve.keeps("Bees").await;
    let task = eve.starts("export my conversations").await;
    follow(&world, &eve.who, task).await;
    again(&world, &["due_at = 9000000000000"]).await;
    let ended = audit::from(desk(), world.core.tasks().cancel(&ada.who, task)).await.expect("cancelled");
    assert_eq!(ended.state, TaskState::Cancelled);
    is_hers_to_answer_for(&ada, &eve, "conversations.export").await;
}

/// The newest record of `action` is of Ada, at her desk, and Eve finds it among hers.
pub async fn is_hers_to_answer_for(ada: &Person<'_>, eve: &Person<'_>, action: &str) {
    let filter = Filter { action: Some(action.to_owned()), ..Filter::default() };
    for reader in [ada, eve] {
        let found = ada.world.core.audit().list(&reader.who, &filter, 0, 1).await.expect("a list").items.remove(0);
        assert_eq!((found.actor_id, found.subject_id), (Some(ada.who.id), Some(eve.who.id)), "{found:?}");
        assert_eq!(
            (found.outcome, found.via.as_str(), found.address.as_deref()),
            (Outcome::Cancelled, "web", Some("192.0.2.7"))
        );
    }
}

async fn what_cannot_be_repeated_is_unknown_after_a_crash(on: On) {
    let mut world = World::new(on, [say("Yes.")]).await;
    let (who, task) = {
        let ada = world.founder().await;
        ada.keeps("Bees").await;
        let task = ada.starts("export my conversations").await;
        follow(&world, &ada.who, task).await;
        (ada.who.clone(), task)
    };
    world.dies();
    let (node, work) = (format!("node_id = {}", dead(on)), r#"work = '{"do":"restore","backup":"x"}'"#);
    again(&world, &["state = 'running'", &node, "kind = 'restore'", "action = 'backup.restore'", work]).await;
    world.restart().await;
    let end = follow(&world, &who, task).await.pop().expect("an end");
    assert_eq!(end.state, TaskState::Failed, "{end:?}");
    assert!(end.outcome.as_deref().is_some_and(|words| words.contains("Nobody knows how far it came")), "{end:?}");
    let ada = Person { world: &world, who };
    assert_eq!(ada.recorded("backup.restore").await, [Outcome::Unknown]);
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
    assert!(matches!(verdict, audit::Verdict::Whole(_)), "the log goes on whole: {verdict:?}");
    // a damaged backup changes nothing
    let files = std::fs::read_dir(place.join("files").join("books").join(book.to_string())).expect("the book's files");
    let file = files.flatten().next().expect("a file").path();
    std::fs::write(file, "Something else.").expect("damaged");
    world.stops().await;
    let refused = folio_core::backup::restore(world.settings(), &place).await;
    assert!(matches!(&refused, Err(Error::Conflict(why)) if why.contains("damaged")), "{refused:?}");
}

async fn a_restore_by_command_is_done_at_the_next_start(on: On) {
    let mut world = World::new(on, [say("Yes.")]).await;
    let (who, kept, name) = {
        let ada = world.founder().await;
        let kept = ada.keeps("Worth keeping").await;
        let backup = ada.starts("create a backup").await;
        let made = follow(&world, &ada.who, backup).await.pop().expect("an end");
        assert_eq!(made.state, TaskState::Succeeded, "{made:?}");
        world.core.chats().delete(&ada.who, kept).await.expect("deleted");
        (ada.who.clone(), kept, backups(&world).remove(0))
    };
    Box::pin(restored_next(&world, &who, &name, on)).await;
    world.stops().await;
    let restored = folio_core::backup::restore_if_asked(world.settings()).await.expect("restored");
    assert_eq!(restored.as_ref(), Some(&name));
    assert_eq!(folio_core::backup::restore_if_asked(world.settings()).await.expect("an answer"), None, "once");
    world.restart().await;
    world.core.chats().titled(&who, kept).await.expect("the conversation is back");
    is_recorded(&world, &who, &name, Outcome::Ran).await;
    // a backup that was damaged since it was looked at
    world.core.chats().delete(&who, kept).await.expect("deleted");
    Box::pin(restored_next(&world, &who, &name, on)).await;
    world.stops().await;
    let place = world.settings().data_dir.join("backups").join(&name);
    let key = std::fs::read_dir(place.join("files")).expect("files").flatten().find(|entry| entry.path().is_file());
    std::fs::write(key.expect("a file").path(), "Something else.").expect("damaged");
    let refused = folio_core::backup::restore_if_asked(world.settings()).await;
    assert!(matches!(&refused, Err(Error::Conflict(why)) if why.contains("damaged")), "{refused:?}");
    world.restart().await;
    let absent = world.core.chats().titled(&who, kept).await;
    assert!(matches!(absent, Err(Error::NotFound(_))), "everything is as it was: {absent:?}");
    is_recorded(&world, &who, &name, Outcome::Failed).await;
    let verdict = world.core.audit().verify(None).await.expect("a verdict");
    assert!(matches!(verdict, audit::Verdict::Whole(_)), "{verdict:?}");
}

/// Asks for a backup to be restored, and confirms it.
async fn restored_next(world: &World, who: &Principal, name: &str, on: On) {
    let operations = world.core.operations();
    let command = format!("restore backup \"{name}\"");
    let asked = audit::from(desk(), operations.say(who, None, &command)).await.expect("a reply");
    let preview = asked.reply.card.preview.unwrap_or_else(|| panic!("{}", asked.reply.text));
    let told = match on {
        On::Sqlite => "kept beside it",
        On::Postgres => "PostgreSQL keeps nothing of what is there now",
    };
    assert!(preview.note.contains(told) && preview.phrase.as_deref() == Some(name), "{preview:?}");
    let id = asked.reply.confirmation.expect("asked");
    let consent = Consent::Typed(name.to_owned());
    let started = audit::from(desk(), operations.confirm(who, id, consent)).await.expect("started");
    let end = follow(world, who, started.reply.task.expect("a task")).await.pop().expect("an end");
    assert_eq!(end.state, TaskState::Succeeded, "{end:?}");
}

async fn is_recorded(world: &World, who: &Principal, name: &str, outcome: Outcome) {
    let filter = Filter { action: Some("backup.restore".into()), ..Filter::default() };
    let newest = world.core.audit().list(who, &filter, 0, 1).await.expect("a list").items.remove(0);
    assert_eq!((newest.actor_id, newest.outcome, newest.target.as_str()), (Some(who.id), outcome, name), "{newest:?}");
    assert_eq!((newest.via.as_str(), newest.address.as_deref()), ("web", Some("192.0.2.7")));
    assert!(newest.detail.contains("when Folio started"), "{newest:?}");
}

fn backups(world: &World) -> Vec<String> {
    let entries = std::fs::read_dir(world.settings().data_dir.join("backups")).expect("a folder");
    entries.flatten().map(|entry| entry.file_name().into_string().expect("a name")).collect()
}

/// Where somebody sits who is not the program.
pub fn desk() -> Origin {
    Origin { via: "web".into(), address: Some("192.0.2.7".parse().expect("an address")) }
}

/// The task as soon as it is so.
pub async fn until(world: &World, who: &Principal, task: TaskId, is_so: impl Fn(&Task) -> bool) -> Task {
    let begun = Instant::now();
    loop {
        let now = world.core.tasks().task(who, task).await.expect("a task");
        if is_so(&now) {
            return now;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "{now:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn everyone() -> Filter {
    Filter { everyone: true, ..Filter::default() }
}

/// Every state of a task until its end.
pub async fn follow(world: &World, who: &Principal, task: TaskId) -> Vec<Task> {
    world.core.tasks().follow(who, task).await.expect("a task").collect().await
}

impl Person<'_> {
    /// Says something that a task does.
    pub async fn starts(&self, command: &str) -> TaskId {
        let turn = self.says(command).await;
        turn.reply.task.unwrap_or_else(|| panic!("{command}: {}", turn.reply.text))
    }

    /// An export that waits, and the file that it cannot write until that is gone.
    async fn finds_the_disk_full(&self, besides: &[&str]) -> (TaskId, PathBuf) {
        self.keeps("Bees").await;
        let task = self.starts("export my conversations").await;
        follow(self.world, &self.who, task).await;
        let made = self.world.core.operations().exported(&self.who, task).await.expect("a file");
        let full = made.with_extension("partial");
        std::os::unix::fs::symlink("/dev/full", &full).expect("a link");
        again(self.world, besides).await;
        (task, full)
    }

    async fn keeps(&self, title: &str) -> folio_types::ConversationId {
        let asked = self.asks(title).await;
        self.hears(asked.answer.id, 0).await;
        asked.conversation.id
    }
}
