//! Model servers that people add, whose they are, and where their keys go.

use crate::support::{On, Person, World, on_both_databases, say, text_of};
use folio_core::audit::Outcome;
use folio_core::llm::providers::{Edit, Kind, NewProvider, Provider, ProviderChange};
use folio_core::llm::{Finding, Takes};
use folio_core::operations::ReplyState;
use folio_core::{Error, Question, Settings};
use folio_testbed::{Behaviour, MODEL, Upstream, tokens};
use folio_types::{Asked, ConversationId, MessageStatus, ProviderId, Scope, UserId};
use uuid::Uuid;

on_both_databases!(
    a_server_of_ones_own_answers_with_its_own_key,
    a_server_of_ones_own_is_nobody_elses,
    an_administrators_server_is_for_everyone_and_each_may_bring_a_key,
    what_is_not_public_is_refused,
    names_stay_what_they_were_when_a_server_is_added,
    a_server_that_is_away_hides_nobody_elses_models,
    keys_do_not_go_to_another_host,
    a_key_is_nowhere_to_be_read,
    only_some_models_are_offered_where_that_was_said,
    the_default_is_an_administrators_and_stays,
    a_conversation_goes_on_with_its_model,
    nonsense_is_refused,
    a_server_is_tested_by_its_name,
);

const KEY: &str = "sk-canary-5f1d0c7e9b2a4836";

async fn world(on: On) -> (World, Upstream) {
    let upstream = Upstream::start().await;
    let world = World::with(on, [say("scripted")], |settings: &mut Settings| {
        settings.allow_private = "127.0.0.1".parse().expect("a list");
    });
    (world.await, upstream)
}

impl Person<'_> {
    async fn adds(&self, name: &str, address: &str, key: Option<&str>, shared: bool) -> folio_core::Result<Provider> {
        let new = NewProvider {
            kind: Kind::OpenAi,
            name: name.to_owned(),
            api_endpoint: address.to_owned(),
            api_key: key.map(|key| key.to_owned().into()),
            models: None,
            takes: Takes::default(),
            shared,
        };
        self.world.core.model_providers().add(&self.who, new).await
    }

    async fn tags(&self) -> Vec<String> {
        let models = self.world.core.models().list(&self.who).await.expect("a list");
        models.into_iter().map(|model| model.tag).collect()
    }

    async fn asks_with(
        &self,
        model: Option<&str>,
        conversation: Option<ConversationId>,
        content: &str,
    ) -> folio_core::Result<Asked> {
        let question = Question {
            conversation,
            instead_of: None,
            content: content.to_owned(),
            model: model.map(str::to_owned),
            scope: Scope::Nothing,
            attachments: Vec::new(),
            sampling: folio_core::chats::Sampling::default(),
            key: None,
        };
        let asked = self.world.core.chats().ask(&self.who, question).await?;
        self.hears(asked.answer.id, 0).await;
        Ok(asked)
    }
}

async fn a_server_is_tested_by_its_name(on: On) {
    let (world, upstream) = world(on).await;
    let (ada, eve) = (world.founder().await, world.reader("eve").await);
    ada.adds("Attic", &upstream.url(), None, true).await.expect("a server");
    ada.adds("Own", &upstream.url(), None, false).await.expect("a server");
    let works = eve.says("test provider \"attic\"").await;
    assert_eq!(works.reply.state, ReplyState::Success, "{}", works.reply.text);
    assert!(works.reply.text.starts_with("It works: "), "{}", works.reply.text);
    assert!(works.reply.card.rows.iter().any(|row| row == MODEL), "{:?}", works.reply.card.rows);
    assert_eq!(eve.says("test provider \"Own\"").await.reply.state, ReplyState::NeedsClarification, "it is Ada's");
    drop(upstream);
    let down = eve.says("is the provider \"Attic\" working").await;
    assert_eq!(down.reply.state, ReplyState::Failed, "{}", down.reply.text);
    assert!(down.reply.text.contains("Nothing listens"), "{}", down.reply.text);
    assert_eq!(eve.recorded("models.test").await, [Outcome::Failed, Outcome::Ran]);
}

