//! The door for clients of OpenAI's API: models, completions, answers from books.

use crate::support::{Folio, On, Visitor, on_both_databases};
use folio_testbed::{Behaviour, Fault, MODEL, Page, Upstream};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

on_both_databases!(
    what_can_be_asked_is_listed,
    a_model_goes_on_with_a_chat_as_it_is_given,
    an_answer_is_told_as_openai_tells_it,
    books_answer_with_their_pages,
    where_nothing_is_found_nothing_is_cited,
    an_answer_ends_where_it_is_told_to,
    whatever_is_wrong_is_said_in_openais_words,
    faults_of_a_model_server_have_their_status,
    whoever_goes_ends_the_answer,
    answers_are_counted_and_not_kept,
    who_asks_too_often_is_told_when_to_come_again,
);

const BEES: &[u8] =
    b"# Bees\n\nBees tell each other where flowers are by dancing. The dance was first described by Karl von Frisch.\n";
const QUESTION: &str = "How do bees tell where flowers are?";
const CHAT: &str = "/v1/chat/completions";

fn asks(model: &str, question: &str) -> Value {
    json!({ "model": model, "messages": [{ "role": "user", "content": question }] })
}

/// The error in OpenAI's words, after a look at its shape.
pub async fn denied(answer: Response) -> (StatusCode, Value) {
    let status = answer.status();
    assert_eq!(answer.headers()["content-type"], "application/json");
    let body: Value = answer.json().await.expect("JSON");
    assert_eq!(body.as_object().map(serde_json::Map::len), Some(1), "{body}");
    let members: Vec<&String> = body["error"].as_object().expect("an error").keys().collect();
    assert_eq!(members, ["code", "message", "param", "type"]);
    (status, body["error"].clone())
}

async fn answered(answer: Response) -> Value {
    assert_eq!(answer.status(), StatusCode::OK);
    answer.json().await.expect("JSON")
}

/// The chunks of a stream, which must be nothing but `data:` lines with `[DONE]` at the end.
async fn chunks(answer: Response) -> Vec<Value> {
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    let text = answer.text().await.expect("a stream");
    let mut events: Vec<&str> =
        text.split("\n\n").filter(|event| !event.is_empty() && !event.starts_with(':')).collect();
    assert_eq!(events.pop(), Some("data: [DONE]"), "{text}");
    events
        .iter()
        .map(|event| serde_json::from_str(event.strip_prefix("data: ").expect("data")).expect("JSON"))
        .collect()
}

fn told(chunks: &[Value]) -> String {
    chunks.iter().filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str()).collect()
}

async fn what_can_be_asked_is_listed(on: On) {
    let model = Upstream::start().await;
    let folio = Folio::with_model(on, &model).await;
    let (ada, eve) = (folio.ada().await, folio.reader("eve").await);
    let book = ada.shelves("bees.md", BEES).await["id"].as_str().expect("an id").to_owned();
    ada.makes("/api/v1/topics", &json!({ "id": "bees", "title": "Bees", "bookIds": [book] })).await;
    let script = ada.with_personal_token(&["read"]).await;
    let list = script.reads("/v1/models").await;
    assert_eq!(list["object"], "list");
    let named = |list: &Value| -> Vec<String> {
        list["data"].as_array().expect("a list").iter().map(|one| one["id"].as_str().expect("an id").into()).collect()
    };
    let one = format!("library/{book}");
    let all = named(&list);
    for name in ["library", "topic/bees", one.as_str(), MODEL, "smollm2-135m-instruct", "all-minilm-l6-v2"] {
        assert!(all.iter().any(|known| known == name), "{name} is missing: {list}");
        for written in [name.to_owned(), name.replace('/', "%2F")] {
            let shown = script.reads(&format!("/v1/models/{written}")).await;
            assert_eq!(list["data"].as_array().and_then(|all| all.iter().find(|one| one["id"] == name)), Some(&shown));
        }
    }
    let shown = script.reads(&format!("/v1/models/{one}")).await;
    assert_eq!((&shown["object"], &shown["owned_by"]), (&json!("model"), &json!("folio")));
    assert_eq!(shown["description"], "Answers from “Bees”, with the pages.");
    assert!(shown["created"].as_i64().is_some_and(|seconds| seconds > 1_700_000_000), "{shown}");
    let hers = named(&eve.with_token().await.reads("/v1/models").await);
    assert!(!hers.contains(&one) && !hers.contains(&"topic/bees".to_owned()), "{hers:?}");
    for absent in [one.as_str(), "topic/bees", "library/x", "gpt-4", "a/b/c"] {
        let (status, error) = denied(eve.gets(&format!("/v1/models/{absent}")).await).await;
        assert_eq!((status, &error["code"]), (StatusCode::NOT_FOUND, &json!("model_not_found")), "{absent}");
        let (status, error) = denied(eve.posts(CHAT, &asks(absent, QUESTION)).await).await;
        assert_eq!((status, &error["param"]), (StatusCode::NOT_FOUND, &json!("model")), "{absent}");
    }
}

