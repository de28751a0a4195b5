//! What opens an account, and how it stops to.

use crate::support::{On, Other, Person, World, account, on_both_databases};
use folio_core::accounts::{Lease, Origin, Reach, TokenPair, WebSession};
use folio_core::{Core, Error, SharedCredential};
use folio_types::Role;
use std::time::Duration;

on_both_databases!(
    a_password_gives_tokens_and_a_refresh_token_is_good_for_one_use,
    a_refresh_token_that_is_used_twice_ends_the_session,
    a_token_opens_what_its_scope_says_until_it_is_revoked,
    name_and_password_with_each_request_follow_a_new_password,
    everyone_with_the_shared_credential_is_one_reader,
    a_new_password_ends_the_other_sign_ins,
    what_is_open_ends_with_the_access_on_every_process,
    an_expired_token_is_worth_nothing,
);

const PASSWORD: &str = "correct horse battery";

impl Person<'_> {
    async fn signs_in_as_a_program(&self) -> TokenPair {
        self.world.core.accounts().issue_tokens(self.who.clone(), &Origin::default()).await.expect("tokens")
    }

    /// A browser's session behind the cookie.
    async fn signs_in_with(&self, cookie: &str) -> Lease {
        let user = Some((self.who.id, self.who.epoch));
        let session = WebSession { user, data: "{}".into(), expires_at: i64::MAX / 2, ..WebSession::default() };
        let accounts = self.world.core.accounts();
        assert!(accounts.web_sessions().create(cookie, &session).await.expect("made"));
        accounts.session(cookie).await.expect("an answer").expect("it is open")
    }
}

async fn refused(core: &Core, token: &str) {
    let refused = core.accounts().bearer(token).await;
    assert!(matches!(refused, Err(Error::Unauthenticated(_))), "the token opens nothing");
}

async fn a_password_gives_tokens_and_a_refresh_token_is_good_for_one_use(on: On) {
    let world = World::new(on, []).await;
    let ada = world.founder().await;
    let accounts = world.core.accounts();
    let first = ada.signs_in_as_a_program().await;
    assert_eq!(accounts.bearer(&first.access_token).await.expect("valid").who(), &ada.who);
    let second = accounts.refresh(&first.refresh_token).await.expect("it was not used yet");
    assert_ne!(first.refresh_token, second.refresh_token);
    assert_eq!(accounts.bearer(&second.access_token).await.expect("valid").who(), &ada.who);
    accounts.revoke(&second.refresh_token).await.expect("ended");
    refused(&world.core, &second.access_token).await;
    refused(&world.core, &first.access_token).await;
    refused(&world.core, "nonsense").await;
    refused(&world.core, &second.refresh_token).await;
}

async fn a_refresh_token_that_is_used_twice_ends_the_session(on: On) {
    let world = World::new(on, []).await;
    let ada = world.founder().await;
    let accounts = world.core.accounts();
    let (stolen, other) = (ada.signs_in_as_a_program().await, ada.signs_in_as_a_program().await);
    let thief = accounts.refresh(&stolen.refresh_token).await.expect("the first use");
    let again = accounts.refresh(&stolen.refresh_token).await;
    assert!(matches!(again, Err(Error::Unauthenticated(_))), "the second use is refused");
    assert!(accounts.refresh(&thief.refresh_token).await.is_err(), "and so is what the thief got");
    refused(&world.core, &thief.access_token).await;
    accounts.bearer(&other.access_token).await.expect("another session is not touched");
}

