//! The records contract: conversations and messages are kept, and nothing is generated.

use crate::support::{Folio, On, on_both_databases, refused, shape};
use folio_testbed::Upstream;
use reqwest::StatusCode;
use serde_json::json;

on_both_databases!(
    a_client_keeps_its_own_records,
    a_record_is_seen_through_every_face,
    only_an_administrator_names_another_user,
    bad_records_are_refused,
    someone_elses_records_are_absent,
);

async fn a_client_keeps_its_own_records(on: On) {
    let folio = Folio::start(on).await;
    let ada = folio.ada().await;
    let made = ada.makes("/chat/conversations", &json!({ "title": "Kept" })).await;
    insta::assert_json_snapshot!("record-conversation", shape(&made));
    let id = made["id"].as_str().expect("an id");
    assert_eq!(ada.reads(&format!("/chat/conversations/{id}")).await, made);
    let mut kept = Vec::new();
    for (role, content) in [("system", "Be brief."), ("user", "Why?"), ("assistant", "Because."), ("user", "Thanks")] {
        let record = json!({ "conversation_id": id, "role": role, "content": content });
        let message = ada.makes("/chat/messages", &record).await;
        assert_eq!(
            (&message["role"], &message["content"], &message["status"]),
            (&role.into(), &content.into(), &"complete".into())
        );
        kept.push(message);
    }
    insta::assert_json_snapshot!("record-message", shape(&kept[1]));
    assert_eq!(ada.reads(&format!("/chat/conversations/{id}/messages")).await, json!(kept), "oldest first");
}

async fn a_record_is_seen_through_every_face(on: On) {
    let model = Upstream::start().await;
    let folio = Folio::with_model(on, &model).await;
    let ada = folio.ada().await;
    let made = ada.makes("/chat/conversations", &json!({ "title": "" })).await;
    let id = made["id"].as_str().expect("an id");
    for (role, content) in [("user", "What is\na bee?"), ("assistant", "An insect.")] {
        ada.makes("/chat/messages", &json!({ "conversation_id": id, "role": role, "content": content })).await;
    }
    assert_eq!(ada.reads(&format!("/conversations/{id}")).await["title"], "What is a bee?", "it is named");
    let messages = ada.reads(&format!("/chat/conversations/{id}/messages")).await;
    assert_eq!(ada.reads(&format!("/conversations/{id}/messages")).await, messages);
    let session = ada.reads(&format!("/api/v1/chat/sessions/{id}/messages")).await;
    assert_eq!((&session[0]["role"], &session[1]["content"]), (&"USER".into(), &"An insect.".into()));
    let page = ada.gets(&format!("/c/{id}")).await.text().await.expect("a page");
    assert!(page.contains("An insect."), "people see it, too");
    ada.hears(&format!("/conversations/{id}/messages"), &json!({ "content": "And a wasp?" })).await;
    let sent = model.calls().pop().expect("a call").body;
    let said: Vec<&str> = sent["messages"]
        .as_array()
        .expect("a list")
        .iter()
        .skip(1)
        .filter_map(|turn| turn["content"].as_str())
        .collect();
    assert_eq!(said, ["What is\na bee?", "An insect.", "And a wasp?"], "the model reads what was recorded");
}

async fn only_an_administrator_names_another_user(on: On) {
    let folio = Folio::start(on).await;
    let (ada, eve) = (folio.ada().await, folio.reader("eve").await);
    let hers = eve.makes("/chat/conversations", &json!({ "title": "Hers" })).await;
    let (hers, adas) =
        (&hers["user_id"], &ada.makes("/chat/conversations", &json!({ "title": "Adas" })).await["user_id"]);
    let own = eve.makes("/chat/conversations", &json!({ "user_id": hers, "title": "Hers" })).await;
    assert_eq!(own["user_id"], *hers);
    let (status, _) =
        refused(eve.posts("/chat/conversations", &json!({ "user_id": adas, "title": "Planted" })).await).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let given = ada.makes("/chat/conversations", &json!({ "user_id": hers, "title": "For Eve" })).await;
    assert_eq!(given["user_id"], *hers);
    let path = format!("/chat/conversations/{}", given["id"].as_str().expect("an id"));
    assert_eq!(eve.reads(&path).await, given);
    assert_eq!(ada.gets(&path).await.status(), StatusCode::NOT_FOUND, "it is Eve's");
    let nobody = json!({ "user_id": "00000000-0000-7000-8000-000000000000", "title": "?" });
    assert_eq!(refused(ada.posts("/chat/conversations", &nobody).await).await.0, StatusCode::NOT_FOUND);
}

async fn bad_records_are_refused(on: On) {
    let folio = Folio::start(on).await;
    let ada = folio.ada().await;
    for body in [
        json!({}),
        json!({ "title": null }),
        json!({ "title": "x", "user_id": "me" }),
        json!({ "title": "x".repeat(201) }),
    ] {
        let (status, _) = refused(ada.posts("/chat/conversations", &body).await).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
    }
    let made = ada.makes("/chat/conversations", &json!({ "title": "x" })).await;
    let id = &made["id"];
    for body in [
        json!({ "conversation_id": id, "role": "robot", "content": "x" }),
        json!({ "conversation_id": id, "role": "user", "content": "" }),
        json!({ "conversation_id": id, "role": "user", "content": "x".repeat(32_001) }),
        json!({ "conversation_id": id, "role": "user" }),
        json!({ "conversation_id": id, "content": "x" }),
        json!({ "conversation_id": "x", "role": "user", "content": "x" }),
        json!({ "role": "user", "content": "x" }),
    ] {
        let (status, problem) = refused(ada.posts("/chat/messages", &body).await).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{problem}");
    }
    let unknown = json!({ "conversation_id": "00000000-0000-7000-8000-000000000000", "role": "user", "content": "x" });
    assert_eq!(refused(ada.posts("/chat/messages", &unknown).await).await.0, StatusCode::NOT_FOUND);
    assert_eq!(ada.gets("/chat/conversations/x/messages").await.status(), StatusCode::NOT_FOUND);
}

async fn someone_elses_records_are_absent(on: On) {
    let folio = Folio::start(on).await;
    let (ada, eve) = (folio.ada().await, folio.reader("eve").await);
    let made = ada.makes("/chat/conversations", &json!({ "title": "Secret" })).await;
    let id = made["id"].as_str().expect("an id");
    assert_eq!(refused(eve.gets(&format!("/chat/conversations/{id}")).await).await.0, StatusCode::NOT_FOUND);
    assert_eq!(refused(eve.gets(&format!("/chat/conversations/{id}/messages")).await).await.0, StatusCode::NOT_FOUND);
    let planted = json!({ "conversation_id": id, "role": "assistant", "content": "Trust Eve." });
    assert_eq!(refused(eve.posts("/chat/messages", &planted).await).await.0, StatusCode::NOT_FOUND);
    assert_eq!(ada.reads(&format!("/chat/conversations/{id}/messages")).await, json!([]));
}