async fn a_model_goes_on_with_a_chat_as_it_is_given(on: On) {
    let model = Upstream::start().await;
    let folio = Folio::with_model(on, &model).await;
    let ada = folio.ada().await;
    model.usually(Behaviour::says("Fine, thank you [1]."));
    let body = json!({
        "model": MODEL,
        "messages": [
            { "role": "developer", "content": "Be brief." },
            { "role": "user", "content": [{ "type": "text", "text": "Hello, " }, { "type": "text", "text": "you." }] },
            { "role": "assistant", "content": "Hello." },
            { "role": "user", "content": "How are you?", "name": "ada" },
        ],
        "temperature": 0.3, "max_tokens": 7, "max_completion_tokens": 9, "top_p": 0.9, "user": "ada", "seed": 1,
        "tools": [], "response_format": { "type": "text" }, "n": 1, "logprobs": false,
    });
    for caller in [ada.with_token().await, ada.with_personal_token(&["write"]).await, ada] {
        let answer = answered(caller.posts(CHAT, &body).await).await;
        assert!(answer["id"].as_str().is_some_and(|id| id.starts_with("chatcmpl-")), "{answer}");
        assert!(answer["created"].is_u64() && answer["usage"]["total_tokens"].is_u64(), "{answer}");
        let choice = json!({
            "index": 0, "logprobs": null, "finish_reason": "stop",
            "message": { "role": "assistant", "content": "Fine, thank you [1].", "refusal": null, "annotations": [] },
        });
        assert_eq!((&answer["object"], &answer["choices"]), (&json!("chat.completion"), &json!([choice])));
        assert_eq!((&answer["model"], &answer["citations"]), (&json!(MODEL), &json!([])));
        let sent = model.calls().pop().expect("a call").body;
        let given = json!([
            { "role": "system", "content": "Be brief." }, { "role": "user", "content": "Hello, you." },
            { "role": "assistant", "content": "Hello." }, { "role": "user", "content": "How are you?" },
        ]);
        assert_eq!((&sent["messages"], &sent["max_tokens"]), (&given, &json!(9)));
        assert!((sent["temperature"].as_f64().expect("a number") - 0.3).abs() < 1e-6, "{sent}");
    }
}

