//! The sessions contract: a grounded chat over books, with topics beside it.

use crate::support::{Folio, On, events, on_both_databases, refused, shape, told};
use folio_testbed::{Behaviour, Fault, Upstream};
use reqwest::header::ACCEPT;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

on_both_databases!(
    a_student_asks_the_books,
    without_a_book_there_is_no_answer,
    whatever_the_books_do_not_say_has_no_sources,
    a_session_can_be_streamed,
    a_topic_restricts_the_search_and_joins_the_prompt,
    topics_are_changed_by_their_owner_or_a_librarian,
    an_absent_session_is_named_so,
    the_whole_history_goes_to_the_model,
    books_are_listed_in_pages_and_changed,
);

const HUNT: &[u8] =
    b"# Grading\n\nThe Hunt and Hess scale grades the severity of a subarachnoid haemorrhage from one to five.\n";
const BEES: &[u8] =
    b"# Bees\n\nBees tell each other where flowers are by dancing. The dance was first described by Karl von Frisch.\n";
const QUESTION: &str = "What does the Hunt and Hess scale grade?";

async fn a_student_asks_the_books(on: On) {
    let model = Upstream::start().await;
    let folio = Folio::with_model(on, &model).await;
    let ada = folio.ada().await;
    let book = ada.shelves("Principles_of_Neurosurgery.md", HUNT).await;
    let made = ada.makes("/api/v1/chat/sessions", &json!({})).await;
    assert_eq!(made["topicId"], Value::Null);
    insta::assert_json_snapshot!("session", shape(&made));
    let session = format!("/api/v1/chat/sessions/{}", made["sessionId"].as_str().expect("an id"));
    let answer = ada.posts(&format!("{session}/messages"), &json!({ "content": QUESTION })).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let answer: Value = answer.json().await.expect("JSON");
    assert_eq!((&answer["role"], &answer["sources"][0]["page"]), (&"ASSISTANT".into(), &1.into()));
    assert_eq!(answer["sources"][0]["bookTitle"], book["title"]);
    assert_eq!(answer["sources"][0]["bookId"], book["id"]);
    let messages = ada.reads(&format!("{session}/messages")).await;
    assert_eq!((&messages[0]["role"], &messages[0]["content"]), (&"USER".into(), &QUESTION.into()));
    assert!(messages[0].get("sources").is_none(), "a question has none: {messages}");
    assert_eq!(messages[1], answer);
    let mut seen = shape(&messages);
    for volatile in ["content", "sources"] {
        seen[1][volatile].take();
    }
    insta::assert_json_snapshot!("session-messages", seen);
    assert_eq!(ada.deletes(&session).await, StatusCode::NO_CONTENT);
    let (status, problem) = refused(ada.gets(&format!("{session}/messages")).await).await;
    assert_eq!((status, &problem["error"]), (StatusCode::NOT_FOUND, &"Session not found.".into()));
    assert_eq!(ada.deletes(&session).await, StatusCode::NOT_FOUND);
}

async fn without_a_book_there_is_no_answer(on: On) {
    let model = Upstream::start().await;
    let folio = Folio::with_model(on, &model).await;
    let (ada, eve) = (folio.ada().await, folio.reader("eve").await);
    ada.shelves("private.md", HUNT).await;
    let answer = eve.request(Method::POST, "/api/v1/chat/sessions").send().await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::CREATED, "an empty body is enough");
    let made: Value = answer.json().await.expect("JSON");
    let path = format!("/api/v1/chat/sessions/{}/messages", made["sessionId"].as_str().expect("an id"));
    let (status, problem) = refused(eve.posts(&path, &json!({ "content": QUESTION })).await).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(problem["error"], "No books are available as knowledge sources.");
    assert_eq!(eve.reads(&path).await, json!([]), "nothing was kept of it");
    let (status, _) = refused(eve.posts(&path, &json!({ "content": "" })).await).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(model.calls().len(), 0);
}

