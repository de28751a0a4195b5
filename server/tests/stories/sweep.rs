//! Every route of the OpenAPI document, tried by everyone: what is somebody's is nobody else's.
//!
//! The routes and the bodies come from the document, so that a new route cannot be forgotten: one whose path names
//! something that this file does not know fails here until [`Things::named`] says what it is.

use crate::support::{Folio, On, Visitor, on_both_databases};
use folio_testbed::Upstream;
use reqwest::{Method, StatusCode};
use serde_json::{Map, Value, json};
use std::time::Duration;

on_both_databases!(what_is_somebodys_is_nobody_elses);

/// One route of the document.
struct Route<'a> {
    method: Method,
    path: &'a str,
    operation: &'a Value,
}

/// What a path names, and who may see it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    /// Its owner's alone, administrators not excepted.
    Owners,
    /// Its owner's and administrators'; absent for others.
    OwnersAndAdmins,
    /// An administrator's to deal with; others may not, 403.
    Admins,
}

/// What Olga has.
struct Things {
    conversation: String,
    answer: String,
    book: String,
    topic: String,
    token: String,
    sign_in: String,
    user: String,
    olga: String,
    provider: String,
    task: String,
    confirmation: String,
    model: String,
    attachment: String,
}

async fn what_is_somebodys_is_nobody_elses(on: On) {
    let model = Upstream::start().await;
    let folio = Folio::with_model(on, &model).await;
    let (ada, olga, eve) = (folio.ada().await, folio.reader("olga").await, folio.reader("eve").await);
    let document = folio.visitor().reads("/api/openapi.json").await;
    let things = Things::of(&olga, &folio).await;
    let before = things.seen_by(&olga).await;
    let mut faults = Vec::new();
    // whoever signs out everywhere could not go on
    let lasting = |route: &Route<'_>| route.method != Method::DELETE || route.path != "/api/account/sessions";
    for route in routes(&document).filter(lasting) {
        let body = route.operation.get("requestBody").map(|body| sample_body(body, &document));
        let (path, whose) = things.filled(&route);
        for (name, caller) in [("anonymous", &folio.visitor()), ("eve", &eve), ("ada", &ada)] {
            let (status, text) = tries(caller, &route, &path, body.as_ref()).await;
            let is_open = route.operation["security"] == json!([]);
            let is_right = match (name, whose) {
                ("anonymous", _) if !is_open => status == StatusCode::UNAUTHORIZED,
                (_, Some(Whose::Owners)) if !is_open => status == StatusCode::NOT_FOUND,
                ("eve", Some(Whose::OwnersAndAdmins)) => status == StatusCode::NOT_FOUND,
                ("eve", Some(Whose::Admins)) => status == StatusCode::FORBIDDEN,
                _ => !status.is_server_error() || documents(&route, status),
            };
            if !is_right || !documents(&route, status) {
                faults.push(format!("{name}: {} {path} answered {status}: {text}", route.method));
            }
            // an administrator's list of users names her, too
            if name == "eve" && things.are_in(&text) && whose.is_none() {
                faults.push(format!("{name}: {} {path} shows something of Olga's: {text}", route.method));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert_eq!(things.seen_by(&olga).await, before, "nobody changed anything, and the ids were right");
}

impl Things {
    async fn of(olga: &Visitor<'_>, folio: &Folio) -> Self {
        let book = olga.shelves("Olga.md", b"# Olga\n\nOlga keeps bees behind the lighthouse.\n").await;
        let id = |made: &Value, member: &str| made[member].as_str().expect("an id").to_owned();
        let conversation = olga.makes("/api/conversations", &json!({ "title": "Olga's" })).await;
        let path = format!("/api/conversations/{}/messages", id(&conversation, "id"));
        let answer: Value =
            olga.posts(&path, &json!({ "content": "Mine", "stream": false })).await.json().await.expect("JSON");
        let reference = json!({ "message_id": answer["id"], "file_type": "text/plain", "file_path": "olga.txt" });
        let attached = olga.makes("/chat/attachments", &reference).await;
        let topic = olga.makes("/api/v1/topics", &json!({ "title": "Olga's topic", "bookIds": [book["id"]] })).await;
        let says = async |message: String| -> Value {
            let answer = olga.posts("/api/assistant/messages", &json!({ "message": message })).await;
            answer.json().await.expect("JSON")
        };
        let asked = says(format!("delete conversation {}", id(&conversation, "id"))).await;
        let exported = says("export my conversations".into()).await;
        let token = olga.makes("/api/account/tokens", &json!({ "name": "Olga's", "scopes": ["read"] })).await;
        let sign_ins = olga.reads("/api/account/sessions").await;
        let provider = json!({ "name": "Olga's", "api_endpoint": "https://models.invalid/v1" });
        let provider = olga.makes("/chat/llm-providers", &provider).await;
        let config = json!({ "provider_id": provider["id"], "api_key": "sk-0123456789abcdef" });
        let config = olga.makes("/chat/user-llm-configs", &config).await;
        // accounts can be disabled and signed out, so this is another one
        let other = folio.reader("other").await.makes("/chat/conversations", &json!({ "title": "" })).await;
        Self {
            model: format!("library%2F{}", id(&book, "id")),
            conversation: id(&conversation, "id"),
            answer: id(&answer, "id"),
            book: id(&book, "id"),
            topic: id(&topic, "id"),
            token: id(&token, "id"),
            sign_in: id(&sign_ins["items"][0], "id"),
            user: id(&other, "user_id"),
            olga: id(&config, "user_id"),
            provider: id(&provider, "id"),
            task: id(&exported, "task_id"),
            confirmation: id(&asked, "confirmation_id"),
            attachment: id(&attached, "id"),
        }
    }

    /// What `parameter` of a path is.
    fn named(&self, path: &str, parameter: &str) -> (&str, Whose) {
        match (path, parameter) {
            (_, "model") => (&self.model, Whose::Owners),
            (_, "sessionId") => (&self.conversation, Whose::Owners),
            (path, "id") if path.contains("/conversations/") => (&self.conversation, Whose::Owners),
            (_, "confirmation_id") => (&self.confirmation, Whose::Owners),
            (path, "id") if path.starts_with("/api/tasks/") => (&self.task, Whose::OwnersAndAdmins),
            (path, "id") if path.starts_with("/chat/attachments/") => (&self.attachment, Whose::Owners),
            (path, "id") if path.starts_with("/chat/messages/") => (&self.answer, Whose::Owners),
            (_, "message_id") => (&self.answer, Whose::Owners),
            (path, "id") if path.starts_with("/api/v1/books/") => (&self.book, Whose::Owners),
            (_, "number") => ("1", Whose::Owners),
            (path, "id") if path.starts_with("/api/v1/topics/") => (&self.topic, Whose::Owners),
            (path, "id") if path.starts_with("/api/account/tokens/") => (&self.token, Whose::Owners),
            (path, "id") if path.starts_with("/api/account/sessions/") => (&self.sign_in, Whose::Owners),
            (path, "id") if path.starts_with("/chat/llm-providers/") => (&self.provider, Whose::OwnersAndAdmins),
            (_, "provider_id") => (&self.provider, Whose::OwnersAndAdmins),
            (path, "user_id") if path.starts_with("/chat/user-llm-configs/") => (&self.olga, Whose::OwnersAndAdmins),
            (path, "id") if path.starts_with("/api/users/") => (&self.user, Whose::Admins),
            _ => panic!("{path}: say in sweep.rs what {{{parameter}}} is"),
        }
    }

    /// The path with Olga's things in it, and whose they are.
    fn filled(&self, route: &Route<'_>) -> (String, Option<Whose>) {
        let mut whose = None;
        let parts = route.path.split('/').map(|part| {
            let Some(parameter) = part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) else { return part };
            let (value, owner) = self.named(route.path, parameter);
            whose = Some(owner);
            value
        });
        let path = parts.collect::<Vec<_>>().join("/");
        (path, whose)
    }

    fn are_in(&self, text: &str) -> bool {
        [&self.conversation, &self.answer, &self.book, &self.topic, &self.provider, &self.attachment]
            .iter()
            .any(|id| text.contains(id.as_str()))
    }

    async fn seen_by(&self, olga: &Visitor<'_>) -> [Value; 5] {
        [
            olga.reads(&format!("/api/conversations/{}", self.conversation)).await,
            olga.reads(&format!("/api/v1/chat/sessions/{}/messages", self.conversation)).await,
            olga.reads(&format!("/api/v1/books/{}", self.book)).await,
            olga.reads(&format!("/api/v1/topics/{}", self.topic)).await,
            olga.reads(&format!("/chat/messages/{}/attachments", self.answer)).await,
        ]
    }
}

fn routes(document: &Value) -> impl Iterator<Item = Route<'_>> {
    let paths = document["paths"].as_object().expect("paths").iter();
    paths.flat_map(|(path, item)| {
        let operations = item.as_object().expect("a path").iter();
        operations.map(|(method, operation)| {
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).expect("a method");
            Route { method, path, operation }
        })
    })
}

