//! Every operation of the registry, said once: it does what it says, and what it offers to take it back does so.

use crate::support::{On, Person, World, on_both_databases, say};
use folio_core::operations::{ReplyState, Turn};
use folio_types::TaskState;
use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

on_both_databases!(every_operation_does_what_it_is_asked_for);

use ReplyState::{NeedsClarification, NeedsConfirmation, Started, Success};

/// `{task}` stands for the task that was begun last, `{backup}` for the newest backup.
const SAID: &[(&str, &str, ReplyState)] = &[
    ("assistant.help", "help", Success),
    ("library.list", "list books", Success),
    ("library.search", "search my books for \"bees\"", Success),
    ("library.rename", "rename book «The \"big\" one» to \"Small\"", Success),
    ("library.reindex", "reindex book \"Atlas\"", Started),
    ("tasks.show", "show task {task}", Success),
    ("tasks.list", "list tasks", Success),
    ("tasks.cancel", "cancel task {task}", Success),
    ("library.delete", "delete book \"Maps\"", NeedsConfirmation),
    ("library.delete_several", "delete books \"Novel\", \"Poems\"", NeedsConfirmation),
    ("conversations.list", "show my last two conversations", Success),
    ("conversations.rename", "rename conversation \"Bees\" to \"Wasps\"", Success),
    ("conversations.archive", "archive conversation \"Bees\"", Success),
    ("conversations.unarchive", "unarchive conversation \"Old\"", Success),
    ("conversations.export", "export my conversations", Started),
    ("conversations.delete", "delete conversation \"Ants\"", NeedsConfirmation),
    ("conversations.delete_several", "delete conversations about \"moths\"", NeedsConfirmation),
    ("models.list", "list models", Success),
    ("models.switch", "switch model to \"scripted\"", Success),
    ("models.test", "test model \"scripted\"", Success),
    ("topics.create", "create topic \"Nature\"", Success),
    ("topics.list", "list topics", Success),
    ("topics.add", "add book \"Atlas\" to topic \"Travel\"", Success),
    ("topics.move", "move book \"Atlas\" to topic \"History\"", Success),
    ("topics.take_out", "take book \"Guide\" out of topic \"Travel\"", Success),
    ("topics.delete", "delete topic \"History\"", NeedsConfirmation),
    ("reports.usage", "show usage report", Success),
    ("reports.storage", "show storage report", Success),
    ("reports.failures", "show ingestion failures", Success),
    ("users.list", "list users", Success),
    ("users.disable", "disable user \"eve\"", NeedsConfirmation),
    ("users.enable", "enable user \"eve\"", Success),
    ("users.change_role", "change role of user \"eve\" to librarian", NeedsConfirmation),
    ("users.invite", "invite somebody", NeedsConfirmation),
    ("settings.show", "show settings", Success),
    ("settings.change", "set registration to invite", Success),
    ("tools.list", "list tools", Success),
    // used for real in `tools.rs`
    ("tools.use", "use a tool", NeedsClarification),
    ("backup.create", "create a backup", Started),
    ("backup.list", "list backups", Success),
    // done for real in `tasks.rs`
    ("backup.restore", "restore backup \"{backup}\"", NeedsConfirmation),
];

