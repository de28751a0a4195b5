//! The conversations contract, as its clients live with it: at `/conversations`, and at `/api/conversations`.

use crate::support::{Folio, On, events, on_both_databases, refused, shape, told};
use folio_testbed::tokens::text;
use folio_testbed::{Behaviour, Fault, Upstream};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

on_both_databases!(
    the_contracts_client_has_a_conversation,
    the_services_client_lists_by_day,
    a_question_can_be_said_in_several_ways,
    whoever_does_not_stream_waits_for_the_whole_answer,
    a_model_servers_fault_has_a_status,
    a_retried_question_lands_once,
    another_answer_takes_the_place_of_the_last,
    what_is_out_of_bounds_is_refused,
    archived_conversations_and_favourites_are_listed_apart,
    someone_elses_conversation_is_absent,
    an_absent_route_and_a_wrong_method_are_answered_in_json,
);

async fn the_contracts_client_has_a_conversation(on: On) {
    let model = Upstream::start().await;
    let folio = Folio::with_model(on, &model).await;
    let ada = folio.ada().await;
    let made = ada.makes("/conversations", &json!({ "title": "Bees", "model_tag": "scripted" })).await;
    let id = made["id"].as_str().expect("an id");
    assert_eq!(ada.reads("/conversations").await, json!([made]), "a plain array");
    let heard = ada.hears(&format!("/conversations/{id}/messages"), &json!({ "message": "How do bees talk?" })).await;
    assert!(heard[0]["message_id"].is_string() && heard[0]["user_message_id"].is_string(), "{heard:?}");
    assert_eq!(told(&heard), text("How do bees talk?", 20));
    assert_eq!(heard.last(), Some(&json!({ "done": true, "status": "complete" })));
    let messages = ada.reads(&format!("/conversations/{id}/messages")).await;
    assert_eq!(messages[0]["id"], heard[0]["user_message_id"]);
    assert_eq!(messages[1]["id"], heard[0]["message_id"]);
    insta::assert_json_snapshot!("conversation", shape(&made));
    insta::assert_json_snapshot!("conversation-messages", shape(&messages));
    for method in [Method::PATCH, Method::PUT] {
        let title = format!("Bees, by {method}");
        let answer = ada.sends(method, &format!("/conversations/{id}"), &json!({ "title": title })).await;
        assert_eq!(answer.status(), StatusCode::OK);
        let changed: Value = answer.json().await.expect("JSON");
        assert_eq!((&changed["title"], &changed["model_tag"]), (&title.into(), &"scripted".into()));
        assert_eq!(ada.reads(&format!("/conversations/{id}")).await, changed);
    }
    assert_eq!(ada.deletes(&format!("/conversations/{id}")).await, StatusCode::NO_CONTENT);
    assert_eq!(ada.gets(&format!("/conversations/{id}")).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(ada.gets(&format!("/conversations/{id}/messages")).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(ada.reads("/conversations").await, json!([]));
}

async fn the_services_client_lists_by_day(on: On) {
    let model = Upstream::start().await;
    let folio = Folio::with_model(on, &model).await;
    let ada = folio.ada().await;
    let answer = ada.request(Method::POST, "/api/conversations").send().await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::CREATED, "a title and a model are not needed");
    let first: Value = answer.json().await.expect("JSON");
    assert_eq!(first["title"], "");
    let second = ada.makes("/api/conversations", &json!({ "title": "Ants" })).await;
    let third = ada.makes("/api/conversations", &json!({ "model_tag": "of another time" })).await;
    let page = ada.reads("/api/conversations?limit=2").await;
    assert_eq!(page["items"], json!([third, second]), "newest first");
    assert_eq!((&page["total"], &page["limit"], &page["offset"]), (&3.into(), &2.into(), &0.into()));
    insta::assert_json_snapshot!("conversation-page", shape(&page));
    assert_eq!(ada.reads("/api/conversations?limit=2&offset=2").await["items"], json!([first]));
    let id = first["id"].as_str().expect("an id");
    ada.hears(&format!("/api/conversations/{id}/messages"), &json!({ "content": "Why do bees dance?" })).await;
    let shown = ada.reads(&format!("/api/conversations/{id}")).await;
    assert_eq!(shown["title"], "Why do bees dance?", "the first question names it");
    assert_eq!(shown["messages"], ada.reads(&format!("/api/conversations/{id}/messages")).await);
    assert_eq!(ada.reads("/api/conversations").await["items"][0]["id"], id, "it is the newest now");
    let id = third["id"].as_str().expect("an id");
    let heard = ada.hears(&format!("/api/conversations/{id}/messages"), &json!({ "content": "Hello" })).await;
    assert_eq!(told(&heard), text("Hello", 20), "a model that is gone is replaced");
}

async fn a_question_can_be_said_in_several_ways(on: On) {
    let model = Upstream::start().await;
    let folio = Folio::with_model(on, &model).await;
    let ada = folio.ada().await;
    let made = ada.makes("/api/conversations", &json!({})).await;
    let path = format!("/api/conversations/{}/messages", made["id"].as_str().expect("an id"));
    let first = json!({ "message": { "role": "user", "content": "One" }, "stream": true });
    assert_eq!(told(&ada.hears(&path, &first).await), text("One", 20));
    let shown = &ada.reads(&path).await[0];
    assert_eq!(told(&ada.hears(&path, &json!({ "message": shown })).await), text("One", 20), "a whole Message");
    let chosen = json!({ "content": "Two", "temperature": 0.25, "max_tokens": 7, "top_k": 3 });
    ada.hears(&path, &chosen).await;
    let body = model.calls().pop().expect("a call").body;
    assert_eq!((&body["temperature"], &body["max_tokens"], &body["top_k"]), (&0.25.into(), &7.into(), &3.into()));
    let said: Vec<&str> =
        body["messages"].as_array().expect("a list").iter().filter_map(|turn| turn["role"].as_str()).collect();
    assert_eq!(said, ["system", "user", "assistant", "user", "assistant", "user"], "the history goes along");
    for wrong in [
        json!({}),
        json!({ "message": { "role": "assistant", "content": "I say" } }),
        json!({ "message": "One", "content": "Two" }),
        json!({ "message": 7 }),
        json!({ "message": { "content": null } }),
        json!({ "content": "Two", "stream": "yes" }),
        json!({ "content": "Two", "stream": 1 }),
    ] {
        let (status, problem) = refused(ada.posts(&path, &wrong).await).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{wrong}");
        assert!(problem["errors"][0]["field"].is_string(), "{problem}");
    }
}

async fn whoever_does_not_stream_waits_for_the_whole_answer(on: On) {
    let model = Upstream::start().await;
    let folio = Folio::with_model(on, &model).await;
    let ada = folio.ada().await;
    let made = ada.makes("/conversations", &json!({ "title": "", "model_tag": "scripted" })).await;
    let path = format!("/conversations/{}/messages", made["id"].as_str().expect("an id"));
    let answer = ada.posts(&path, &json!({ "content": "Now", "stream": false })).await;
    assert_eq!(
        (answer.status(), &answer.headers()["content-type"]),
        (StatusCode::OK, &"application/json".parse().expect("a header"))
    );
    let answer: Value = answer.json().await.expect("JSON");
    assert_eq!((&answer["content"], &answer["status"]), (&text("Now", 20).into(), &"complete".into()));
    assert_eq!((&answer["role"], &answer["token_count"]), (&"assistant".into(), &20.into()));
    assert_eq!(ada.reads(&path).await[1], answer);
    let id = answer["id"].as_str().expect("an id");
    let joined = ada.gets(&format!("{path}/{id}/stream")).await.text().await.expect("a stream");
    assert_eq!(told(&events(&joined)), text("Now", 20), "a finished answer can be joined, too");
}

async fn a_model_servers_fault_has_a_status(on: On) {
    let model = Upstream::start().await;
    let folio = Folio::with_model(on, &model).await;
    let ada = folio.ada().await;
    let made = ada.makes("/conversations", &json!({ "title": "", "model_tag": "scripted" })).await;
    let path = format!("/conversations/{}/messages", made["id"].as_str().expect("an id"));
    model.next(Behaviour::answers(3).then(Fault::DropMidChunk));
    let (status, _) = refused(ada.posts(&path, &json!({ "content": "One", "stream": false })).await).await;
    assert_eq!(status, StatusCode::BAD_GATEWAY);
    let messages = ada.reads(&path).await;
    assert_eq!((&messages[1]["status"], &messages[1]["content"]), (&"failed".into(), &text("One", 3).into()));
    model.next(Behaviour::answers(3).then(Fault::NotAChunk));
    let heard = ada.hears(&path, &json!({ "content": "Two" })).await;
    let fault = &heard[heard.len() - 2];
    assert!(fault["error"].is_string() && fault["status_code"] == 502, "{fault}");
    assert_eq!(heard.last(), Some(&json!({ "done": true, "status": "failed" })));
    model.refuse().await;
    let (status, _) = refused(ada.posts(&path, &json!({ "content": "Three", "stream": false })).await).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
}

async fn a_retried_question_lands_once(on: On) {
    let model = Upstream::start().await;
    let folio = Folio::with_model(on, &model).await;
    let ada = folio.ada().await;
    let made = ada.makes("/conversations", &json!({ "title": "", "model_tag": "scripted" })).await;
    let id = made["id"].as_str().expect("an id");
    let send = async |path: &str, key: &str| {
        let body = json!({ "content": "Once", "stream": false });
        let request = ada.request(Method::POST, &format!("/conversations/{id}/{path}")).json(&body);
        let answer = request.header("idempotency-key", key).send().await.expect("an answer");
        answer.json::<Value>().await.expect("JSON")
    };
    let (first, second) = tokio::join!(send("messages", "a"), send("messages", "a"));
    assert_eq!(first, second);
    assert_eq!((send("messages", "a").await, model.calls_for("Once")), (first, 1));
    let (first, second) = tokio::join!(send("regenerate", "b"), send("regenerate", "b"));
    assert_eq!((first, model.calls_for("Once")), (second, 2));
    assert_eq!(send("messages", "").await["status"], 400);
    assert_eq!(send("messages", &"k".repeat(201)).await["status"], 400);
}

async fn another_answer_takes_the_place_of_the_last(on: On) {
    let model = Upstream::start().await;
    let folio = Folio::with_model(on, &model).await;
    let ada = folio.ada().await;
    let made = ada.makes("/conversations", &json!({ "title": "", "model_tag": "scripted" })).await;
    let path = format!("/conversations/{}", made["id"].as_str().expect("an id"));
    let (status, _) = refused(ada.posts(&format!("{path}/regenerate"), &json!({})).await).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "there is no question yet");
    ada.hears(&format!("{path}/messages"), &json!({ "content": "Again" })).await;
    let before = ada.reads(&format!("{path}/messages")).await;
    model.next(Behaviour::answers(5));
    let answer = ada.request(Method::POST, &format!("{path}/regenerate")).send().await.expect("an answer");
    let heard = events(&answer.text().await.expect("a stream"));
    assert_eq!(told(&heard), text("Again", 5));
    let after = ada.reads(&format!("{path}/messages")).await;
    assert_eq!(after.as_array().map(Vec::len), Some(2));
    assert_eq!((&after[0], &after[1]["id"]), (&before[0], &heard[0]["message_id"]));
    assert_ne!(after[1]["id"], before[1]["id"]);
}