async fn an_answer_is_told_as_openai_tells_it(on: On) {
    let model = Upstream::start().await;
    let folio = Folio::with_model(on, &model).await;
    let ada = folio.ada().await.with_token().await;
    model.usually(Behaviour::says("One two three."));
    let mut body = asks(MODEL, "Count");
    body["stream"] = json!(true);
    let heard = chunks(ada.posts(CHAT, &body).await).await;
    assert_eq!(heard[0]["choices"][0]["delta"], json!({ "role": "assistant", "content": "" }));
    assert_eq!(told(&heard), "One two three.");
    let last = heard.last().expect("an end");
    assert_eq!(
        last["choices"],
        json!([{ "index": 0, "delta": {}, "logprobs": null, "finish_reason": "stop" }]),
        "{last}"
    );
    for chunk in &heard {
        assert_eq!((&chunk["object"], &chunk["id"]), (&json!("chat.completion.chunk"), &heard[0]["id"]));
        assert!(chunk.get("usage").is_none(), "nobody asked for it: {chunk}");
    }
    body["stream_options"] = json!({ "include_usage": true });
    let heard = chunks(ada.posts(CHAT, &body).await).await;
    let (last, before) = heard.split_last().expect("chunks");
    assert_eq!(last["choices"], json!([]));
    assert!(last["usage"]["completion_tokens"].as_u64().is_some_and(|tokens| tokens > 0), "{last}");
    assert!(before.iter().all(|chunk| chunk.get("usage") == Some(&Value::Null)), "{before:?}");
}

async fn books_answer_with_their_pages(on: On) {
    let model = Upstream::start().await;
    let folio = Folio::with_model(on, &model).await;
    let ada = folio.ada().await;
    let book = ada.shelves("bees.md", BEES).await["id"].as_str().expect("an id").to_owned();
    ada.makes(
        "/api/v1/topics",
        &json!({ "id": "bees", "title": "Bees", "bookIds": [book], "instructions": "Say it in one sentence." }),
    )
    .await;
    model.usually(Behaviour::says("Bees tell each other where flowers are by dancing [1]. The moon is a cheese [2]."));
    let script = ada.with_personal_token(&["read", "write"]).await;
    for name in ["library".to_owned(), format!("library/{book}"), "topic/bees".to_owned()] {
        let mut body = asks(&name, QUESTION);
        let answer = answered(script.posts(CHAT, &body).await).await;
        let message = &answer["choices"][0]["message"];
        assert_eq!(message["content"], "Bees tell each other where flowers are by dancing. The moon is a cheese.");
        let cited = answer["citations"].as_array().expect("citations");
        assert_eq!(cited.len(), 1, "the moon is in no book: {answer}");
        assert_eq!(
            (&cited[0]["book_id"], &cited[0]["title"], &cited[0]["page"]),
            (&json!(book), &json!("Bees"), &json!(1))
        );
        assert_eq!(cited[0]["sentence"], json!({ "start": 0, "end": 50 }));
        assert!(cited[0]["quote"].as_str().is_some_and(|quote| quote.contains("by dancing")), "{answer}");
        let url = cited[0]["url"].as_str().expect("an address").to_owned();
        let annotation = json!([{ "type": "url_citation",
            "url_citation": { "start_index": 0, "end_index": 50, "title": "Bees, page 1", "url": url } }]);
        assert_eq!(message["annotations"], annotation);
        let path = url.strip_prefix(&folio.url).expect("an address of this Folio");
        let page = ada.gets(path).await;
        assert_eq!(page.status(), StatusCode::OK);
        assert!(page.text().await.expect("a page").contains("<mark"), "the quote is marked");
        body["stream"] = json!(true);
        let heard = chunks(script.posts(CHAT, &body).await).await;
        assert_eq!(told(&heard), message["content"].as_str().expect("text"));
        let last = heard.last().expect("an end");
        assert_eq!(
            (&last["citations"], &last["choices"][0]["delta"]["annotations"]),
            (&answer["citations"], &annotation)
        );
    }
    let prompt = model.calls().pop().expect("a call").body.to_string();
    assert!(prompt.contains("Say it in one sentence.") && prompt.contains("Karl von Frisch"), "{prompt}");
    let body = json!({ "model": "library", "messages": [
        { "role": "system", "content": "Speak like a pirate." }, { "role": "user", "content": "Hello" },
        { "role": "assistant", "content": "Ahoy." }, { "role": "user", "content": QUESTION },
    ] });
    answered(script.posts(CHAT, &body).await).await;
    let sent = model.calls().pop().expect("a call").body["messages"].clone();
    assert!(sent[0]["content"].as_str().is_some_and(|system| system.ends_with("Speak like a pirate.")), "{sent}");
    assert_eq!((&sent[2]["content"], sent.as_array().map(Vec::len)), (&json!("Ahoy."), Some(4)));
}

