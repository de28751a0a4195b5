//! What is secret is shown nowhere: every page and every list is read, the log says all it can, a dump is made, and the files
//! are read byte by byte.

use folio_testbed::{Asking, Client, Folio, Launch, Upstream};
use reqwest::Method;
use serde_json::{Value, json};

const KEY: &str = "sk-canary-of-a-person-4836";
/// What only a browser shows, besides the addresses of the OpenAPI document.
const PAGES: [&str; 10] = [
    "/",
    "/library",
    "/act",
    "/tasks",
    "/activity",
    "/reports",
    "/settings/account",
    "/settings/models",
    "/admin/users",
    "/admin/tools",
];

/// Somebody who writes down all that is said.
struct Reader<'a> {
    folio: &'a Folio,
    ada: &'a Client,
    http: reqwest::Client,
    said: String,
}

impl<'a> Reader<'a> {
    fn new(folio: &'a Folio, ada: &'a Client) -> Self {
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        Self { folio, ada, http, said: String::new() }
    }

    async fn calls(&mut self, method: Method, path: &str, body: Value) -> String {
        let request = self.http.request(method, format!("{}{path}", self.folio.url()));
        let answer = request.header("cookie", self.ada.cookie()).json(&body).send().await.expect("an answer");
        let body = answer.text().await.expect("a body");
        self.said.push_str(&body);
        body
    }

    async fn makes(&mut self, path: &str, body: Value) -> Value {
        serde_json::from_str(&self.calls(Method::POST, path, body).await).expect("JSON")
    }

    /// All that can be read without naming anything, event streams excepted, which have no end.
    async fn reads_everything(&mut self) {
        let document = self.calls(Method::GET, "/api/openapi.json", Value::Null).await;
        let document: Value = serde_json::from_str(&document).expect("JSON");
        let paths = document["paths"].as_object().expect("paths").iter();
        let plain =
            paths.filter(|(path, item)| item["get"].is_object() && !path.contains('{') && !path.ends_with("events"));
        let plain: Vec<String> = plain.map(|(path, _)| path.clone()).collect();
        assert!(plain.len() > 10, "the document lists what there is: {plain:?}");
        for path in plain.iter().map(String::as_str).chain(PAGES) {
            self.calls(Method::GET, path, Value::Null).await;
        }
    }
}

#[tokio::test]
async fn a_secret_is_in_no_response_page_log_dump_or_file() {
    let upstream = Upstream::start().await;
    let launch = Launch::with(&upstream.url())
        .set("PROVIDER_ALLOW_PRIVATE", "127.0.0.1")
        .set("OPENAI_API_KEY", "sk-canary-of-the-environment")
        .set("INTERNAL_API_KEY", "canary-between-services")
        .set("BASIC_AUTH_USER", "shared")
        .set("BASIC_AUTH_PASSWORD", "canary-that-is-shared")
        .set("METRICS_TOKEN", "canary-for-prometheus")
        .set("ADMIN_PASSWORD", "canary of the administrator")
        .set("SECRET_KEY", "canary-secret-key-of-at-least-32-characters")
        .set("LOG_LEVEL", "TRACE");
    let folio = Folio::start(launch).await;
    let ada = Client::sign_in(&folio.url(), "ada@example.org", "canary of the administrator").await.expect("ada");
    let mut reader = Reader::new(&folio, &ada);
    let hall = json!({ "name": "Hall", "api_endpoint": upstream.url(), "api_key": KEY });
    let hall = reader.makes("/chat/llm-providers", hall).await["id"].as_str().expect("an id").to_owned();
    let mine = reader.makes("/chat/user-llm-configs", json!({ "provider_id": hall, "api_key": KEY })).await;
    assert!(mine.to_string().contains("sk-…4836"), "{mine}");
    let tools = [("name", "Tools"), ("url", upstream.url().as_str()), ("token", KEY)].map(|(k, v)| format!("{k}={v}"));
    let form = reader.http.post(format!("{}/admin/tools/add", folio.url())).header("cookie", ada.cookie());
    let form = form.header("content-type", "application/x-www-form-urlencoded").body(tools.join("&"));
    reader.said.push_str(&form.send().await.expect("an answer").text().await.expect("a body"));
    // a token is told once, to whoever makes it
    let token = json!({ "name": "script", "scopes": ["read"] });
    let token = Reader::new(&folio, &ada).makes("/api/account/tokens", token).await["token"].clone();
    let token = token.as_str().expect("a token").to_owned();
    let bearing = reader.http.get(format!("{}/api/account", folio.url())).bearer_auth(&token);
    reader.said.push_str(&bearing.send().await.expect("an answer").text().await.expect("a body"));
    let test = format!("/chat/llm-providers/{hall}/test");
    for question in ["Hello?", "Anyone?"] {
        let asked = ada.ask(&Asking::new(question)).await.expect("asked");
        ada.follow(&asked).await.expect("an end");
        reader.calls(Method::POST, &test, json!({})).await;
        reader.reads_everything().await;
        upstream.refuse().await;
    }
    let wrong = json!({ "name": "", "api_endpoint": "x", "api_key": KEY });
    reader.calls(Method::POST, "/chat/llm-providers", wrong).await;
    let wrong = json!({ "email": "ada@example.org", "password": "canary of somebody else" });
    reader.calls(Method::POST, "/auth/token", wrong).await;
    reader.said.push_str(&folio.runs(&["audit", "verify"]).await);
    let dump = folio.folder().join("dump");
    folio.runs(&["backup", dump.to_str().expect("UTF-8")]).await;
    let said = reader.said;
    assert!(said.contains("Hall"), "something was read");
    let log = folio.log();
    assert!(log.contains("cannot be reached"), "{log}");
    for secret in ["canary", token.as_str()] {
        let around = said.find(secret).map(|at| said[..at + secret.len()].chars().rev().take(400).collect::<String>());
        assert!(around.is_none(), "{}", around.unwrap_or_default().chars().rev().collect::<String>());
        assert!(!log.contains(secret), "{}", log.lines().find(|line| line.contains(secret)).unwrap_or_default());
        for file in folio.files() {
            let bytes = std::fs::read(&file).expect("a file");
            let holds = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!holds, "{} holds a secret", file.display());
        }
    }
}