async fn whatever_the_books_do_not_say_has_no_sources(on: On) {
    let model = Upstream::start().await;
    let folio = Folio::with_model(on, &model).await;
    let ada = folio.ada().await;
    ada.shelves("bees.md", BEES).await;
    let made = ada.makes("/api/v1/chat/sessions", &json!({})).await;
    let path = format!("/api/v1/chat/sessions/{}/messages", made["sessionId"].as_str().expect("an id"));
    let answer = ada.posts(&path, &json!({ "content": "How is a violin varnished in Cremona?" })).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let answer: Value = answer.json().await.expect("JSON");
    assert_eq!(answer["sources"], json!([]));
    let words = answer["content"].as_str().expect("words");
    assert!(words.starts_with("I could not find relevant information"), "{words}");
    assert_eq!(model.calls().len(), 0, "no model was asked");
    ada.shelves("grading.md", HUNT).await;
    model.next(Behaviour::only(Fault::Status(500, folio_testbed::Page::Json)));
    let (status, _) = refused(ada.posts(&path, &json!({ "content": QUESTION })).await).await;
    assert_eq!(status, StatusCode::BAD_GATEWAY);
}

async fn a_session_can_be_streamed(on: On) {
    let model = Upstream::start().await;
    let folio = Folio::with_model(on, &model).await;
    let ada = folio.ada().await;
    ada.shelves("grading.md", HUNT).await;
    let made = ada.makes("/api/v1/chat/sessions", &json!({})).await;
    let path = format!("/api/v1/chat/sessions/{}/messages", made["sessionId"].as_str().expect("an id"));
    let request = ada.request(Method::POST, &path).json(&json!({ "content": QUESTION }));
    let answer = request.header(ACCEPT, "text/event-stream").send().await.expect("an answer");
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    let heard = events(&answer.text().await.expect("a stream"));
    assert!(heard[0]["messageId"].is_string(), "{heard:?}");
    assert_eq!(heard[1]["sources"][0]["bookTitle"], "Grading", "a book tells its own title");
    assert_eq!(heard.last(), Some(&json!({ "done": true, "status": "complete" })));
    let messages = ada.reads(&path).await;
    assert_eq!(messages[1]["content"], told(&heard));
}

async fn a_topic_restricts_the_search_and_joins_the_prompt(on: On) {
    let model = Upstream::start().await;
    let folio = Folio::with_model(on, &model).await;
    let ada = folio.ada().await;
    let (hunt, bees) = (ada.shelves("grading.md", HUNT).await, ada.shelves("bees.md", BEES).await);
    let topic = json!({
        "title": "Bee-keeping", "description": "All about bees.", "instructions": "Answer like a bee-keeper.",
        "bookIds": [bees["id"]],
    });
    let topic = ada.makes("/api/v1/topics", &topic).await;
    assert_eq!(topic["id"], "bee-keeping");
    insta::assert_json_snapshot!("topic", shape(&topic));
    let made = ada.makes("/api/v1/chat/sessions", &json!({ "topicId": "bee-keeping" })).await;
    assert_eq!(made["topicId"], "bee-keeping");
    let path = format!("/api/v1/chat/sessions/{}/messages", made["sessionId"].as_str().expect("an id"));
    let answer: Value = ada.posts(&path, &json!({ "content": QUESTION })).await.json().await.expect("JSON");
    assert_eq!(answer["sources"], json!([]), "the other book is not asked");
    let dance = json!({ "content": "How do bees tell where flowers are?" });
    let answer: Value = ada.posts(&path, &dance).await.json().await.expect("JSON");
    assert_eq!(answer["sources"][0]["bookId"], bees["id"]);
    let prompt = model.calls().pop().expect("a call").body.to_string();
    assert!(prompt.contains("Answer like a bee-keeper."), "{prompt}");
    let id = made["sessionId"].as_str().expect("an id");
    let heard = ada.hears(&format!("/conversations/{id}/messages"), &json!({ "content": QUESTION })).await;
    assert!(heard.iter().all(|event| event["sources"].is_null()), "the topic holds on every face: {heard:?}");
    let (status, problem) = refused(ada.posts("/api/v1/chat/sessions", &json!({ "topicId": "wasps" })).await).await;
    assert_eq!((status, &problem["errors"][0]["field"]), (StatusCode::BAD_REQUEST, &"topicId".into()));
    assert_eq!(
        ada.reads(&format!("/api/v1/books/{}", bees["id"].as_str().expect("an id"))).await["topicIds"],
        json!(["bee-keeping"])
    );
    let both = json!({ "bookIds": [bees["id"], hunt["id"]] });
    ada.sends(Method::PATCH, "/api/v1/topics/bee-keeping", &both).await;
    let answer: Value = ada.posts(&path, &json!({ "content": QUESTION })).await.json().await.expect("JSON");
    assert_eq!(answer["sources"][0]["bookId"], hunt["id"]);
    assert_eq!(ada.deletes("/api/v1/topics/bee-keeping").await, StatusCode::NO_CONTENT);
    assert_eq!(ada.reads(&format!("/conversations/{id}")).await["topic_id"], Value::Null);
}