async fn a_server_of_ones_own_answers_with_its_own_key(on: On) {
    let (world, upstream) = world(on).await;
    let _founder = world.founder().await;
    let ada = world.reader("ada").await;
    let added = ada.adds(" My laptop ", &format!("{}/", upstream.url()), Some(KEY), false).await.expect("added");
    assert_eq!((added.name.as_str(), added.api_endpoint.as_str()), ("My laptop", upstream.url().as_str()));
    assert_eq!((added.key_hint.as_deref(), added.owner), (Some("sk-…4836"), Some(ada.who.id)));
    assert_eq!(ada.tags().await, ["scripted", "My laptop/scripted"], "the name was taken");
    upstream.usually(Behaviour::answers(5));
    let asked = ada.asks_with(Some("My laptop/scripted"), None, "Hello?").await.expect("asked");
    assert_eq!(ada.reads(asked.answer.id).await.content, tokens::text("Hello?", 5));
    let call = &upstream.calls()[0];
    assert_eq!(call.header("authorization"), Some(format!("Bearer {KEY}").as_str()));
    assert_eq!(call.body["model"], MODEL, "the server hears its own name of the model");
    let diagnosis = world.core.model_providers().test(&ada.who, added.id).await.expect("tested");
    assert_eq!((diagnosis.finding, diagnosis.models), (Finding::Works, vec![MODEL.to_owned()]));
    let change = ProviderChange { enabled: Some(false), ..ProviderChange::default() };
    world.core.model_providers().change(&ada.who, added.id, change).await.expect("changed");
    assert_eq!(ada.tags().await, ["scripted"]);
    world.core.model_providers().remove(&ada.who, added.id).await.expect("removed");
    assert!(world.core.model_providers().list(&ada.who).await.expect("a list").is_empty());
}

async fn a_server_of_ones_own_is_nobody_elses(on: On) {
    let (world, upstream) = world(on).await;
    let founder = world.founder().await;
    let (ada, eve) = (world.reader("ada").await, world.reader("eve").await);
    let added = ada.adds("laptop", &upstream.url(), Some(KEY), false).await.expect("added");
    let providers = world.core.model_providers();
    assert!(providers.list(&eve.who).await.expect("a list").is_empty());
    assert!(matches!(providers.one(&eve.who, added.id).await, Err(Error::NotFound(_))));
    assert!(matches!(providers.test(&eve.who, added.id).await, Err(Error::NotFound(_))));
    assert!(matches!(providers.remove(&eve.who, added.id).await, Err(Error::NotFound(_))));
    let change = providers.change(&eve.who, added.id, ProviderChange::default()).await;
    assert!(matches!(change, Err(Error::NotFound(_))));
    let key = providers.keep_key(&eve.who, eve.who.id, added.id, "sk-another-key-of-eve".to_owned().into()).await;
    assert!(matches!(key, Err(Error::NotFound(_))));
    assert_eq!(eve.tags().await, ["scripted"]);
    let stolen = eve.asks_with(Some("laptop/scripted"), None, "Hello?").await;
    assert!(matches!(stolen, Err(Error::Invalid { field: "model", .. })), "{stolen:?}");
    assert_eq!(founder.tags().await, ["scripted"], "an administrator sees it, but it is not theirs to use");
    assert_eq!(providers.list(&founder.who).await.expect("a list").len(), 1);
    assert!(matches!(eve.adds("hall", &upstream.url(), None, true).await, Err(Error::Denied(_))));
}

async fn an_administrators_server_is_for_everyone_and_each_may_bring_a_key(on: On) {
    let (world, upstream) = world(on).await;
    let founder = world.founder().await;
    let (ada, eve) = (world.reader("ada").await, world.reader("eve").await);
    let hall = founder.adds("hall", &upstream.url(), Some("sk-the-keys-of-the-hall"), true).await.expect("added");
    assert_eq!(hall.owner, None);
    let providers = world.core.model_providers();
    assert!(matches!(providers.remove(&ada.who, hall.id).await, Err(Error::Denied(_))), "seen, but not hers");
    let kept = providers.keep_key(&ada.who, ada.who.id, hall.id, KEY.to_owned().into()).await.expect("kept");
    assert_eq!((kept.key_hint.as_str(), kept.user), ("sk-…4836", ada.who.id));
    for person in [&ada, &eve] {
        person.asks_with(Some("hall/scripted"), None, "Hello?").await.expect("asked");
    }
    let sent = |call: usize| upstream.calls()[call].header("authorization").map(str::to_owned);
    assert_eq!(sent(0), Some(format!("Bearer {KEY}")));
    assert_eq!(sent(1), Some("Bearer sk-the-keys-of-the-hall".to_owned()), "ada's key is hers alone");
    assert!(matches!(providers.key(&eve.who, ada.who.id, hall.id).await, Err(Error::NotFound(_))));
    let foreign = providers.keep_key(&eve.who, ada.who.id, hall.id, KEY.to_owned().into()).await;
    assert!(matches!(foreign, Err(Error::Denied(_))));
    providers.keep_key(&founder.who, eve.who.id, hall.id, KEY.to_owned().into()).await.expect("an administrator may");
    let nobody = UserId(Uuid::now_v7());
    let unknown = providers.keep_key(&founder.who, nobody, hall.id, KEY.to_owned().into()).await;
    assert!(matches!(unknown, Err(Error::NotFound("User"))));
    let nothing = providers.keep_key(&ada.who, ada.who.id, ProviderId(Uuid::now_v7()), KEY.to_owned().into()).await;
    assert!(matches!(nothing, Err(Error::NotFound("LLM provider"))));
    providers.remove_key(&ada.who, ada.who.id, hall.id).await.expect("removed");
    ada.asks_with(Some("hall/scripted"), None, "Again?").await.expect("asked");
    assert_eq!(sent(2), Some("Bearer sk-the-keys-of-the-hall".to_owned()));
}