async fn what_is_out_of_bounds_is_refused(on: On) {
    let model = Upstream::start().await;
    let folio = Folio::with_model(on, &model).await;
    let ada = folio.ada().await;
    for query in
        ["limit=0", "limit=201", "limit=-1", "limit=ten", "offset=-1", "limit=1&limit=2", "limit=", "archived=perhaps"]
    {
        for path in ["/conversations", "/api/conversations"] {
            let (status, problem) = refused(ada.gets(&format!("{path}?{query}")).await).await;
            assert_eq!(status, StatusCode::BAD_REQUEST, "{query}");
            assert!(problem["errors"][0]["field"].is_string(), "{problem}");
        }
    }
    for body in [
        json!({}),
        json!({ "title": "Bees" }),
        json!({ "model_tag": "scripted" }),
        json!({ "title": 1, "model_tag": "scripted" }),
        json!({ "title": "x".repeat(201), "model_tag": "scripted" }),
        json!({ "title": "Bees", "model_tag": "m".repeat(201) }),
        json!(["Bees", "scripted"]),
    ] {
        let (status, _) = refused(ada.posts("/conversations", &body).await).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
    }
    let made = ada.makes("/conversations", &json!({ "title": "Bees", "model_tag": "scripted" })).await;
    let path = format!("/conversations/{}", made["id"].as_str().expect("an id"));
    for body in [json!({ "title": "" }), json!({ "title": "x".repeat(201) }), json!({ "archived": "yes" })] {
        let (status, _) = refused(ada.sends(Method::PATCH, &path, &body).await).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
    }
    for body in [
        json!({ "content": "" }),
        json!({ "content": " \n" }),
        json!({ "content": "x".repeat(32_001) }),
        json!({ "content": "Hot", "temperature": 2.01 }),
        json!({ "content": "Cold", "temperature": -0.01 }),
        json!({ "content": "Short", "max_tokens": 0 }),
        json!({ "content": "Short", "max_tokens": 1.5 }),
        json!({ "content": "Few", "top_k": -1 }),
    ] {
        let (status, problem) = refused(ada.posts(&format!("{path}/messages"), &body).await).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{problem}");
    }
    assert_eq!((model.calls().len(), ada.reads(&format!("{path}/messages")).await), (0, json!([])));
    let whole =
        json!({ "content": "é".repeat(32_000), "temperature": 2, "max_tokens": 1, "top_k": 0, "stream": false });
    assert_eq!(
        ada.posts(&format!("{path}/messages"), &whole).await.status(),
        StatusCode::OK,
        "the bounds themselves are within"
    );
    let huge = ada.request(Method::POST, "/conversations").header("content-type", "application/json");
    let huge = huge.body(vec![b' '; 2 * 1024 * 1024 + 1]).send().await.expect("an answer");
    let (status, _) = refused(huge).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    for malformed in ["x", "00000000-0000-0000-0000-00000000000g", "%00"] {
        let (status, _) = refused(ada.gets(&format!("/conversations/{malformed}")).await).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
    }
}