async fn every_operation_does_what_it_is_asked_for(on: On) {
    let world = World::with(on, [say("Hello.")], |settings| {
        settings.quotas.questions = None;
        // `make setup` fetches it
        settings.models_dir = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../data/models");
        settings.program = reader_that_takes_long_for(&settings.data_dir.join("long"));
    })
    .await;
    let ada = world.founder().await;
    world.reader("eve").await;
    prepare(&ada).await;
    // what is read again can be cancelled
    std::fs::write(world.settings().data_dir.join("long"), "").expect("a file");
    let mut last = Last::default();
    for (name, words, expected) in SAID {
        let words = words.replace("{task}", &last.task).replace("{backup}", &last.backup);
        let turn = ada.says(&words).await;
        let reply = &turn.reply;
        assert_eq!(reply.state, *expected, "{words}: {}", reply.text);
        let intent = reply.intent.as_ref().unwrap_or_else(|| panic!("{words}: {}", reply.text));
        assert_eq!(format!("{}.{}", intent.domain, intent.operation), *name, "{words}");
        match expected {
            Success if intent.risk == "guarded" => ada.takes_back(name, &turn).await,
            Started => {
                let is_explained = intent.risk == "safe" || reply.text.contains("background. ");
                assert!(is_explained, "{words}: whether it can be taken back is said: {}", reply.text);
                last.follow(&ada, name, &turn).await;
            }
            NeedsConfirmation if *name != "backup.restore" => {
                let done = ada.confirms(reply.confirmation.expect("a confirmation")).await.expect("an answer");
                assert_eq!(done.reply.state, Success, "{words}: {}", done.reply.text);
            }
            _ => {}
        }
    }
    let said: BTreeSet<String> = SAID.iter().map(|(name, ..)| (*name).to_owned()).collect();
    let known: BTreeSet<String> = world
        .core
        .operations()
        .list(&ada.who)
        .into_iter()
        .map(|one| format!("{}.{}", one.domain, one.operation))
        .collect();
    assert_eq!(said, known, "an operation is not told of here");
    let books = world.core.library().list(&ada.who).await.expect("books");
    assert!(books.iter().any(|book| book.title == BIG), "{books:?}");
}

/// A program that reads no book, and as long as the file `when` is there it does not end.
fn reader_that_takes_long_for(when: &Path) -> PathBuf {
    let reader = when.with_extension("sh");
    std::fs::write(&reader, format!("#!/bin/sh\n[ -e '{}' ] && exec sleep 600\n", when.display())).expect("a script");
    std::fs::set_permissions(&reader, PermissionsExt::from_mode(0o755)).expect("one that can be run");
    reader
}

/// Its quotes must survive being taken back.
const BIG: &str = "The \"big\" one";

async fn prepare(ada: &Person<'_>) {
    for title in ["Atlas", "Maps", "Novel", "Poems", "Guide", BIG] {
        ada.shelves(title).await;
    }
    for title in ["Bees", "Old", "Ants", "All about moths"] {
        ada.has(title).await;
    }
    for words in [
        "archive conversation \"Old\"",
        "create topic \"Travel\"",
        "create topic \"History\"",
        "add book \"Guide\" to topic \"Travel\"",
    ] {
        assert_eq!(ada.says(words).await.reply.state, Success, "{words}");
    }
    let tasks = ada.world.core.tasks();
    while tasks.list(&ada.who, false, 0, 20).await.expect("a list").items.iter().any(|task| !task.state.is_ended()) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[derive(Default)]
struct Last {
    task: String,
    backup: String,
}

impl Last {
    /// Waits for the end of a task; one that reads a book again is left to be looked at and cancelled.
    async fn follow(&mut self, ada: &Person<'_>, name: &str, turn: &Turn) {
        let id = turn.reply.task.expect("a task");
        self.task = id.to_string();
        if name == "library.reindex" {
            return;
        }
        let tasks = ada.world.core.tasks();
        let ended = loop {
            let task = tasks.task(&ada.who, id).await.expect("a task");
            if task.state.is_ended() {
                break task;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        assert_eq!(ended.state, TaskState::Succeeded, "{name}: {:?}", ended.outcome);
        if name == "backup.create" {
            let listed = ada.says("list backups").await;
            let row = listed.reply.card.rows.first().expect("a backup");
            let name = row.split_whitespace().next().expect("a name");
            name.trim_end_matches([',', ':']).clone_into(&mut self.backup);
        }
    }
}

impl Person<'_> {
    /// What changes something can be taken back, or says that it cannot.
    async fn takes_back(&self, name: &str, turn: &Turn) {
        let Some(command) = &turn.reply.card.undo else {
            let is_said = ["users.invite", "models.switch", "settings.change", "users.enable"].contains(&name)
                || turn.reply.text.contains(". ");
            assert!(is_said, "{name}: neither an undo nor a word about it: {}", turn.reply.text);
            return;
        };
        let back = self.says(command).await;
        let asked = back.reply.confirmation;
        match back.reply.state {
            Success => {}
            NeedsConfirmation => drop(self.confirms(asked.expect("a confirmation")).await.expect("it is taken back")),
            _ => panic!("{name}: {command}: {}", back.reply.text),
        }
    }
}