async fn where_nothing_is_found_nothing_is_cited(on: On) {
    let model = Upstream::start().await;
    let folio = Folio::with_model(on, &model).await;
    let ada = folio.ada().await;
    let (status, error) = denied(ada.posts(CHAT, &asks("library", QUESTION)).await).await;
    assert_eq!((status, &error["type"]), (StatusCode::SERVICE_UNAVAILABLE, &json!("server_error")));
    assert_eq!(error["message"], "No books are available as knowledge sources.");
    ada.shelves("bees.md", BEES).await;
    let mut body = asks("library", "How is a violin varnished in Cremona?");
    let answer = answered(ada.posts(CHAT, &body).await).await;
    let words = answer["choices"][0]["message"]["content"].as_str().expect("text");
    assert!(words.starts_with("I could not find relevant information"), "{words}");
    assert_eq!(answer["citations"], json!([]));
    body["stream"] = json!(true);
    let heard = chunks(ada.posts(CHAT, &body).await).await;
    assert_eq!((told(&heard).as_str(), &heard.last().expect("an end")["citations"]), (words, &json!([])));
    assert_eq!(model.calls().len(), 0, "no model was asked");
}

async fn an_answer_ends_where_it_is_told_to(on: On) {
    let model = Upstream::start().await;
    let folio = Folio::with_model(on, &model).await;
    let ada = folio.ada().await;
    model.usually(Behaviour::says("One. Two. Three. Four."));
    for (stop, words) in [(json!("Th"), "One. Two. "), (json!(["Four", "Two"]), "One. ")] {
        let mut body = asks(MODEL, "Count");
        body["stop"] = stop;
        let choice = answered(ada.posts(CHAT, &body).await).await["choices"][0].clone();
        assert_eq!((&choice["message"]["content"], &choice["finish_reason"]), (&json!(words), &json!("stop")));
    }
    model.usually(Behaviour::says("One. Two.").then(Fault::Cut));
    let choice = answered(ada.posts(CHAT, &asks(MODEL, "Count")).await).await["choices"][0].clone();
    assert_eq!((&choice["message"]["content"], &choice["finish_reason"]), (&json!("One. Two."), &json!("length")));
    let mut body = asks("smollm2-135m-instruct", "Tell me a long story about a lighthouse.");
    body["max_tokens"] = json!(3);
    let answer = answered(ada.posts(CHAT, &body).await).await;
    assert_eq!(answer["choices"][0]["finish_reason"], "length", "{answer}");
    assert!(answer["usage"]["completion_tokens"].as_u64().is_some_and(|tokens| tokens <= 4), "{answer}");
}

async fn whatever_is_wrong_is_said_in_openais_words(on: On) {
    let model = Upstream::start().await;
    let folio = Folio::with_model(on, &model).await;
    let ada = folio.ada().await;
    let is = async |answer: Response, status: StatusCode, code: Value| {
        let (said, error) = denied(answer).await;
        assert_eq!((said, &error["code"]), (status, &code), "{error}");
        error
    };
    let stranger = folio.visitor();
    for (caller, words) in [(&stranger, "Sign in first."), (&stranger.bearing("sk-1"), "This token is not valid")] {
        let answer = caller.posts(CHAT, &asks(MODEL, "Hi")).await;
        assert_eq!(answer.headers()["www-authenticate"], "Bearer");
        let error = is(answer, StatusCode::UNAUTHORIZED, json!("invalid_api_key")).await;
        assert!(error["message"].as_str().is_some_and(|said| said.starts_with(words)), "{error}");
    }
    let by_password = ada.with_password().gets("/v1/models").await;
    is(by_password, StatusCode::UNAUTHORIZED, json!("invalid_api_key")).await;
    let reader = ada.with_personal_token(&["read"]).await;
    is(reader.posts(CHAT, &asks(MODEL, "Hi")).await, StatusCode::FORBIDDEN, json!("insufficient_permissions")).await;
    let elsewhere = ada.request(Method::POST, CHAT).header("sec-fetch-site", "cross-site").json(&asks(MODEL, "Hi"));
    let elsewhere = elsewhere.send().await.expect("an answer");
    is(elsewhere, StatusCode::FORBIDDEN, json!("insufficient_permissions")).await;
    for path in ["/v1", "/v1/", "/v1/completions", "/v1/responses"] {
        is(ada.gets(path).await, StatusCode::NOT_FOUND, json!("unknown_url")).await;
        is(stranger.posts(path, &json!({})).await, StatusCode::NOT_FOUND, json!("unknown_url")).await;
    }
    let wrong = ada.gets(CHAT).await;
    assert_eq!(wrong.headers()["allow"], "POST");
    is(wrong, StatusCode::METHOD_NOT_ALLOWED, json!("method_not_allowed")).await;
    refuses_what_it_cannot_do(&ada).await;
    assert_eq!(model.calls().len(), 0, "nothing of it was asked");
}

