//! The same work on every face with every credential that the face takes: a browser's cookie, a token for a password, a
//! personal access token, and where the contract has it a name and a password.

use crate::support::{Folio, On, Visitor, on_both_databases, refused, told};
use folio_testbed::{Behaviour, Upstream};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

on_both_databases!(
    conversations_are_held_with_every_credential,
    books_are_asked_with_every_credential,
    records_are_kept_with_every_credential,
    commands_are_given_with_every_credential,
    models_are_looked_after_with_every_credential,
    an_account_is_looked_after_with_every_credential,
    a_name_and_a_password_open_the_sessions_face_alone,
);

const BEES: &[u8] = b"# Bees\n\nBees tell each other where flowers are by dancing.\n";
const QUESTION: &str = "How do bees tell where flowers are?";

/// The same person by cookie, by a token for the password, and by a personal access token.
async fn ways<'a>(person: Visitor<'a>, scope: &str) -> [(&'static str, Visitor<'a>); 3] {
    let (token, personal) = (person.with_token().await, person.with_personal_token(&[scope]).await);
    [("cookie", person), ("token", token), ("personal token", personal)]
}

fn id(made: &Value, member: &str) -> String {
    made[member].as_str().unwrap_or_else(|| panic!("no {member} in {made}")).to_owned()
}

async fn conversations_are_held_with_every_credential(on: On) {
    let model = Upstream::start().await;
    let folio = Folio::with_model(on, &model).await;
    for (way, caller) in ways(folio.reader("eve").await, "write").await {
        for face in ["/conversations", "/api/conversations"] {
            let made = caller.makes(face, &json!({ "title": way, "model_tag": folio_testbed::MODEL })).await;
            let path = format!("{face}/{}", id(&made, "id"));
            let heard = caller.hears(&format!("{path}/messages"), &json!({ "content": "Hello" })).await;
            assert_eq!(heard.last(), Some(&json!({ "done": true, "status": "complete" })), "{way} {face}");
            let messages = caller.reads(&format!("{path}/messages")).await;
            assert_eq!(messages[1]["content"], told(&heard), "{way} {face}");
            let again = caller.posts(&format!("{path}/regenerate"), &json!({ "stream": false })).await;
            assert_eq!(again.status(), StatusCode::OK, "{way} {face}");
            let joined = format!("/api/conversations/{}/messages/{}/stream", id(&made, "id"), id(&messages[1], "id"));
            assert_eq!(caller.gets(&joined).await.status(), StatusCode::OK, "{way} {face}");
            let renamed = caller.sends(Method::PATCH, &path, &json!({ "title": "Greeting" })).await;
            assert_eq!(renamed.status(), StatusCode::OK, "{way} {face}");
            assert_eq!(caller.deletes(&path).await, StatusCode::NO_CONTENT, "{way} {face}");
        }
    }
}

async fn books_are_asked_with_every_credential(on: On) {
    let model = Upstream::start().await;
    model.usually(Behaviour::says("Bees tell each other where flowers are by dancing."));
    let environment = vec![
        ("OPENAI_BASE_URL", model.url()),
        ("BASIC_AUTH_USER", "reader".to_owned()),
        ("BASIC_AUTH_PASSWORD", "for all of us".to_owned()),
    ];
    let folio = Folio::start_with(on, environment).await;
    let eve = folio.reader("eve").await;
    let by_name = [
        ("own name and password", eve.with_password()),
        ("shared credential", folio.visitor().with_basic("reader", "for all of us")),
    ];
    for (way, caller) in ways(eve, "write").await.into_iter().chain(by_name) {
        let book = caller.shelves("bees.md", BEES).await;
        assert_eq!(book["status"], "READY", "{way}: {book}");
        let topic = json!({ "title": way, "bookIds": [book["id"]] });
        let topic = caller.makes("/api/v1/topics", &topic).await;
        let made = caller.makes("/api/v1/chat/sessions", &json!({ "topicId": topic["id"] })).await;
        let session = format!("/api/v1/chat/sessions/{}", id(&made, "sessionId"));
        let answer = caller.posts(&format!("{session}/messages"), &json!({ "content": QUESTION })).await;
        assert_eq!(answer.status(), StatusCode::OK, "{way}");
        let answer: Value = answer.json().await.expect("JSON");
        assert_eq!(answer["sources"][0]["bookId"], book["id"], "{way}: {answer}");
        assert_eq!(caller.reads(&format!("{session}/messages")).await[1], answer, "{way}");
        let path = format!("/api/v1/books/{}", id(&book, "id"));
        let file = caller.gets(&format!("{path}/file")).await;
        assert_eq!(file.bytes().await.expect("a file"), BEES, "{way}");
        for gone in [session, path, format!("/api/v1/topics/{}", id(&topic, "id"))] {
            assert_eq!(caller.deletes(&gone).await, StatusCode::NO_CONTENT, "{way}: {gone}");
        }
    }
}

async fn records_are_kept_with_every_credential(on: On) {
    let folio = Folio::start(on).await;
    for (way, caller) in ways(folio.reader("eve").await, "write").await {
        let made = caller.makes("/chat/conversations", &json!({ "title": way })).await;
        let record = json!({ "conversation_id": made["id"], "role": "user", "content": "Why?" });
        let kept = caller.makes("/chat/messages", &record).await;
        let path = format!("/chat/conversations/{}", id(&made, "id"));
        assert_eq!(caller.reads(&path).await["title"], way, "{way}");
        assert_eq!(caller.reads(&format!("{path}/messages")).await, json!([kept]), "{way}");
    }
}