async fn what_is_not_public_is_refused(on: On) {
    let world = World::new(on, [say("scripted")]).await;
    let founder = world.founder().await;
    for address in [
        "http://127.0.0.1:8002/v1",
        "http://localhost:11434/v1",
        "http://[::1]/v1",
        "http://2130706433/v1",
        "http://169.254.169.254/latest/meta-data",
        "http://10.0.0.7/v1",
        "http://[::ffff:192.168.0.1]/v1",
        "file:///etc/passwd",
        "gopher://127.0.0.1:6379/_FLUSHALL",
    ] {
        let refused = founder.adds("inside", address, None, true).await;
        assert!(matches!(refused, Err(Error::Invalid { field: "api_endpoint", .. })), "{address}: {refused:?}");
    }
}

async fn names_stay_what_they_were_when_a_server_is_added(on: On) {
    let (world, upstream) = world(on).await;
    let founder = world.founder().await;
    let ada = world.reader("ada").await;
    ada.adds("hall", &upstream.url(), None, false).await.expect("added");
    assert_eq!(ada.tags().await, ["scripted", "hall/scripted"]);
    founder.adds("hall", &upstream.url(), None, true).await.expect("added");
    assert_eq!(founder.tags().await, ["scripted", "hall/scripted"]);
    assert_eq!(ada.tags().await, ["scripted", "hall/scripted", "hall/scripted (2)"], "what is for all comes first");
}

async fn a_server_that_is_away_hides_nobody_elses_models(on: On) {
    let (world, upstream) = world(on).await;
    let founder = world.founder().await;
    founder.adds("gone", "http://127.0.0.1:9/v1", None, true).await.expect("added, whether it runs or not");
    let hall = founder.adds("hall", &upstream.url(), None, true).await.expect("added");
    assert_eq!(founder.tags().await, ["scripted", "hall/scripted"]);
    let missing = founder.asks_with(Some("gone/scripted"), None, "Hello?").await;
    assert!(matches!(&missing, Err(Error::Unavailable(why)) if why.contains("127.0.0.1")), "{missing:?}");
    upstream.refuse().await;
    let asked = founder.asks_with(Some("hall/scripted"), None, "Hello?").await.expect("its name is still known");
    let answer = founder.reads(asked.answer.id).await;
    assert_eq!((answer.status, answer.error_status), (MessageStatus::Failed, Some(503)));
    let diagnosis = world.core.model_providers().test(&founder.who, hall.id).await.expect("tested");
    assert_eq!(diagnosis.finding, Finding::Refused);
}

async fn keys_do_not_go_to_another_host(on: On) {
    let (world, upstream) = world(on).await;
    let founder = world.founder().await;
    let ada = world.reader("ada").await;
    let elsewhere = Upstream::start().await;
    let hall = founder.adds("hall", &upstream.url(), Some(KEY), true).await.expect("added");
    let providers = world.core.model_providers();
    providers.keep_key(&ada.who, ada.who.id, hall.id, KEY.to_owned().into()).await.expect("kept");
    let renamed = ProviderChange { name: Some("big hall".into()), ..ProviderChange::default() };
    let renamed = providers.change(&founder.who, hall.id, renamed).await.expect("changed");
    assert_eq!(renamed.key_hint.as_deref(), Some("sk-…4836"));
    let moved = ProviderChange { api_endpoint: Some(elsewhere.url()), ..ProviderChange::default() };
    let moved = providers.change(&founder.who, hall.id, moved).await.expect("changed");
    assert_eq!(moved.key_hint, None);
    assert!(matches!(providers.key(&ada.who, ada.who.id, hall.id).await, Err(Error::NotFound(_))));
    ada.asks_with(Some("big hall/scripted"), None, "Hello?").await.expect("asked");
    assert_eq!(elsewhere.calls()[0].header("authorization"), None);
}

async fn a_key_is_nowhere_to_be_read(on: On) {
    let (world, upstream) = world(on).await;
    let founder = world.founder().await;
    let added = founder.adds("hall", &upstream.url(), Some(KEY), true).await.expect("added");
    let providers = world.core.model_providers();
    let kept = providers.keep_key(&founder.who, founder.who.id, added.id, KEY.to_owned().into()).await.expect("kept");
    founder.asks_with(Some("hall/scripted"), None, "Hello?").await.expect("asked");
    let said = format!("{added:?} {kept:?} {:?}", world.core.models().describe(&founder.who).await);
    assert!(!said.contains("canary"), "{said}");
    for file in world.files() {
        let bytes = std::fs::read(&file).expect("a file");
        let canary = b"canary-5f1d0c7e9b2a4836";
        assert!(!bytes.windows(canary.len()).any(|window| window == canary), "{} holds the key", file.display());
    }
}