async fn refuses_what_it_cannot_do(ada: &Visitor<'_>) {
    let picture = json!([{ "type": "image_url", "image_url": { "url": "data:image/png;base64,AAAA" } }]);
    for (changed, value, param) in [
        ("n", json!(2), "n"),
        ("tools", json!([{ "type": "function", "function": { "name": "f" } }]), "tools"),
        ("functions", json!([{ "name": "f" }]), "functions"),
        ("response_format", json!({ "type": "json_object" }), "response_format"),
        ("logprobs", json!(true), "logprobs"),
        ("logit_bias", json!({ "50256": -100 }), "logit_bias"),
        ("modalities", json!(["text", "audio"]), "modalities"),
        ("temperature", json!(2.5), "temperature"),
        ("max_tokens", json!(0), "max_tokens"),
        ("max_tokens", json!(-1), "max_tokens"),
        ("stop", json!(["a", "b", "c", "d", "e"]), "stop"),
        ("stop", json!(7), "stop"),
        ("stream", json!("yes"), "stream"),
        ("messages", json!([]), "messages"),
        ("messages", json!([{ "role": "user", "content": " " }]), "messages"),
        ("messages", json!([{ "role": "user" }]), "messages"),
        ("messages", json!([{ "role": "user", "content": picture }]), "messages"),
        ("messages", json!([{ "role": "tool", "content": "4", "tool_call_id": "x" }]), "messages"),
        ("messages", json!([{ "role": "robot", "content": "Beep" }]), "messages[0].role"),
        ("messages", json!([{ "role": "user", "content": 7 }]), "messages[0].content"),
        ("model", Value::Null, "model"),
    ] {
        let mut body = asks(MODEL, "Hi");
        body[changed] = value;
        let (status, error) = denied(ada.posts(CHAT, &body).await).await;
        assert_eq!((status, &error["param"]), (StatusCode::BAD_REQUEST, &json!(param)), "{body}: {error}");
        assert_eq!(error["type"], "invalid_request_error");
    }
    ada.shelves("bees.md", BEES).await;
    let ends_otherwise = json!({ "model": "library", "messages": [{ "role": "assistant", "content": "Hi" }] });
    let too_long = asks("library", &"long ".repeat(7000));
    for body in [ends_otherwise, too_long] {
        let (status, error) = denied(ada.posts(CHAT, &body).await).await;
        assert_eq!((status, &error["param"]), (StatusCode::BAD_REQUEST, &json!("messages")), "{error}");
    }
    let too_much = asks("smollm2-135m-instruct", &"long ".repeat(20_000));
    let (status, error) = denied(ada.posts(CHAT, &too_much).await).await;
    assert_eq!((status, &error["code"]), (StatusCode::BAD_REQUEST, &json!("context_length_exceeded")), "{error}");
}