async fn a_token_opens_what_its_scope_says_until_it_is_revoked(on: On) {
    let world = World::new(on, []).await;
    let ada = world.founder().await;
    let accounts = world.core.accounts();
    for (reach, role) in [(Reach::Read, Role::Librarian), (Reach::Write, Role::Librarian), (Reach::Full, Role::Admin)] {
        let (token, text) = accounts.make_token(&ada.who, "backup script", reach, None).await.expect("a token");
        let text = secrecy::ExposeSecret::expose_secret(&text).to_owned();
        let lease = accounts.bearer(&text).await.expect("valid");
        assert_eq!((lease.who().id, lease.who().reach, lease.who().role), (ada.who.id, reach, role));
        let more = accounts.make_token(lease.who(), "more", Reach::Full, None).await;
        assert_eq!(more.is_ok(), reach == Reach::Full, "a token makes none that opens more than itself");
        let listed = accounts.tokens(&ada.who).await.expect("a list");
        let used = listed.iter().find(|listed| listed.id == token.id).expect("it is listed");
        assert!(used.used_at.is_some(), "its use is known: {used:?}");
        accounts.revoke_token(&ada.who, token.id).await.expect("revoked");
        refused(&world.core, &text).await;
        let twice = accounts.revoke_token(&ada.who, token.id).await;
        assert!(matches!(twice, Err(Error::NotFound(_))), "{twice:?}");
    }
}

async fn an_expired_token_is_worth_nothing(on: On) {
    let world = World::new(on, []).await;
    let ada = world.founder().await;
    let accounts = world.core.accounts();
    let past = accounts.make_token(&ada.who, "too late", Reach::Read, Some(1)).await;
    assert!(matches!(past, Err(Error::Invalid { field: "expires_at", .. })));
    let soon = now() + 300;
    let (_, text) = accounts.make_token(&ada.who, "short", Reach::Read, Some(soon)).await.expect("a token");
    let text = secrecy::ExposeSecret::expose_secret(&text).to_owned();
    let lease = accounts.bearer(&text).await.expect("valid");
    within(Duration::from_secs(2), lease.lost()).await;
    refused(&world.core, &text).await;
}

async fn name_and_password_with_each_request_follow_a_new_password(on: On) {
    let world = World::new(on, []).await;
    let ada = world.founder().await;
    let accounts = world.core.accounts();
    let basic = async |password: &str| accounts.basic("Founder@example.org", password.to_owned().into()).await;
    assert_eq!(basic(PASSWORD).await.expect("right").who(), &ada.who);
    basic(PASSWORD).await.expect("remembered");
    assert!(basic("wrong").await.is_err());
    let browser = ada.signs_in_with("cookie").await;
    let new = "quite another password";
    let wrong = accounts.change_password(&browser, "wrong".to_owned().into(), new.to_owned().into()).await;
    assert!(matches!(wrong, Err(Error::Invalid { field: "current_password", .. })), "{wrong:?}");
    accounts.change_password(&browser, PASSWORD.to_owned().into(), new.to_owned().into()).await.expect("changed");
    assert!(basic(PASSWORD).await.is_err(), "a remembered password is forgotten with the change");
    assert_eq!(basic(new).await.expect("right").who().id, ada.who.id);
}

async fn everyone_with_the_shared_credential_is_one_reader(on: On) {
    let shared = SharedCredential { user: "reader".into(), password: "for all of us".to_owned().into() };
    let world = World::with(on, [], |settings| settings.shared_credential = Some(shared)).await;
    let accounts = world.core.accounts();
    assert!(accounts.setup_needed().await.expect("an answer"), "the shared account is no administrator");
    let founder = world.founder().await;
    let lease = accounts.basic("reader", "for all of us".to_owned().into()).await.expect("right");
    let again = accounts.basic("reader", "for all of us".to_owned().into()).await.expect("right");
    assert_eq!(lease.who(), again.who());
    assert_eq!((lease.who().name.as_str(), lease.who().role), ("reader", Role::User));
    assert!(accounts.basic("reader", "something else".to_owned().into()).await.is_err());
    let token = accounts.make_token(lease.who(), "mine", Reach::Read, None).await;
    assert!(matches!(token, Err(Error::Denied(_))), "nobody owns it");
    let other = world.another_process().await;
    let elsewhere = other.core.accounts().basic("reader", "for all of us".to_owned().into()).await.expect("right");
    assert_eq!(elsewhere.who().id, lease.who().id);
    accounts.disable(&founder.who, lease.who().id).await.expect("disabled");
    assert!(accounts.basic("reader", "for all of us".to_owned().into()).await.is_err());
}