async fn archived_conversations_and_favourites_are_listed_apart(on: On) {
    let folio = Folio::start(on).await;
    let ada = folio.ada().await;
    let mut ids = Vec::new();
    for title in ["Ants", "Bees", "Wasps"] {
        let made = ada.makes("/api/conversations", &json!({ "title": title })).await;
        ids.push(made["id"].as_str().expect("an id").to_owned());
    }
    ada.sends(Method::PATCH, &format!("/api/conversations/{}", ids[0]), &json!({ "archived": true })).await;
    ada.sends(Method::PATCH, &format!("/api/conversations/{}", ids[1]), &json!({ "is_favorited": true })).await;
    let titles = async |query: &str| {
        let page = ada.reads(&format!("/api/conversations?{query}")).await;
        let items = page["items"].as_array().expect("a list");
        assert_eq!(page["total"], items.len(), "{page}");
        items.iter().map(|item| item["title"].as_str().expect("a title").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(titles("").await, ["Bees", "Wasps"]);
    assert_eq!(titles("archived=true").await, ["Ants"]);
    assert_eq!(titles("is_favorited=true").await, ["Bees"]);
    assert_eq!(titles("is_favorited=false").await, ["Wasps"]);
    assert_eq!(ada.reads(&format!("/conversations/{}", ids[0])).await["archived"], true, "it can still be opened");
}

async fn someone_elses_conversation_is_absent(on: On) {
    let model = Upstream::start().await;
    let folio = Folio::with_model(on, &model).await;
    let (ada, eve) = (folio.ada().await, folio.reader("eve").await);
    let made = ada.makes("/conversations", &json!({ "title": "Secret", "model_tag": "scripted" })).await;
    let id = made["id"].as_str().expect("an id");
    let heard = ada.hears(&format!("/conversations/{id}/messages"), &json!({ "content": "My secret" })).await;
    let answer = heard[0]["message_id"].as_str().expect("an id");
    for prefix in ["/conversations", "/api/conversations"] {
        let path = format!("{prefix}/{id}");
        let attempts = [
            eve.gets(&path).await,
            eve.gets(&format!("{path}/messages")).await,
            eve.sends(Method::PATCH, &path, &json!({ "title": "Mine" })).await,
            eve.sends(Method::PUT, &path, &json!({ "title": "Mine" })).await,
            eve.posts(&format!("{path}/messages"), &json!({ "content": "Hello" })).await,
            eve.posts(&format!("{path}/regenerate"), &json!({})).await,
            eve.gets(&format!("{path}/messages/{answer}/stream")).await,
            eve.posts(&format!("{path}/messages/{answer}/stop"), &json!({})).await,
            eve.request(Method::DELETE, &path).send().await.expect("an answer"),
        ];
        for attempt in attempts {
            assert_eq!(refused(attempt).await.0, StatusCode::NOT_FOUND);
        }
        assert_eq!(folio.visitor().gets(&path).await.status(), StatusCode::UNAUTHORIZED);
    }
    assert_eq!(ada.reads(&format!("/conversations/{id}")).await["title"], "Secret");
    let hers = eve.makes("/api/conversations", &json!({})).await;
    let elsewhere = format!("/api/conversations/{}/messages/{answer}/stream", hers["id"].as_str().expect("an id"));
    assert_eq!(ada.gets(&elsewhere).await.status(), StatusCode::NOT_FOUND, "the message is not in that conversation");
}

async fn an_absent_route_and_a_wrong_method_are_answered_in_json(on: On) {
    let folio = Folio::start(on).await;
    let ada = folio.ada().await;
    for path in ["/api/nothing", "/api/v1/nothing", "/chat/nothing", "/conversations/x/y/z", "/auth/nothing"] {
        assert_eq!(refused(ada.gets(path).await).await.0, StatusCode::NOT_FOUND, "{path}");
    }
    let answer = ada.sends(Method::PUT, "/conversations", &json!({})).await;
    assert!(answer.headers()["allow"].to_str().is_ok_and(|allow| allow.contains("POST")), "{:?}", answer.headers());
    assert_eq!(refused(answer).await.0, StatusCode::METHOD_NOT_ALLOWED);
    let document = folio.visitor().reads("/api/openapi.json").await;
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")), "{document}");
    let page = ada.gets("/nothing").await;
    assert_eq!(page.status(), StatusCode::NOT_FOUND);
    assert!(page.headers()["content-type"].to_str().is_ok_and(|kind| kind.starts_with("text/html")));
}