async fn commands_are_given_with_every_credential(on: On) {
    let folio = Folio::start(on).await;
    for (way, caller) in ways(folio.reader("eve").await, "write").await {
        let says = async |message: String| -> Value {
            let answer = caller.posts("/api/assistant/messages", &json!({ "message": message })).await;
            assert_eq!(answer.status(), StatusCode::OK, "{way}");
            answer.json().await.expect("JSON")
        };
        let kept = caller.makes("/conversations", &json!({ "title": way, "model_tag": "any" })).await;
        assert_eq!(says("list my conversations".into()).await["state"], "success", "{way}");
        let delete = format!("delete conversation {}", id(&kept, "id"));
        for (answer, gone) in [("cancel", false), ("confirm", true)] {
            let asked = says(delete.clone()).await;
            assert_eq!(asked["state"], "needs_confirmation", "{way}: {asked}");
            let path = format!("/api/assistant/confirmations/{}/{answer}", id(&asked, "confirmation_id"));
            assert_eq!(caller.posts(&path, &json!({})).await.status(), StatusCode::OK, "{way} {answer}");
            let there = caller.gets(&format!("/conversations/{}", id(&kept, "id"))).await.status();
            assert_eq!(there == StatusCode::NOT_FOUND, gone, "{way} {answer}");
        }
        let task = format!("/api/tasks/{}", id(&says("export my conversations".into()).await, "task_id"));
        let ended = caller.gets(&format!("{task}/events")).await.text().await.expect("a stream");
        assert!(ended.contains("\"state\":\"succeeded\""), "{way}: {ended}");
        assert_eq!(caller.gets(&format!("{task}/file")).await.status(), StatusCode::OK, "{way}");
        let page = caller.reads("/api/assistant/history?page=1&page_size=1").await;
        assert!(page["items"][0]["text"].is_string(), "{way}: {page}");
    }
}

async fn models_are_looked_after_with_every_credential(on: On) {
    let model = Upstream::start().await;
    let allowed = vec![("PROVIDER_ALLOW_PRIVATE", "127.0.0.1".to_owned())];
    let folio = Folio::start_with(on, allowed).await;
    for (way, caller) in ways(folio.ada().await, "admin").await {
        let before = caller.reads("/api/models").await["current_model"].clone();
        let hall = json!({ "name": way, "api_endpoint": model.url() });
        let hall = caller.makes("/chat/llm-providers", &hall).await;
        let path = format!("/chat/llm-providers/{}", id(&hall, "id"));
        let tested: Value = caller.posts(&format!("{path}/test"), &json!({})).await.json().await.expect("JSON");
        assert_eq!(tested["finding"], "works", "{way}: {tested}");
        let key = json!({ "provider_id": hall["id"], "api_key": "sk-0123456789abcdef" });
        let key = caller.makes("/chat/user-llm-configs", &key).await;
        let config = format!("/chat/user-llm-configs/{}/{}", id(&key, "user_id"), id(&hall, "id"));
        assert_eq!(caller.reads(&config).await["api_key"], "sk-…cdef", "{way}");
        for tag in [json!(folio_testbed::MODEL), before] {
            let swapped = caller.posts("/api/models/swap", &json!({ "model_tag": tag })).await;
            assert_eq!(swapped.status(), StatusCode::OK, "{way} {tag}");
        }
        for gone in [config, path] {
            assert_eq!(caller.deletes(&gone).await, StatusCode::NO_CONTENT, "{way}: {gone}");
        }
    }
}

async fn an_account_is_looked_after_with_every_credential(on: On) {
    let folio = Folio::start(on).await;
    folio.reader("eve").await;
    for (way, caller) in ways(folio.ada().await, "admin").await {
        let me = caller.reads("/api/account").await;
        assert_eq!((&me["email"], &me["is_admin"]), (&json!("ada@example.org"), &json!(true)), "{way}");
        let renamed = caller.sends(Method::PATCH, "/api/account", &json!({ "name": way })).await;
        assert_eq!(renamed.status(), StatusCode::OK, "{way}");
        let made = caller.makes("/api/account/tokens", &json!({ "name": way, "scopes": ["read"] })).await;
        let token = format!("/api/account/tokens/{}", id(&made, "id"));
        assert_eq!(caller.deletes(&token).await, StatusCode::NO_CONTENT, "{way}");
        assert!(caller.reads("/api/account/sessions").await["items"].is_array(), "{way}");
        let found = caller.reads("/api/users?q=eve@").await;
        let eve = format!("/api/users/{}", id(&found["items"][0], "id"));
        for disabled in [true, false] {
            let changed = caller.sends(Method::PATCH, &eve, &json!({ "disabled": disabled })).await;
            assert_eq!(changed.status(), StatusCode::OK, "{way}");
        }
        let link = caller.makes("/api/users/invitations", &json!({ "role": "user", "days": 1 })).await;
        assert!(link["url"].is_string(), "{way}");
    }
}

async fn a_name_and_a_password_open_the_sessions_face_alone(on: On) {
    let folio = Folio::start(on).await;
    let eve = folio.reader("eve").await.with_password();
    for path in ["/api/v1/books", "/api/v1/topics"] {
        assert_eq!(eve.gets(path).await.status(), StatusCode::OK, "{path}");
    }
    for path in
        ["/conversations", "/api/conversations", "/chat/llm-providers", "/api/models", "/api/tasks", "/api/account"]
    {
        assert_eq!(refused(eve.gets(path).await).await.0, StatusCode::UNAUTHORIZED, "{path}");
    }
    let says = eve.posts("/api/assistant/messages", &json!({ "message": "list books" })).await;
    assert_eq!(refused(says).await.0, StatusCode::UNAUTHORIZED);
    let keeps = eve.posts("/chat/conversations", &json!({ "title": "Kept" })).await;
    assert_eq!(refused(keeps).await.0, StatusCode::UNAUTHORIZED);
}