async fn only_some_models_are_offered_where_that_was_said(on: On) {
    let (world, upstream) = world(on).await;
    let founder = world.founder().await;
    let hall = founder.adds("hall", &upstream.url(), None, true).await.expect("added");
    let providers = world.core.model_providers();
    let some = |models| ProviderChange { models, ..ProviderChange::default() };
    let chosen = vec!["unlisted".to_owned(), MODEL.to_owned()];
    let changed = providers.change(&founder.who, hall.id, some(Edit::Set(chosen.clone()))).await.expect("changed");
    assert_eq!(changed.models, Some(chosen));
    assert_eq!(founder.tags().await, ["scripted", "unlisted", "hall/scripted"]);
    let all = providers.change(&founder.who, hall.id, some(Edit::Clear)).await.expect("changed");
    assert_eq!(all.models, None);
    assert_eq!(founder.tags().await, ["scripted", "hall/scripted"]);
}

async fn the_default_is_an_administrators_and_stays(on: On) {
    let (mut world, upstream) = world(on).await;
    let who = {
        let founder = world.founder().await;
        let ada = world.reader("ada").await;
        founder.adds("hall", &upstream.url(), None, true).await.expect("added");
        ada.adds("laptop", &upstream.url(), None, false).await.expect("added");
        founder.adds("desk", &upstream.url(), None, false).await.expect("added");
        let models = world.core.models();
        assert!(matches!(models.swap(&ada.who, "hall/scripted").await, Err(Error::Denied(_))));
        assert!(matches!(models.swap(&founder.who, "nothing").await, Err(Error::NotFound("Model"))));
        let private = models.swap(&founder.who, "desk/scripted").await;
        assert!(matches!(private, Err(Error::Invalid { field: "model_tag", .. })), "{private:?}");
        assert_eq!(models.swap(&founder.who, "hall/scripted").await.expect("swapped"), "hall/scripted");
        let asked = ada.asks_with(None, None, "Hello?").await.expect("asked");
        assert_eq!(asked.answer.model_tag.as_deref(), Some("hall/scripted"));
        let default = models.list(&ada.who).await.expect("a list").into_iter().find(|model| model.is_default);
        assert_eq!(default.expect("there is one").tag, "hall/scripted");
        founder.who
    };
    world.restart().await;
    let chosen = world.core.models().choose(&who, None).await.expect("a model");
    assert_eq!(chosen.offer.tag, "hall/scripted");
    upstream.refuse().await;
    world.restart().await;
    let away = world.core.models().choose(&who, None).await.err();
    assert!(matches!(away, Some(Error::Unavailable(_))), "no other model takes its questions: {away:?}");
}

async fn a_conversation_goes_on_with_its_model(on: On) {
    let (world, upstream) = world(on).await;
    let founder = world.founder().await;
    let hall = founder.adds("hall", &upstream.url(), None, true).await.expect("added");
    let first = founder.asks_with(Some("hall/scripted"), None, "Hello?").await.expect("asked");
    let second = founder.asks_with(None, Some(first.conversation.id), "And then?").await.expect("asked");
    assert_eq!(second.answer.model_tag.as_deref(), Some("hall/scripted"));
    let third = founder.asks_with(Some("scripted"), Some(first.conversation.id), "You?").await.expect("asked");
    assert_eq!(text_of(&founder.hears(third.answer.id, 0).await), "scripted");
    founder.asks_with(Some("hall/scripted"), Some(first.conversation.id), "Again?").await.expect("asked");
    world.core.model_providers().remove(&founder.who, hall.id).await.expect("removed");
    let after = founder.asks_with(None, Some(first.conversation.id), "Anyone?").await.expect("asked");
    assert_eq!(after.answer.model_tag.as_deref(), Some("scripted"), "what is gone for good has a successor");
}

async fn nonsense_is_refused(on: On) {
    let (world, upstream) = world(on).await;
    let founder = world.founder().await;
    let long = "x".repeat(101);
    for name in ["", "  ", "a\0b", "two\nlines", long.as_str()] {
        let refused = founder.adds(name, &upstream.url(), None, true).await;
        assert!(matches!(refused, Err(Error::Invalid { field: "name", .. })), "{name:?}");
    }
    for key in ["", "two words", "two\nlines", "ключ"] {
        let refused = founder.adds("hall", &upstream.url(), Some(key), true).await;
        assert!(matches!(refused, Err(Error::Invalid { field: "api_key", .. })), "{key:?}");
    }
}
