//! What administrators do with accounts.

use crate::support::{On, World, account, on_both_databases};
use folio_core::{Error, Registration};
use folio_types::Role;
use secrecy::ExposeSecret;

on_both_databases!(
    an_invitation_makes_one_account_with_its_role,
    a_link_sets_a_lost_password_anew_once,
    somebody_stays_administrator,
    accounts_are_found_by_name_and_address,
    only_administrators_see_to_accounts,
);

/// The secret at the end of a link.
fn secret_of(url: &str) -> String {
    url.rsplit('=').next().expect("a parameter").to_owned()
}

async fn an_invitation_makes_one_account_with_its_role(on: On) {
    let world = World::with(on, [], |settings| settings.registration = Registration::Invite).await;
    let founder = world.founder().await;
    let accounts = world.core.accounts();
    let uninvited = accounts.register(account("eve")).await;
    assert!(matches!(uninvited, Err(Error::Denied(_))), "{uninvited:?}");
    let link = accounts.invite(&founder.who, Role::Librarian, 7).await.expect("a link");
    assert!(link.url.expose_secret().starts_with("http://127.0.0.1:8002/register?invite="));
    let invite = secret_of(link.url.expose_secret());
    assert!(accounts.invitation_open(&invite).await.expect("an answer"));
    let taken = accounts.accept_invitation(&invite, account("founder")).await;
    assert!(matches!(taken, Err(Error::Conflict(_))), "{taken:?}");
    let grace = accounts.accept_invitation(&invite, account("grace")).await.expect("the invitation is still good");
    assert_eq!((grace.name.as_str(), grace.role), ("grace", Role::Librarian));
    let again = accounts.accept_invitation(&invite, account("eve")).await;
    assert!(matches!(again, Err(Error::Denied(_))), "{again:?}");
    assert!(!accounts.invitation_open(&invite).await.expect("an answer"));
    assert!(accounts.accept_invitation("guess", account("eve")).await.is_err());
    for days in [0, 91] {
        let link = accounts.invite(&founder.who, Role::User, days).await;
        assert!(matches!(link, Err(Error::Invalid { field: "days", .. })), "{days}");
    }
}

async fn a_link_sets_a_lost_password_anew_once(on: On) {
    let world = World::new(on, []).await;
    let (founder, grace) = (world.founder().await, world.reader("grace").await);
    let accounts = world.core.accounts();
    let old = accounts.make_reset_link(&founder.who, grace.who.id).await.expect("a link");
    let link = accounts.make_reset_link(&founder.who, grace.who.id).await.expect("another link");
    let (old, code) = (secret_of(old.url.expose_secret()), secret_of(link.url.expose_secret()));
    let new = || String::from("quite another password").into();
    assert!(!accounts.reset_open(&old).await.expect("an answer"), "the newest link is the one that works");
    let short = accounts.reset_password(&code, "short".to_owned().into()).await;
    assert!(matches!(short, Err(Error::Invalid { field: "password", .. })), "{short:?}");
    let who = accounts.reset_password(&code, new()).await.expect("set");
    assert_eq!((who.id, who.epoch), (grace.who.id, grace.who.epoch + 1));
    assert!(matches!(accounts.reset_password(&code, new()).await, Err(Error::Denied(_))));
    accounts.sign_in("grace@example.org", new()).await.expect("the new password");
    assert!(accounts.sign_in("grace@example.org", "correct horse battery".to_owned().into()).await.is_err());
    let nobody = accounts.make_reset_link(&founder.who, uuid::Uuid::now_v7().into()).await;
    assert!(matches!(nobody, Err(Error::NotFound(_))));
}

async fn somebody_stays_administrator(on: On) {
    let world = World::new(on, []).await;
    let (founder, grace) = (world.founder().await, world.reader("grace").await);
    let accounts = world.core.accounts();
    for refused in [
        accounts.set_role(&founder.who, founder.who.id, Role::User).await,
        accounts.disable(&founder.who, founder.who.id).await,
    ] {
        assert!(matches!(refused, Err(Error::Conflict(_))), "{refused:?}");
    }
    let made = accounts.set_role(&founder.who, grace.who.id, Role::Admin).await.expect("a second one");
    assert_eq!(made.role, Role::Admin);
    let grace = accounts.principal(grace.who.id).await.expect("an answer").expect("she is there");
    // both want to be the only one, at the same time
    let (left, right) = tokio::join!(
        accounts.set_role(&founder.who, grace.id, Role::User),
        accounts.set_role(&grace, founder.who.id, Role::User),
    );
    assert_eq!(usize::from(left.is_ok()) + usize::from(right.is_ok()), 1, "{left:?} {right:?}");
}

async fn accounts_are_found_by_name_and_address(on: On) {
    let world = World::new(on, []).await;
    let founder = world.founder().await;
    for name in ["Grace Hopper", "Ada", "100%"] {
        let mut new = account("x");
        new.name = name.into();
        new.email = format!("{}@example.org", name.to_lowercase().replace([' ', '%'], "."));
        world.core.accounts().register(new).await.expect("an account");
    }
    let names = async |search: &str| -> Vec<String> {
        let page = world.core.accounts().list(&founder.who, search, 1, 50).await.expect("a list");
        assert_eq!(page.total, page.items.len() as u64);
        page.items.into_iter().map(|account| account.name).collect()
    };
    assert_eq!(names("").await, ["100%", "Ada", "Grace Hopper", "founder"], "newest first");
    assert_eq!(names(" hopPER ").await, ["Grace Hopper"]);
    assert_eq!(names("grace.hopper@").await, ["Grace Hopper"]);
    assert_eq!(names("%").await, ["100%"], "a sign is only a sign");
    assert!(names("nobody").await.is_empty());
    let second = world.core.accounts().list(&founder.who, "", 2, 3).await.expect("a page");
    assert_eq!((second.items.len(), second.total), (1, 4));
    for (page, size) in [(0, 50), (1, 0), (1, 201)] {
        assert!(world.core.accounts().list(&founder.who, "", page, size).await.is_err(), "{page} {size}");
    }
}

async fn only_administrators_see_to_accounts(on: On) {
    let world = World::new(on, []).await;
    let (founder, grace) = (world.founder().await, world.reader("grace").await);
    let accounts = world.core.accounts();
    let librarian = accounts.set_role(&founder.who, grace.who.id, Role::Librarian).await.expect("a role");
    let grace = accounts.principal(librarian.id).await.expect("an answer").expect("she is there");
    let denied = [
        accounts.list(&grace, "", 1, 50).await.map(drop),
        accounts.account(&grace, founder.who.id).await.map(drop),
        accounts.set_role(&grace, grace.id, Role::Admin).await.map(drop),
        accounts.disable(&grace, founder.who.id).await.map(drop),
        accounts.enable(&grace, founder.who.id).await.map(drop),
        accounts.sign_out(&grace, founder.who.id).await.map(drop),
        accounts.invite(&grace, Role::User, 1).await.map(drop),
        accounts.make_reset_link(&grace, founder.who.id).await.map(drop),
    ];
    assert!(denied.iter().all(|outcome| matches!(outcome, Err(Error::Denied(_)))), "{denied:?}");
}
