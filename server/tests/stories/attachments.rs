//! Files on messages: uploaded, sent with questions, read by models, given back to nobody else.

use crate::support::{Folio, On, Visitor, on_both_databases, refused, told};
use folio_testbed::Upstream;
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

on_both_databases!(
    a_document_joins_the_question,
    a_long_document_is_cut_and_everyone_is_told,
    a_picture_goes_to_models_that_take_them,
    a_picture_is_refused_for_other_models_and_nothing_is_lost,
    a_reference_is_only_noted,
    what_is_sent_once_is_not_sent_again,
    an_edited_question_and_a_fork_keep_their_files,
    someone_elses_files_are_absent,
    hostile_files_are_refused_with_a_reason,
    there_is_a_bound_for_everything,
    what_is_deleted_is_gone_from_the_disk,
);

/// The smallest PNG: one pixel.
const PIXEL: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89\0\0\0\rIDATx\xdac\xfc\xcf\xc0P\x0f\0\x04\x85\x01\x80\x84\xa9\x8c!\0\0\0\0IEND\xaeB`\x82";

async fn attaches(who: &Visitor<'_>, name: &str, content: &[u8], message: Option<&str>) -> Response {
    let mut body = Vec::new();
    if let Some(id) = message {
        let field = format!("--cut\r\nContent-Disposition: form-data; name=\"message_id\"\r\n\r\n{id}\r\n");
        body.extend_from_slice(field.as_bytes());
    }
    let head = format!(
        "--cut\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: text/html\r\n\r\n"
    );
    body.extend_from_slice(head.as_bytes());
    body.extend_from_slice(content);
    body.extend_from_slice(b"\r\n--cut--\r\n");
    let request = who.request(Method::POST, "/chat/attachments");
    let request = request.header("content-type", "multipart/form-data; boundary=cut").body(body);
    request.send().await.expect("an answer")
}

async fn attached(who: &Visitor<'_>, name: &str, content: &[u8]) -> Value {
    let answer = attaches(who, name, content, None).await;
    assert_eq!(answer.status(), StatusCode::CREATED, "{}", answer.text().await.unwrap_or_default());
    answer.json().await.expect("JSON")
}

async fn conversation(who: &Visitor<'_>) -> String {
    let made = who.makes("/api/conversations", &json!({})).await;
    made["id"].as_str().expect("an id").to_owned()
}

fn id(value: &Value) -> &str {
    value["id"].as_str().expect("an id")
}

async fn a_document_joins_the_question(on: On) {
    let model = Upstream::start().await;
    let folio = Folio::with_model(on, &model).await;
    let ada = folio.ada().await;
    let content = b"The lighthouse was painted green in 1907.\n";
    let file = attached(&ada, "../../etc/notes.txt", content).await;
    assert_eq!((&file["file_path"], &file["file_type"]), (&json!("notes.txt"), &json!("text/plain")));
    assert_eq!((&file["kind"], &file["message_id"]), (&json!("document"), &Value::Null));

    let path = format!("/conversations/{}/messages", conversation(&ada).await);
    let ask = json!({ "content": "Which colour?", "attachments": [id(&file)] });
    assert!(!told(&ada.hears(&path, &ask).await).is_empty());
    let prompt = &model.calls()[0].prompt;
    let at = |text: &str| prompt.find(text).unwrap_or_else(|| panic!("no {text:?} in {prompt}"));
    assert!(at("Attached document “notes.txt”:") < at("painted green") && at("painted green") < at("Which colour?"));
    assert!(at(&format!("[end of document {}]", id(&file))) > at("painted green"));

    let messages = ada.reads(&path).await;
    assert_eq!(messages[0]["attachments"][0]["name"], "notes.txt", "{messages}");
    assert!(messages[1].get("attachments").is_none());
    let listed = ada.reads(&format!("/chat/messages/{}/attachments", id(&messages[0]))).await;
    assert_eq!(listed[0]["message_id"], messages[0]["id"]);

    let given = ada.gets(&format!("/chat/attachments/{}", id(&file))).await;
    assert_eq!(given.headers()["content-disposition"], "attachment; filename=\"notes.txt\"");
    assert_eq!(given.headers()["content-type"], "application/octet-stream");
    assert_eq!(given.headers()["x-content-type-options"], "nosniff");
    assert_eq!(given.headers()["content-security-policy"], "sandbox; default-src 'none'");
    assert_eq!(given.bytes().await.expect("bytes"), &content[..]);

    ada.hears(&path, &json!({ "content": "And when?" })).await;
    assert!(model.calls()[1].prompt.contains("1907"), "it is still there for what is asked next");
}

async fn a_long_document_is_cut_and_everyone_is_told(on: On) {
    let model = Upstream::start().await;
    let environment = vec![("OPENAI_BASE_URL", model.url()), ("MAX_TOKEN_BUDGET", "400".to_owned())];
    let folio = Folio::start_with(on, environment).await;
    let ada = folio.ada().await;
    let text = format!("It begins. {} It ends.", "The sea went on. ".repeat(200));
    let file = attached(&ada, "long.md", text.as_bytes()).await;
    assert_eq!(file["read_characters"], 1200);
    let path = format!("/conversations/{}/messages", conversation(&ada).await);
    ada.hears(&path, &json!({ "content": "How?", "attachments": [id(&file)] })).await;
    let prompt = &model.calls()[0].prompt;
    assert!(prompt.contains("It begins.") && !prompt.contains("It ends."), "{prompt}");
    assert!(prompt.contains("its first 1200 of") && prompt.contains("How?"), "{prompt}");
    let sent = ada.reads(&path).await[0]["attachments"][0].clone();
    assert!(sent["read_characters"].as_u64() < sent["characters"].as_u64(), "{sent}");
}

async fn a_picture_goes_to_models_that_take_them(on: On) {
    let model = Upstream::start().await;
    let environment = vec![("OPENAI_BASE_URL", model.url()), ("OPENAI_TAKES_IMAGES", "true".to_owned())];
    let folio = Folio::start_with(on, environment).await;
    let ada = folio.ada().await;
    let file = attached(&ada, "dot.txt", PIXEL).await;
    assert_eq!((&file["kind"], &file["file_type"]), (&json!("picture"), &json!("image/png")), "by its content");
    for form in ["picture", "thumbnail"] {
        let seen = ada.gets(&format!("/chat/attachments/{}/{form}", id(&file))).await;
        assert_eq!(seen.headers()["content-type"], "image/png");
        assert_eq!(seen.headers()["content-security-policy"], "sandbox; default-src 'none'");
        assert!(seen.bytes().await.expect("bytes").starts_with(b"\x89PNG"));
    }
    let path = format!("/conversations/{}/messages", conversation(&ada).await);
    ada.hears(&path, &json!({ "content": "What is it?", "attachments": [id(&file)] })).await;
    let content =
        model.calls()[0].body["messages"].as_array().expect("messages").last().expect("one")["content"].clone();
    assert_eq!((&content[0]["type"], &content[0]["text"]), (&json!("text"), &json!("What is it?")), "{content}");
    let url = content[1]["image_url"]["url"].as_str().expect("a picture");
    assert!(url.starts_with("data:image/png;base64,iVBOR"), "{url}");
}

async fn a_picture_is_refused_for_other_models_and_nothing_is_lost(on: On) {
    let model = Upstream::start().await;
    let folio = Folio::with_model(on, &model).await;
    let ada = folio.ada().await;
    let file = attached(&ada, "dot.png", PIXEL).await;
    let path = format!("/conversations/{}/messages", conversation(&ada).await);
    let ask = json!({ "content": "What is it?", "attachments": [id(&file)] });
    let (status, problem) = refused(ada.posts(&path, &ask).await).await;
    assert_eq!((status, &problem["errors"][0]["field"]), (StatusCode::BAD_REQUEST, &json!("attachments")));
    assert!(problem["detail"].as_str().is_some_and(|words| words.contains("takes no pictures")), "{problem}");
    assert_eq!(ada.reads(&path).await, json!([]), "nothing was asked");
    let kept = ada.gets(&format!("/chat/attachments/{}/thumbnail", id(&file))).await;
    assert_eq!(kept.status(), StatusCode::OK, "the picture can go elsewhere");
}

async fn a_reference_is_only_noted(on: On) {
    let folio = Folio::start(on).await;
    let ada = folio.ada().await;
    let record = json!({ "conversation_id": conversation(&ada).await, "role": "user", "content": "See the file" });
    let message = ada.makes("/chat/messages", &record).await;
    let body = json!({ "message_id": id(&message), "file_type": "image/png", "file_path": "/etc/passwd" });
    let noted = ada.makes("/chat/attachments", &body).await;
    assert_eq!((&noted["file_path"], &noted["message_id"]), (&json!("/etc/passwd"), &message["id"]));
    assert_eq!(ada.reads(&format!("/chat/attachments/{}", id(&noted))).await, noted, "a label, never opened");
    let file: Value =
        attaches(&ada, "more.txt", b"More text.", message["id"].as_str()).await.json().await.expect("JSON");
    let all = ada.reads(&format!("/chat/messages/{}/attachments", id(&message))).await;
    assert_eq!(all, json!([noted, file]));
    let nowhere = "00000000-0000-7000-8000-000000000000";
    let body = json!({ "message_id": nowhere, "file_type": "a", "file_path": "b" });
    assert_eq!(refused(ada.posts("/chat/attachments", &body).await).await.0, StatusCode::NOT_FOUND);
    assert_eq!(attaches(&ada, "a.txt", b"Text", Some(nowhere)).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(attaches(&ada, "a.txt", b"Text", Some("mine")).await.status(), StatusCode::BAD_REQUEST);
}

async fn what_is_sent_once_is_not_sent_again(on: On) {
    let model = Upstream::start().await;
    let folio = Folio::with_model(on, &model).await;
    let ada = folio.ada().await;
    let file = attached(&ada, "notes.txt", b"Some notes.").await;
    let path = format!("/conversations/{}/messages", conversation(&ada).await);
    let ask = json!({ "content": "What?", "attachments": [id(&file), id(&file)], "stream": false });
    let asks = async || ada.request(Method::POST, &path).header("idempotency-key", "once").json(&ask).send().await;
    let (first, again) = tokio::join!(asks(), asks());
    let (first, again) = (first.expect("an answer"), again.expect("an answer"));
    assert_eq!((first.status(), again.status()), (StatusCode::OK, StatusCode::OK), "the same question lands once");
    let messages = ada.reads(&path).await;
    assert_eq!(messages.as_array().map(Vec::len), Some(2));
    assert_eq!(messages[0]["attachments"].as_array().map(Vec::len), Some(1));
    let (status, problem) = refused(ada.posts(&path, &ask).await).await;
    assert_eq!((status, &problem["errors"][0]["field"]), (StatusCode::BAD_REQUEST, &json!("attachments")));
}

async fn an_edited_question_and_a_fork_keep_their_files(on: On) {
    let model = Upstream::start().await;
    let folio = Folio::with_model(on, &model).await;
    let ada = folio.ada().await;
    let file = attached(&ada, "notes.txt", b"The keeper was Marta.").await;
    let home = conversation(&ada).await;
    let path = format!("/conversations/{home}/messages");
    ada.hears(&path, &json!({ "content": "Who?", "attachments": [id(&file)] })).await;
    let question = ada.reads(&path).await[0].clone();
    let mut browser = folio.ada().await;
    let form = [("conversation", home.as_str()), ("content", "Who was it?"), ("instead_of", id(&question))];
    assert!(browser.submits("/ui/ask", &form).await.status().is_success());
    ada.gets(&format!("/api/conversations/{home}/messages/{}/stream", id(&ada.reads(&path).await[1])))
        .await
        .text()
        .await
        .expect("its end");
    assert!(model.calls()[1].prompt.contains("Marta"), "the other words have the same file");
    let how = format!("fork {}", id(&ada.reads(&path).await[1]));
    assert!(browser.submits("/ui/revise", &[("how", &how)]).await.status().is_success());
    assert_eq!(ada.deletes(&format!("/conversations/{home}")).await, StatusCode::NO_CONTENT);
    let fork = ada.reads("/conversations").await[0].clone();
    let sent = ada.reads(&format!("/conversations/{}/messages", id(&fork))).await[0]["attachments"][0].clone();
    let given = ada.gets(&format!("/chat/attachments/{}", id(&sent))).await;
    assert_eq!(given.text().await.expect("text"), "The keeper was Marta.", "a fork outlives what it came from");
}

async fn someone_elses_files_are_absent(on: On) {
    let model = Upstream::start().await;
    let folio = Folio::with_model(on, &model).await;
    let (ada, eve) = (folio.ada().await, folio.reader("eve").await);
    let file = attached(&ada, "diary.png", PIXEL).await;
    for form in ["", "/picture", "/thumbnail"] {
        let path = format!("/chat/attachments/{}{form}", id(&file));
        assert_eq!(eve.gets(&path).await.status(), StatusCode::NOT_FOUND);
        assert_eq!(ada.gets(&path).await.status(), StatusCode::OK);
    }
    assert_eq!(eve.deletes(&format!("/chat/attachments/{}", id(&file))).await, StatusCode::NOT_FOUND);
    let path = format!("/conversations/{}/messages", conversation(&eve).await);
    let (status, _) = refused(eve.posts(&path, &json!({ "content": "Mine?", "attachments": [id(&file)] })).await).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let record = json!({ "conversation_id": conversation(&ada).await, "role": "user", "content": "Mine" });
    let message = ada.makes("/chat/messages", &record).await;
    assert_eq!(attaches(&eve, "a.txt", b"Text", message["id"].as_str()).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(eve.gets(&format!("/chat/messages/{}/attachments", id(&message))).await.status(), StatusCode::NOT_FOUND);
}

async fn hostile_files_are_refused_with_a_reason(on: On) {
    let folio = Folio::start(on).await;
    let ada = folio.ada().await;
    // a PNG that promises 60,000 by 60,000 pixels
    let mut bomb = PIXEL.to_vec();
    bomb[16..24].copy_from_slice(b"\0\0\xea\x60\0\0\xea\x60");
    let checksum = crc32fast::hash(&bomb[12..29]);
    bomb[29..33].copy_from_slice(&checksum.to_be_bytes());
    let program = [b"\x7fELF\x02\x01\x01\0".as_slice(), &[0; 56]].concat();
    for (name, content, reason) in [
        ("tool.txt", &b"MZ\x90\0\x03\0\0\0"[..], "not plain text"),
        ("tool.png", b"MZ\x90\0\x03\0\0\0", "“tool.png” is not a kind of file"),
        ("tool", &program, "not a kind of file"),
        ("many.zip", b"PK\x03\x04\x14\0\0\0", "not a kind of file"),
        ("bytes.txt", b"\0\x01\x02\x03\0\x01\x02\x03", "not plain text"),
        ("bomb.png", &bomb, "more than 50 million pixels"),
        ("half.png", &PIXEL[..40], "damaged"),
        ("broken.pdf", b"%PDF-1.7 and then nothing", "damaged"),
        ("word.docx", b"PK\x03\x04\x14\0\0\0and then nothing", ""),
        ("empty.txt", b"", "is empty"),
        ("blank.txt", b"  \n ", "No text was found"),
    ] {
        let (status, problem) = refused(attaches(&ada, name, content, None).await).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{name}: {problem}");
        assert!(problem["detail"].as_str().is_some_and(|words| words.contains(reason)), "{name}: {problem}");
    }
    assert_eq!(folio.files("attachments"), Vec::<std::path::PathBuf>::new(), "nothing of them is kept");
    assert_eq!(folio.files("uploads"), Vec::<std::path::PathBuf>::new());
    attached(&ada, "good.txt", b"And it goes on.").await;
}

async fn there_is_a_bound_for_everything(on: On) {
    let model = Upstream::start().await;
    let environment = vec![
        ("OPENAI_BASE_URL", model.url()),
        ("MAX_ATTACHMENTS", "2".to_owned()),
        ("MAX_ATTACHMENT_MB", "1".to_owned()),
        ("ATTACHMENT_QUOTA_MB", "1".to_owned()),
    ];
    let folio = Folio::start_with(on, environment).await;
    let ada = folio.ada().await;
    let (status, problem) = refused(attaches(&ada, "big.txt", &vec![b'a'; 1_100_000], None).await).await;
    assert_eq!((status, &problem["detail"]), (StatusCode::PAYLOAD_TOO_LARGE, &json!("A file may have at most 1 MB.")));
    let mut files = Vec::new();
    for name in ["a.txt", "b.txt", "c.txt"] {
        files.push(attached(&ada, name, b"Text.").await);
    }
    let path = format!("/conversations/{}/messages", conversation(&ada).await);
    let ids: Vec<&str> = files.iter().map(id).collect();
    let (status, problem) = refused(ada.posts(&path, &json!({ "content": "All?", "attachments": ids })).await).await;
    assert_eq!((status, &problem["errors"][0]["field"]), (StatusCode::BAD_REQUEST, &json!("attachments")));

    // text counts twice: as it is and as it is read
    let text = "All of it counts. ".repeat(10_000);
    let many = futures::future::join_all((0..6).map(|_| attaches(&ada, "much.txt", text.as_bytes(), None))).await;
    let taken = many.iter().filter(|answer| answer.status() == StatusCode::CREATED).count();
    assert_eq!(taken, 2, "the quota holds for uploads at the same time");
    for answer in many.into_iter().filter(|answer| answer.status() != StatusCode::CREATED) {
        let (status, problem) = refused(answer).await;
        assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
        assert!(problem["detail"].as_str().is_some_and(|words| words.contains("1 MB in all")), "{problem}");
    }
}

async fn what_is_deleted_is_gone_from_the_disk(on: On) {
    let model = Upstream::start().await;
    let folio = Folio::with_model(on, &model).await;
    let ada = folio.ada().await;
    let (sent, unsent) = (attached(&ada, "sent.txt", b"Sent.").await, attached(&ada, "unsent.txt", b"Unsent.").await);
    let home = conversation(&ada).await;
    let path = format!("/conversations/{home}/messages");
    ada.hears(&path, &json!({ "content": "Go", "attachments": [id(&sent)] })).await;
    assert_eq!(folio.files("attachments").len(), 4, "two files and their texts");
    assert_eq!(ada.deletes(&format!("/chat/attachments/{}", id(&unsent))).await, StatusCode::NO_CONTENT);
    assert_eq!(folio.files("attachments").len(), 2);
    assert_eq!(ada.deletes(&format!("/conversations/{home}")).await, StatusCode::NO_CONTENT);
    assert_eq!(folio.files("attachments").len(), 0);
    assert_eq!(ada.gets(&format!("/chat/attachments/{}", id(&sent))).await.status(), StatusCode::NOT_FOUND);
}
