//! What somebody looks at or changes that is another one's is known afterwards.

use crate::support::{On, Person, World, on_both_databases, say};
use folio_core::audit::{Filter, Outcome, Record};
use folio_core::chats::NewConversation;
use folio_core::library::BookChange;
use folio_core::{Error, Principal};
use folio_types::Role;
use futures::StreamExt;

on_both_databases!(looks_of_an_administrator_are_recorded, changes_of_shared_books_are_recorded);

async fn looks_of_an_administrator_are_recorded(on: On) {
    let world = World::new(on, [say("Yes.")]).await;
    let (ada, eve) = (world.founder().await, world.reader("eve").await);
    let asked = eve.asks("Bees").await;
    eve.hears(asked.answer.id, 0).await;
    let task = eve.says("export my conversations").await.reply.task.expect("a task");
    let core = &world.core;
    core.tasks().follow(&eve.who, task).await.expect("a stream").collect::<Vec<_>>().await;
    core.tasks().list(&ada.who, true, 0, 10).await.expect("tasks");
    core.tasks().task(&ada.who, task).await.expect("a task");
    core.tasks().follow(&ada.who, task).await.expect("a stream").collect::<Vec<_>>().await;
    core.audit().list(&ada.who, &everyone(), 0, 10).await.expect("records");
    core.audit().export(&ada.who, &everyone()).await.expect("a table").collect::<Vec<_>>().await;
    core.reports().all(&ada.who, 7).await.expect("reports");
    core.reports().file(&ada.who, "usage.csv", 7).await.expect("a table");
    core.accounts().list(&ada.who, "", 1, 10).await.expect("accounts");
    core.accounts().account(&ada.who, eve.who.id).await.expect("an account");
    let new = NewConversation { title: Some("For Eve".into()), owner: Some(eve.who.id), ..NewConversation::default() };
    core.chats().create(&ada.who, new).await.expect("a conversation");
    let (title, address) = ("Export the conversation “Bees”", "eve@example.org");
    let expected = [
        ("tasks.look", "the tasks of everyone", false),
        ("tasks.look", title, true),
        ("tasks.look", title, true),
        ("activity.look", "the activity of everyone", false),
        ("activity.look", "the activity of everyone, as a file", false),
        ("reports.look", "all reports", false),
        ("reports.look", "usage.csv", false),
        ("users.look", "the accounts of everyone", false),
        ("users.look", address, true),
        ("conversations.create", "For Eve", true),
    ];
    let by_ada = ada.did().await;
    let told: Vec<(&str, &str, bool)> = by_ada
        .iter()
        .map(|one| (one.action.as_str(), one.target.as_str(), one.subject_id == Some(eve.who.id)))
        .collect();
    assert_eq!(told, expected);
    let seen = core.audit().list(&eve.who, &Filter::default(), 0, 100).await.expect("her records");
    assert_eq!(seen.items.iter().filter(|one| one.actor_id == Some(ada.who.id)).count(), 4, "what concerns her");
    // what is one's own, or refused, is no look
    core.tasks().list(&ada.who, false, 0, 10).await.expect("her own tasks");
    core.audit().list(&ada.who, &Filter::default(), 0, 10).await.expect("her own records");
    core.accounts().account(&ada.who, ada.who.id).await.expect("her own account");
    core.tasks().task(&eve.who, task).await.expect("her own task");
    for refused in [
        core.tasks().list(&eve.who, true, 0, 10).await.map(drop),
        core.audit().list(&eve.who, &everyone(), 0, 10).await.map(drop),
        core.reports().all(&eve.who, 7).await.map(drop),
        core.accounts().list(&eve.who, "", 1, 10).await.map(drop),
    ] {
        assert!(matches!(refused, Err(Error::Denied(_))), "{refused:?}");
    }
    assert_eq!((ada.did().await.len(), eve.did().await.len()), (expected.len(), 1), "her export, and no look");
}

async fn changes_of_shared_books_are_recorded(on: On) {
    let world = World::new(on, []).await;
    let (ada, eve) = (world.founder().await, world.reader("eve").await);
    let library = world.core.library();
    let librarian = Principal { role: Role::Librarian, ..eve.who.clone() };
    let (book, own) = (ada.shares("Bees").await, ada.shares("Wasps").await);
    let title = BookChange { title: Some("Ants".into()), ..BookChange::default() };
    library.change(&librarian, book, title.clone()).await.expect("renamed");
    while !library.book(&ada.who, book).await.expect("a book").status.is_settled() {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    crate::support::tamper(&world, "UPDATE books SET status = 'FAILED'").await.expect("failed");
    library.retry(&librarian, book).await.expect("tried again");
    library.delete(&librarian, book).await.expect("deleted");
    library.change(&ada.who, own, title).await.expect("her own");
    library.delete(&ada.who, own).await.expect("her own");
    let deeds = eve.did().await;
    let told: Vec<(&str, &str)> = deeds.iter().map(|one| (one.action.as_str(), one.target.as_str())).collect();
    assert_eq!(told, [("library.change", "Ants"), ("library.retry", "Ants"), ("library.delete", "Ants")]);
    assert!(deeds.iter().all(|one| one.subject_id == Some(ada.who.id) && one.outcome == Outcome::Ran));
    assert!(ada.did().await.is_empty());
}

fn everyone() -> Filter {
    Filter { everyone: true, ..Filter::default() }
}

impl Person<'_> {
    /// What they did themselves after their account was made, oldest first.
    async fn did(&self) -> Vec<Record> {
        let found = self.world.core.audit().list(&self.who, &Filter::default(), 0, 500).await.expect("records");
        let own = found.items.into_iter().rev();
        own.filter(|one| one.actor_id == Some(self.who.id) && !one.action.starts_with("accounts.")).collect()
    }
}
