//! Who may come in.

use crate::support::{On, World, account, on_both_databases};
use folio_core::Error;
use folio_core::accounts::WebSession;
use folio_types::Role;

on_both_databases!(
    the_printed_code_makes_one_administrator,
    only_the_right_password_opens_an_account,
    an_address_has_one_account,
    web_sessions_come_and_go,
);

async fn the_printed_code_makes_one_administrator(on: On) {
    let world = World::new(on, []).await;
    let accounts = world.core.accounts();
    assert!(accounts.setup_needed().await.expect("an answer"));
    let code = accounts.issue_setup_code();
    let wrong = accounts.set_up("wrong", account("eve")).await;
    assert!(matches!(wrong, Err(Error::Invalid { field: "code", .. })), "{wrong:?}");
    let founder = accounts.set_up(&code, account("ada")).await.expect("the code is right");
    assert_eq!(founder.role, Role::Admin);
    assert!(!accounts.setup_needed().await.expect("an answer"));
    assert!(accounts.set_up(&code, account("eve")).await.is_err(), "a code works once");
    let newer = accounts.issue_setup_code();
    let late = accounts.set_up(&newer, account("eve")).await;
    assert!(matches!(late, Err(Error::Conflict(_))), "{late:?}");
}

async fn only_the_right_password_opens_an_account(on: On) {
    let world = World::new(on, []).await;
    let founder = world.founder().await;
    let accounts = world.core.accounts();
    let who = accounts.sign_in(" Founder@Example.org ", "correct horse battery".to_owned().into()).await;
    assert_eq!(who.expect("right"), founder.who);
    for (email, password) in
        [("founder@example.org", "wrong horse battery"), ("nobody@example.org", "correct horse battery"), ("", "")]
    {
        let refused = accounts.sign_in(email, password.to_owned().into()).await;
        assert!(matches!(refused, Err(Error::Unauthenticated(_))), "{email}: {refused:?}");
    }
}

async fn an_address_has_one_account(on: On) {
    let world = World::new(on, []).await;
    world.founder().await;
    world.reader("ada").await;
    let again = world.core.accounts().register(account("ADA")).await;
    assert!(matches!(again, Err(Error::Conflict(_))), "{again:?}");
    let mut short = account("grace");
    short.password = "short".to_owned().into();
    let short = world.core.accounts().register(short).await;
    assert!(matches!(short, Err(Error::Invalid { field: "password", .. })), "{short:?}");
}

async fn web_sessions_come_and_go(on: On) {
    let world = World::new(on, []).await;
    let sessions = world.core.accounts().web_sessions();
    let session = |data: &str, expires_at| WebSession { data: data.into(), expires_at, ..WebSession::default() };
    let far = i64::MAX / 2;
    assert!(sessions.create("one", &session("first", far)).await.expect("made"));
    assert!(!sessions.create("one", &session("second", far)).await.expect("an answer"), "an id is taken once");
    sessions.save("one", &session("changed", far)).await.expect("saved");
    assert_eq!(sessions.load("one").await.expect("an answer"), Some(("changed".into(), far)));
    sessions.create("old", &session("expired", 1)).await.expect("made");
    assert_eq!(sessions.load("old").await.expect("an answer"), None);
    sessions.delete_expired().await.expect("swept");
    sessions.delete("one").await.expect("deleted");
    sessions.save("one", &session("late", far)).await.expect("no fault");
    assert_eq!(sessions.load("one").await.expect("an answer"), None, "what was ended stays ended");
}