async fn faults_of_a_model_server_have_their_status(on: On) {
    let model = Upstream::start().await;
    let folio = Folio::with_model(on, &model).await;
    let ada = folio.ada().await;
    let mut body = asks(MODEL, "Hi");
    for streamed in [false, true] {
        body["stream"] = json!(streamed);
        model.next(Behaviour::only(Fault::Status(500, Page::Json)));
        let (status, error) = denied(ada.posts(CHAT, &body).await).await;
        assert_eq!((status, &error["type"]), (StatusCode::BAD_GATEWAY, &json!("server_error")));
        assert!(error["message"].as_str().is_some_and(|said| said.contains("The scripted model refuses.")), "{error}");
    }
    model.usually(Behaviour::only(Fault::TooMany { retry_after: 1 }));
    let (status, error) = denied(ada.posts(CHAT, &body).await).await;
    assert_eq!((status, &error["code"]), (StatusCode::SERVICE_UNAVAILABLE, &json!("overloaded")), "{error}");
    model.usually(Behaviour::says("So far ").then(Fault::DropMidChunk));
    let heard = chunks(ada.posts(CHAT, &body).await).await;
    assert_eq!(told(&heard), "So far ");
    let error = &heard.last().expect("an end")["error"];
    assert_eq!((&error["type"], &error["param"]), (&json!("server_error"), &Value::Null));
    assert!(error["message"].as_str().is_some_and(|said| said.contains("broke off")), "{error}");
    body["stream"] = json!(false);
    assert_eq!(denied(ada.posts(CHAT, &body).await).await.0, StatusCode::BAD_GATEWAY);
}

async fn whoever_goes_ends_the_answer(on: On) {
    let model = Upstream::start().await;
    let folio = Folio::with_model(on, &model).await;
    let ada = folio.ada().await;
    model.usually(Behaviour::says("So far ").then(Fault::Silence));
    let mut body = asks(MODEL, "Hi");
    body["stream"] = json!(true);
    let mut answer = ada.posts(CHAT, &body).await;
    let mut heard = String::new();
    while !heard.contains("far") {
        heard.push_str(&String::from_utf8_lossy(&answer.chunk().await.expect("a stream").expect("it goes on")));
    }
    assert_eq!(model.open(), 1);
    drop(answer);
    model.left().await;
    body["stream"] = json!(false);
    let waiting = ada.request(Method::POST, CHAT).json(&body).send();
    tokio::select! {
        _ = waiting => panic!("the model says nothing"),
        () = model.called(2) => {}
    }
    model.left().await;
}

async fn answers_are_counted_and_not_kept(on: On) {
    let model = Upstream::start().await;
    let folio = Folio::with_model(on, &model).await;
    let (ada, eve) = (folio.ada().await, folio.reader("eve").await);
    model.usually(Behaviour::says("Fine, thank you."));
    for _ in 0..2 {
        answered(eve.posts(CHAT, &asks(MODEL, "A secret of Eve's")).await).await;
    }
    assert_eq!(eve.reads("/api/conversations").await["total"], 0);
    let used = ada.gets("/reports/usage.csv").await.text().await.expect("a table");
    let line = used.lines().find(|line| line.contains("eve@example.org")).expect("her line");
    assert!(line.contains(&format!("{MODEL},2,")), "{used}");
}

async fn who_asks_too_often_is_told_when_to_come_again(on: On) {
    let model = Upstream::start().await;
    let environment = vec![("OPENAI_BASE_URL", model.url()), ("RATE_LIMIT_QUESTIONS", "1".into())];
    let folio = Folio::start_with(on, environment).await;
    let script = folio.ada().await.with_personal_token(&["write"]).await;
    answered(script.posts(CHAT, &asks(MODEL, "Hi")).await).await;
    let answer = script.posts(CHAT, &asks(MODEL, "Hi again")).await;
    assert!(answer.headers().contains_key("retry-after"), "{answer:?}");
    let (status, error) = denied(answer).await;
    assert_eq!((status, &error["code"]), (StatusCode::TOO_MANY_REQUESTS, &json!("rate_limit_exceeded")));
    assert_eq!(error["type"], "rate_limit_error");
    assert_eq!(model.calls().len(), 1);
}