/// Whether the document says that a route can answer so.
fn documents(route: &Route<'_>, status: StatusCode) -> bool {
    route.operation["responses"].get(status.as_str()).is_some()
}

/// The status, and what is in the body where it is not endless.
async fn tries(caller: &Visitor<'_>, route: &Route<'_>, path: &str, body: Option<&Sample>) -> (StatusCode, String) {
    let request = caller.request(route.method.clone(), path);
    let request = match body {
        None => request,
        Some(Sample::Json(body)) => request.json(body),
        Some(Sample::Other(kind, body)) => request.header("content-type", kind).body(body.clone()),
    };
    let answer = request.send().await.expect("an answer");
    let status = answer.status();
    let text = tokio::time::timeout(Duration::from_secs(1), answer.text()).await;
    (status, text.ok().and_then(Result::ok).unwrap_or_default())
}

/// A body that a route understands.
enum Sample {
    Json(Value),
    Other(String, Vec<u8>),
}

fn sample_body(body: &Value, document: &Value) -> Sample {
    let contents = body["content"].as_object().expect("kinds of content");
    if let Some(json) = contents.get("application/json") {
        return Sample::Json(json.get("example").cloned().unwrap_or_else(|| sample(&json["schema"], document)));
    }
    let kind = contents.keys().next().expect("a kind of content");
    let form = b"--cut\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\nText\r\n--cut--\r\n";
    Sample::Other(format!("{kind}; boundary=cut"), form.to_vec())
}

