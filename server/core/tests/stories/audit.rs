//! What was done stays known.

use crate::support::{On, World, on_both_databases, tamper};
use folio_core::Error;
use folio_core::audit::{self, Deed, Filter, Origin, Outcome, Verdict};
use futures::{StreamExt, future::join_all};

on_both_databases!(
    deeds_at_the_same_time_make_one_chain,
    a_changed_record_is_found,
    records_cannot_be_changed_or_deleted,
    everyone_sees_their_own_and_administrators_all,
    a_record_says_where_it_came_from,
    hostile_words_stay_in_their_cell,
);

async fn deeds_at_the_same_time_make_one_chain(on: On) {
    let world = World::new(on, []).await;
    let ada = world.founder().await;
    let before = world.core.audit().list(&ada.who, &everyone(), 0, 1).await.expect("a list").total;
    let audit = world.core.audit();
    let deeds = (0..50).map(|n| audit.record(&ada.who, Deed::ran("books.delete", format!("Book {n}"))));
    for recorded in join_all(deeds).await {
        recorded.expect("recorded");
    }
    let found = world.core.audit().list(&ada.who, &everyone(), 0, 100).await.expect("a list");
    assert_eq!(found.total, before + 51, "the deeds, and this look at everyone's");
    let Verdict::Whole(head) = world.core.audit().verify(None).await.expect("a verdict") else { panic!("it is whole") };
    assert_eq!(u64::try_from(head.seq).expect("positive"), found.total);
    world.core.audit().record(&ada.who, Deed::ran("books.delete", "One more")).await.expect("recorded");
    let later = world.core.audit().verify(Some(&head)).await.expect("a verdict");
    assert!(matches!(later, Verdict::Whole(_)), "an earlier end is still in the chain: {later:?}");
    let other = audit::Head { hash: vec![7; 32], ..head };
    let wrong = world.core.audit().verify(Some(&other)).await.expect("a verdict");
    assert!(matches!(wrong, Verdict::Broken { seq, .. } if seq == other.seq), "{wrong:?}");
}

async fn a_changed_record_is_found(on: On) {
    let world = World::new(on, []).await;
    let ada = world.founder().await;
    for n in 0..3 {
        world.core.audit().record(&ada.who, Deed::ran("books.delete", format!("Book {n}"))).await.expect("recorded");
    }
    let Verdict::Whole(head) = world.core.audit().verify(None).await.expect("a verdict") else { panic!("it is whole") };
    // somebody with the database's password, who switches the triggers off
    let unguard = match on {
        On::Sqlite => "DROP TRIGGER audit_is_not_changed; DROP TRIGGER audit_is_not_deleted",
        On::Postgres => "ALTER TABLE audit DISABLE TRIGGER USER",
    };
    tamper(&world, unguard).await.expect("the triggers go");
    let middle = head.seq - 1;
    tamper(&world, &format!("UPDATE audit SET target = 'Nothing' WHERE seq = {middle}")).await.expect("changed");
    let found = world.core.audit().verify(None).await.expect("a verdict");
    assert!(matches!(found, Verdict::Broken { seq, .. } if seq == middle), "{found:?}");
    tamper(&world, &format!("DELETE FROM audit WHERE seq >= {middle}")).await.expect("deleted");
    let found = world.core.audit().verify(None).await.expect("a verdict");
    assert!(matches!(found, Verdict::Broken { seq, .. } if seq == middle), "the end is missing: {found:?}");
}

async fn records_cannot_be_changed_or_deleted(on: On) {
    let world = World::new(on, []).await;
    let ada = world.founder().await;
    world.core.audit().record(&ada.who, Deed::ran("books.delete", "A book")).await.expect("recorded");
    for statement in ["UPDATE audit SET outcome = 'denied'", "DELETE FROM audit"] {
        let refused = tamper(&world, statement).await.expect_err(statement);
        assert!(refused.to_string().contains("append-only"), "{refused}");
    }
}

async fn everyone_sees_their_own_and_administrators_all(on: On) {
    let world = World::new(on, []).await;
    let (ada, eve) = (world.founder().await, world.reader("eve").await);
    let audit = world.core.audit();
    audit.record(&ada.who, Deed::ran("books.delete", "Ada's book")).await.expect("recorded");
    audit.record(&ada.who, Deed::ran("users.disable", "eve").about(eve.who.id)).await.expect("recorded");
    audit.record(&eve.who, Deed::denied("users.list", "accounts")).await.expect("recorded");
    let own = audit.list(&eve.who, &Filter::default(), 0, 10).await.expect("a list");
    let actions: Vec<&str> = own.items.iter().map(|record| record.action.as_str()).collect();
    let expected = ["users.list", "users.disable", "accounts.create"];
    assert_eq!(actions, expected, "what she did, and what was done to her account");
    let refused = audit.list(&eve.who, &everyone(), 0, 10).await;
    assert!(matches!(refused, Err(Error::Denied(_))), "{refused:?}");
    assert!(audit.export(&eve.who, &everyone()).await.is_err());
    let denied = Filter { outcome: Some(Outcome::Denied), ..everyone() };
    assert_eq!(audit.list(&ada.who, &denied, 0, 10).await.expect("a list").total, 1);
    let users = Filter { action: Some("users".into()), text: Some("EVE".into()), ..everyone() };
    assert_eq!(audit.list(&ada.who, &users, 0, 10).await.expect("a list").total, 2);
    let nothing = Filter { text: Some("%".into()), ..everyone() };
    assert_eq!(audit.list(&ada.who, &nothing, 0, 10).await.expect("a list").total, 0, "a sign is only a sign");
}

async fn a_record_says_where_it_came_from(on: On) {
    let world = World::new(on, []).await;
    let ada = world.founder().await;
    let origin = Origin { via: "web".into(), address: Some("192.0.2.7".parse().expect("an address")) };
    let audit = world.core.audit();
    audit::from(origin, audit.record(&ada.who, Deed::ran("books.delete", "A book"))).await.expect("recorded");
    let newest = audit.list(&ada.who, &Filter::default(), 0, 1).await.expect("a list").items.remove(0);
    assert_eq!((newest.via.as_str(), newest.address.as_deref()), ("web", Some("192.0.2.7")));
}

async fn hostile_words_stay_in_their_cell(on: On) {
    let world = World::new(on, []).await;
    let ada = world.founder().await;
    let title = "=HYPERLINK(\"http://evil.example\"),\n\0\"second line\"";
    world.core.audit().record(&ada.who, Deed::ran("books.delete", title)).await.expect("recorded");
    let pieces: Vec<_> =
        world.core.audit().export(&ada.who, &Filter::default()).await.expect("a table").collect().await;
    let table: String = pieces.into_iter().map(|piece| piece.expect("a piece")).collect();
    assert!(table.starts_with("number,time,who,action,target,outcome,detail,via,address\r\n"), "{table}");
    assert!(table.contains(",\"'=HYPERLINK(\"\"http://evil.example\"\"),\n\"\"second line\"\"\","), "{table}");
}

fn everyone() -> Filter {
    Filter { everyone: true, ..Filter::default() }
}