async fn topics_are_changed_by_their_owner_or_a_librarian(on: On) {
    let folio = Folio::start(on).await;
    let (ada, eve, bob) = (folio.ada().await, folio.reader("eve").await, folio.reader("bob").await);
    let shared = ada.makes("/api/v1/topics", &json!({ "id": "ants", "title": "Ants", "shared": true })).await;
    eve.makes("/api/v1/topics", &json!({ "title": "Eve's own" })).await;
    assert_eq!(eve.reads("/api/v1/topics/ants").await, shared);
    assert_eq!(eve.reads("/api/v1/topics").await["total"], 2);
    assert_eq!(bob.reads("/api/v1/topics").await["items"], json!([shared]));
    assert_eq!(refused(bob.gets("/api/v1/topics/eve-s-own").await).await.0, StatusCode::NOT_FOUND);
    let title = json!({ "title": "Termites" });
    let path = "/api/v1/topics/ants";
    assert_eq!(refused(eve.sends(Method::PATCH, path, &title).await).await.0, StatusCode::FORBIDDEN);
    assert_eq!(eve.deletes(path).await, StatusCode::FORBIDDEN);
    assert_eq!(eve.sends(Method::PATCH, "/api/v1/topics/eve-s-own", &title).await.status(), StatusCode::OK);
    let (status, _) = refused(eve.posts("/api/v1/topics", &json!({ "title": "x", "shared": true })).await).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert_eq!(
        refused(ada.posts("/api/v1/topics", &json!({ "id": "ants", "title": "x" })).await).await.0,
        StatusCode::CONFLICT
    );
    for body in [
        json!({}),
        json!({ "title": "" }),
        json!({ "title": "x".repeat(201) }),
        json!({ "title": "x", "id": "Not a slug" }),
        json!({ "title": "x", "bookIds": ["x"] }),
        json!({ "title": "x", "bookIds": ["00000000-0000-7000-8000-000000000000"] }),
    ] {
        assert_eq!(refused(ada.posts("/api/v1/topics", &body).await).await.0, StatusCode::BAD_REQUEST, "{body}");
    }
    for absent in ["nothing", "%00", "A"] {
        assert_eq!(ada.gets(&format!("/api/v1/topics/{absent}")).await.status(), StatusCode::NOT_FOUND);
    }
    assert_eq!(eve.deletes("/api/v1/topics/eve-s-own").await, StatusCode::NO_CONTENT);
}

async fn an_absent_session_is_named_so(on: On) {
    let folio = Folio::start(on).await;
    let (ada, eve) = (folio.ada().await, folio.reader("eve").await);
    let made = ada.makes("/api/v1/chat/sessions", &json!({})).await;
    for id in ["00000000-0000-7000-8000-000000000000", "x", made["sessionId"].as_str().expect("an id")] {
        let path = format!("/api/v1/chat/sessions/{id}");
        for attempt in [
            eve.gets(&format!("{path}/messages")).await,
            eve.posts(&format!("{path}/messages"), &json!({ "content": "Hello" })).await,
            eve.request(Method::DELETE, &path).send().await.expect("an answer"),
        ] {
            let (status, problem) = refused(attempt).await;
            assert_eq!((status, &problem["error"]), (StatusCode::NOT_FOUND, &"Session not found.".into()), "{id}");
        }
    }
}