async fn a_new_password_ends_the_other_sign_ins(on: On) {
    let world = World::new(on, []).await;
    let ada = world.founder().await;
    let accounts = world.core.accounts();
    let here = ada.signs_in_with("here").await;
    ada.signs_in_with("there").await;
    let program = ada.signs_in_as_a_program().await;
    let places = accounts.sign_ins(&here).await.expect("a list");
    assert_eq!(places.iter().filter(|place| place.is_current).count(), 1);
    assert_eq!(places.len(), 3, "{places:?}");
    let new = "quite another password".to_owned();
    accounts.change_password(&here, PASSWORD.to_owned().into(), new.into()).await.expect("changed");
    assert!(accounts.session("here").await.expect("an answer").is_some(), "where it was changed one stays");
    assert!(accounts.session("there").await.expect("an answer").is_none());
    refused(&world.core, &program.access_token).await;
    assert!(accounts.refresh(&program.refresh_token).await.is_err());
    let here = accounts.session("here").await.expect("an answer").expect("open");
    assert_eq!(accounts.sign_ins(&here).await.expect("a list").len(), 1);
    accounts.sign_out_everywhere(&here).await.expect("out");
    assert!(accounts.session("here").await.expect("an answer").is_none());
}

async fn what_is_open_ends_with_the_access_on_every_process(on: On) {
    let world = World::new(on, []).await;
    let (founder, grace) = (world.founder().await, world.reader("grace").await);
    let accounts = world.core.accounts();
    let other = world.another_process().await;
    let elsewhere = other.core.accounts();
    let second = Duration::from_secs(1);

    // one place is signed out
    grace.signs_in_with("one").await;
    let open = elsewhere.session("one").await.expect("an answer").expect("open");
    let phone = grace.signs_in_with("two").await;
    let place = accounts.sign_ins(&phone).await.expect("a list").into_iter().find(|place| !place.is_current);
    accounts.end_sign_in(&phone, &place.expect("the other one").id).await.expect("ended");
    within(second, open.lost()).await;
    assert!(elsewhere.session("one").await.expect("an answer").is_none());

    // a role is taken away
    accounts.set_role(&founder.who, grace.who.id, Role::Librarian).await.expect("a role");
    let token = grace.signs_in_as_a_program().await.access_token;
    let open = until_granted(&other, &token, Role::Librarian).await;
    accounts.set_role(&founder.who, grace.who.id, Role::User).await.expect("a role");
    within(second, open.lost()).await;

    // the account is disabled, and enabled again
    let open = elsewhere.bearer(&token).await.expect("still valid");
    accounts.disable(&founder.who, grace.who.id).await.expect("disabled");
    within(second, open.lost()).await;
    refused(&other.core, &token).await;
    assert!(accounts.sign_in("grace@example.org", PASSWORD.to_owned().into()).await.is_err());
    accounts.enable(&founder.who, grace.who.id).await.expect("enabled");
    refused(&world.core, &token).await;
    accounts.sign_in("grace@example.org", PASSWORD.to_owned().into()).await.expect("a new sign-in");
    assert!(accounts.register(account("grace")).await.is_err());
}

/// The other process hears of a new role within a moment.
async fn until_granted(other: &Other, token: &str, role: Role) -> Lease {
    let heard = async {
        loop {
            let lease = other.core.accounts().bearer(token).await.expect("valid");
            if lease.who().role == role {
                return lease;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(1), heard).await.expect("it hears within a second")
}

async fn within(time: Duration, event: impl Future<Output = ()>) {
    tokio::time::timeout(time, event).await.expect("in time");
}

fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    i64::try_from(since.as_millis()).expect("not so far ahead")
}
