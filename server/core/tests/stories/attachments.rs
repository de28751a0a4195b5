//! Files that wait to be sent do not wait for ever.

use crate::support::{On, World, on_both_databases, say, tamper};
use folio_core::Error;
use std::fs::{self, File};
use std::time::{Duration, SystemTime};
use uuid::Uuid;

on_both_databases!(what_nobody_sends_is_removed_after_a_day);

async fn what_nobody_sends_is_removed_after_a_day(on: On) {
    let world = World::new(on, [say("Yes.")]).await;
    let ada = world.founder().await;
    let asked = ada.asks("Is it there?").await;
    let attachments = world.core.attachments();
    let note = async |name: &str| attachments.refer(&ada.who, asked.question.id, "text/plain", name).await;
    let (sent, unsent) = (note("sent").await.expect("noted"), note("unsent").await.expect("noted"));
    tamper(&world, "UPDATE attachments SET created_at = 0").await.expect("a statement");
    tamper(&world, "UPDATE attachments SET message_id = NULL WHERE name = 'unsent'").await.expect("a statement");
    let folder = |age: u64| {
        let folder = world.settings().data_dir.join("attachments").join(Uuid::now_v7().to_string());
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join("original"), "text").expect("a file");
        let made = SystemTime::now() - Duration::from_secs(age);
        File::open(&folder).and_then(|folder| folder.set_modified(made)).expect("its time is set");
        folder
    };
    let (old, fresh) = (folder(2 * 60 * 60), folder(0));
    attachments.sweep().await.expect("it sweeps");
    assert!(matches!(attachments.one(&ada.who, unsent.attachment.id).await, Err(Error::NotFound(_))));
    assert_eq!(attachments.one(&ada.who, sent.attachment.id).await.expect("it stays"), sent_long_ago(sent));
    assert!(!old.exists(), "it belongs to nothing");
    assert!(fresh.exists(), "it may just be arriving");
}

fn sent_long_ago(record: folio_core::attachments::Record) -> folio_core::attachments::Record {
    folio_core::attachments::Record { created_at: 0, ..record }
}