async fn the_whole_history_goes_to_the_model(on: On) {
    let model = Upstream::start().await;
    let environment = vec![("OPENAI_BASE_URL", model.url()), ("MAX_CONVERSATION_HISTORY", "3".to_owned())];
    let folio = Folio::start_with(on, environment).await;
    let ada = folio.ada().await;
    ada.shelves("grading.md", HUNT).await;
    let made = ada.makes("/api/v1/chat/sessions", &json!({})).await;
    let path = format!("/api/v1/chat/sessions/{}/messages", made["sessionId"].as_str().expect("an id"));
    for _ in 0..4 {
        let answer = ada.posts(&path, &json!({ "content": QUESTION })).await;
        assert_eq!(answer.status(), StatusCode::OK);
    }
    let turns = |call: &folio_testbed::Call| call.body["messages"].as_array().map_or(0, Vec::len);
    // the prompt of the system, three questions with their answers, and the fourth; summaries are asked for besides
    let longest = model.calls().iter().map(turns).max();
    assert_eq!(longest, Some(8));
    assert_eq!(ada.reads(&path).await.as_array().map(Vec::len), Some(8));
}

async fn books_are_listed_in_pages_and_changed(on: On) {
    let folio = Folio::start(on).await;
    let (ada, eve) = (folio.ada().await, folio.reader("eve").await);
    let mut ids = Vec::new();
    for name in ["one.md", "two.md", "three.md"] {
        ids.push(ada.shelves(name, BEES).await["id"].as_str().expect("an id").to_owned());
    }
    let names = |page: &Value| {
        let items = page["items"].as_array().expect("a list").iter();
        items.map(|book| book["fileName"].as_str().expect("a name").to_owned()).collect::<Vec<_>>()
    };
    let page = ada.reads("/api/v1/books?page=1&pageSize=2").await;
    assert_eq!(names(&page), ["three.md", "two.md"], "newest first");
    assert_eq!((&page["total"], &page["page"]), (&3.into(), &1.into()));
    assert_eq!((&page["pageSize"], &page["hasNext"]), (&2.into(), &true.into()));
    let last = ada.reads("/api/v1/books?page=2&pageSize=2").await;
    assert_eq!((names(&last), &last["hasNext"]), (vec!["one.md".to_owned()], &false.into()));
    insta::assert_json_snapshot!("books", shape(&last));
    for query in ["page=0", "pageSize=0", "pageSize=201", "page=x", "page=-1"] {
        assert_eq!(
            refused(ada.gets(&format!("/api/v1/books?{query}")).await).await.0,
            StatusCode::BAD_REQUEST,
            "{query}"
        );
    }
    ada.makes("/api/v1/topics", &json!({ "id": "bees", "title": "Bees", "shared": true })).await;
    let path = format!("/api/v1/books/{}", ids[0]);
    assert_eq!(
        refused(eve.sends(Method::PATCH, &path, &json!({ "title": "Mine" })).await).await.0,
        StatusCode::NOT_FOUND
    );
    let change = json!({ "title": "On Bees", "author": "Karl von Frisch", "shared": true, "topicIds": ["bees"] });
    let changed: Value = ada.sends(Method::PATCH, &path, &change).await.json().await.expect("JSON");
    for (member, value) in change.as_object().expect("members") {
        assert_eq!(changed[member], *value);
    }
    assert_eq!(eve.reads(&path).await["topicIds"], json!(["bees"]), "everyone sees it now");
    assert_eq!(
        refused(eve.sends(Method::PATCH, &path, &json!({ "title": "Mine" })).await).await.0,
        StatusCode::FORBIDDEN
    );
    for body in [
        json!({ "title": "" }),
        json!({ "author": "x".repeat(256) }),
        json!({ "topicIds": ["wasps"] }),
        json!({ "shared": 1 }),
    ] {
        assert_eq!(refused(ada.sends(Method::PATCH, &path, &body).await).await.0, StatusCode::BAD_REQUEST, "{body}");
    }
    let own = eve.shelves("eves.md", BEES).await;
    let path = format!("/api/v1/books/{}", own["id"].as_str().expect("an id"));
    assert_eq!(
        refused(eve.sends(Method::PATCH, &path, &json!({ "shared": true })).await).await.0,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        refused(eve.sends(Method::PATCH, &path, &json!({ "topicIds": ["bees"] })).await).await.0,
        StatusCode::FORBIDDEN
    );
}