/// The least that fits a schema.
fn sample(schema: &Value, document: &Value) -> Value {
    if let Some(to) = schema["$ref"].as_str() {
        let pointer = to.strip_prefix('#').expect("a reference within the document");
        return sample(document.pointer(pointer).expect("a schema"), document);
    }
    if let Some(example) = schema.get("example").or_else(|| schema["examples"].get(0)).or_else(|| schema["enum"].get(0))
    {
        return example.clone();
    }
    if let Some(parts) = schema["allOf"].as_array() {
        let parts = parts.iter().filter_map(|part| sample(part, document).as_object().cloned());
        return Value::Object(parts.flatten().collect());
    }
    for choice in ["oneOf", "anyOf"] {
        if let Some(choices) = schema[choice].as_array() {
            let first = choices.iter().find(|choice| choice["type"] != "null");
            return first.map_or(Value::Null, |first| sample(first, document));
        }
    }
    let kind = schema["type"].as_str().or_else(|| schema["type"][0].as_str());
    match kind {
        Some("object") => {
            let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let member = |name: &str| (name.to_owned(), sample(&schema["properties"][name], document));
            Value::Object(required.map(member).collect::<Map<_, _>>())
        }
        Some("array") => json!([]),
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or_else(|| json!(1)),
        Some("boolean") => json!(false),
        Some("string") if schema["format"] == "uuid" => json!("00000000-0000-7000-8000-000000000000"),
        Some("string") => json!("sample"),
        _ => Value::Null,
    }
}
