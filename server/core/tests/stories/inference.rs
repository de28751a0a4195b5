//! An inference service for everyone.

use crate::support::account;
use folio_core::llm::Reading;
use folio_core::{Core, Endpoint, Error, Patience, Principal, Question, Settings};
use folio_testbed::{Behaviour, Fault, MODEL, SPARE, Upstream, tokens};
use folio_types::{Frame, Message, MessageStatus, Scope};
use futures::StreamExt;
use std::time::Duration;
use tempfile::TempDir;

struct Service {
    core: Core,
    upstream: Upstream,
    admin: Principal,
    _folder: TempDir,
}

impl Service {
    async fn start() -> Self {
        let (folder, upstream) = (TempDir::new().expect("a folder"), Upstream::start().await);
        let mut settings = Settings::in_folder(folder.path().to_owned());
        settings.inference = Some(Endpoint {
            base_url: upstream.inference_url(),
            api_key: Some("internal-key".to_owned().into()),
            patience: Patience { idle: Duration::from_millis(300), ..Patience::default() },
        });
        let core = Core::start(settings).await.expect("it starts");
        let code = core.accounts().issue_setup_code();
        let admin = core.accounts().set_up(&code, account("founder")).await.expect("the first account");
        Self { core, upstream, admin, _folder: folder }
    }

    async fn answers(&self, content: &str, model: Option<&str>) -> folio_core::Result<Message> {
        let question = Question {
            conversation: None,
            instead_of: None,
            content: content.into(),
            model: model.map(str::to_owned),
            scope: Scope::Nothing,
            attachments: Vec::new(),
            sampling: folio_core::chats::Sampling::default(),
            key: None,
        };
        let asked = self.core.chats().ask(&self.admin, question).await?;
        let heard: Vec<_> = self.core.chats().follow(&self.admin, asked.answer.id, 0).await?.collect().await;
        assert!(matches!(heard.last().expect("an end").1, Frame::Done { .. }));
        self.core.chats().message(&self.admin, asked.answer.id).await
    }
}

#[tokio::test]
async fn it_writes_with_what_it_has_loaded_and_knows_who_asks() {
    let service = Service::start().await;
    let models = service.core.models().list(&service.admin).await.expect("a list");
    let told: Vec<_> = models.iter().map(|model| (model.tag.as_str(), model.loaded, model.is_default)).collect();
    assert_eq!(told, [(MODEL, true, true), (SPARE, false, false)]);
    service.upstream.usually(Behaviour::answers(30));
    let answer = service.answers("Hello?", None).await.expect("an answer");
    assert_eq!((answer.content, answer.status), (tokens::text("Hello?", 30), MessageStatus::Complete));
    let call = &service.upstream.calls()[0];
    assert_eq!(call.header("x-internal-api-key"), Some("internal-key"));
    assert_eq!(call.body["messages"][1], serde_json::json!({ "role": "user", "content": "Hello?" }));
    assert!(call.body["max_tokens"].is_u64() && call.body["temperature"].is_number(), "{}", call.body);
}

#[tokio::test]
async fn another_model_has_to_be_swapped_in_first() {
    let service = Service::start().await;
    let refused = service.answers("Hello?", Some(SPARE)).await;
    assert!(matches!(refused, Err(Error::Invalid { field: "model", .. })), "{refused:?}");
    let current = service.core.models().swap(&service.admin, SPARE).await.expect("swapped");
    assert_eq!((current.as_str(), service.upstream.loaded().as_str()), (SPARE, SPARE));
    let answer = service.answers("Hello?", None).await.expect("an answer");
    assert_eq!(answer.model_tag.as_deref(), Some(SPARE));
    let chosen = service.core.models().choose(&service.admin, None).await.expect("a model");
    assert_eq!((chosen.offer.loaded, chosen.offer.reading), (true, Reading::Many));
}

#[tokio::test]
async fn its_faults_end_an_answer_with_their_own_words() {
    let service = Service::start().await;
    for (fault, words, code) in [
        (Fault::Silence, "it was silent", 502),
        (Fault::BrokenEvent, "an inference service's event stream", 502),
        (Fault::DropMidChunk, "the connection ended", 502),
        (Fault::NoDone, "the connection ended", 502),
        (Fault::LongLine(300 * 1024), "256 KiB", 502),
        (Fault::ErrorEvent("CUDA out of memory"), "CUDA out of memory", 502),
        (Fault::WebPage, "instead of an event stream", 502),
    ] {
        service.upstream.next(Behaviour::answers(3).then(fault.clone()));
        let answer = service.answers("Hello?", None).await.expect("an answer");
        let error = answer.error.unwrap_or_default();
        assert!(error.contains(words), "{fault:?}: {error}");
        assert_eq!((answer.status, answer.error_status), (MessageStatus::Failed, Some(code)), "{fault:?}");
    }
    service.upstream.refuse().await;
    let answer = service.answers("Hello?", None).await.expect("an answer");
    assert_eq!(answer.error_status, Some(503), "{answer:?}");
}
