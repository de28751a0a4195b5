//! A running folio of a test's own.

use folio_testbed::{Postgres, Upstream};
use reqwest::header::{AUTHORIZATION, COOKIE, HeaderName, SET_COOKIE};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::Value;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

pub const PASSWORD: &str = "correct horse battery";
pub const METRICS_TOKEN: &str = "a token for Prometheus";
/// More in a minute than any test does.
const PLENTY: &str = "1000000000";

#[derive(Clone, Copy)]
pub enum On {
    Sqlite,
    Postgres,
}

pub struct Folio {
    pub url: String,
    data: TempDir,
    postgres: Option<Postgres>,
    port: u16,
    environment: Vec<(&'static str, String)>,
    process: Child,
}

/// Somebody with a browser's cookie, or a program with an `Authorization` header.
pub struct Visitor<'a> {
    folio: &'a Folio,
    http: Client,
    email: String,
    credential: Option<(HeaderName, String)>,
}

impl Folio {
    pub async fn start(on: On) -> Self {
        Self::start_with(on, Vec::new()).await
    }

    /// With a model server that does what the test wants.
    pub async fn with_model(on: On, model: &Upstream) -> Self {
        Self::start_with(on, vec![("OPENAI_BASE_URL", model.url())]).await
    }

    /// With more variables of the environment.
    pub async fn start_with(on: On, environment: Vec<(&'static str, String)>) -> Self {
        let data = TempDir::new().expect("a folder");
        let postgres = matches!(on, On::Postgres).then(Postgres::start);
        let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port").port();
        let process = spawn(data.path(), postgres.as_ref(), port, &environment);
        let folio = Self { url: format!("http://127.0.0.1:{port}"), data, postgres, port, environment, process };
        folio.ready().await;
        folio
    }

    /// `kill -9`, and a new process on the same data.
    pub async fn crash_and_start(&mut self) {
        self.process.kill().expect("it is running");
        self.process.wait().expect("it ends");
        self.process = spawn(self.data.path(), self.postgres.as_ref(), self.port, &self.environment);
        self.ready().await;
    }

    pub fn visitor(&self) -> Visitor<'_> {
        let http = Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().expect("a client");
        Visitor { folio: self, http, email: String::new(), credential: None }
    }

    /// The administrator whom the configuration made.
    pub async fn ada(&self) -> Visitor<'_> {
        let mut ada = self.visitor();
        ada.email = "ada@example.org".into();
        let answer = ada.submits("/login", &[("email", "ada@example.org"), ("password", PASSWORD)]).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        ada
    }

    pub async fn reader(&self, name: &str) -> Visitor<'_> {
        let mut reader = self.visitor();
        let email = format!("{name}@example.org");
        let form = [("name", name), ("email", email.as_str()), ("password", PASSWORD)];
        let answer = reader.submits("/register", &form).await;
        reader.email.clone_from(&email);
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        reader
    }

    /// The files in a folder of its data, however deep.
    pub fn files(&self, folder: &str) -> Vec<PathBuf> {
        let (mut files, mut folders) = (Vec::new(), vec![self.data.path().join(folder)]);
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.is_dir() { folders.push(path) } else { files.push(path) }
            }
        }
        files
    }

    async fn ready(&self) {
        let deadline = Instant::now() + Duration::from_secs(30);
        let health = format!("{}/api/health", self.url);
        while reqwest::get(&health).await.is_err() {
            assert!(Instant::now() < deadline, "folio does not answer at {health}");
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    }
}

impl Drop for Folio {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn spawn(
    data: &std::path::Path,
    postgres: Option<&Postgres>,
    port: u16,
    environment: &[(&'static str, String)],
) -> Child {
    let project = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut command = Command::new(env!("CARGO_BIN_EXE_folio"));
    command
        .env("DATA_DIR", data)
        .env("MODELS_DIR", project.join("data/models"))
        .env("PDFIUM_PATH", project.join("data/lib/libpdfium.so"))
        .env("LISTEN_ADDR", format!("127.0.0.1:{port}"))
        .env("REGISTRATION", "open")
        .env("METRICS_TOKEN", METRICS_TOKEN)
        .env("RATE_LIMIT_REQUESTS", PLENTY)
        .env("RATE_LIMIT_QUESTIONS", PLENTY)
        .env("RATE_LIMIT_SIGN_INS", PLENTY)
        .env("ADMIN_EMAIL", "ada@example.org")
        .env("ADMIN_PASSWORD", PASSWORD)
        .env_remove("OPENAI_BASE_URL")
        .env_remove("DATABASE_URL")
        .stdout(Stdio::null());
    command.envs(environment.iter().map(|(name, value)| (name, value)));
    if let Some(postgres) = postgres {
        command.env("DATABASE_URL", postgres.url());
    }
    command.spawn().expect("folio starts")
}

impl<'a> Visitor<'a> {
    /// The same person through a program that got a token for the password.
    pub async fn with_token(&self) -> Visitor<'a> {
        let tokens = self.tokens().await;
        self.bearing(tokens["access_token"].as_str().expect("a token"))
    }

    /// The same person through a script with a personal access token; `scopes` are `read`, `write`, `admin`.
    pub async fn with_personal_token(&self, scopes: &[&str]) -> Visitor<'a> {
        let wanted = serde_json::json!({ "name": "script", "scopes": scopes });
        let made = self.makes("/api/account/tokens", &wanted).await;
        self.bearing(made["token"].as_str().expect("a token"))
    }

    /// The same person through a client that sends name and password with each request.
    pub fn with_password(&self) -> Visitor<'a> {
        self.with_basic(&self.email, PASSWORD)
    }

    pub fn with_basic(&self, user: &str, password: &str) -> Visitor<'a> {
        let header = self.http.get("http://nowhere.invalid").basic_auth(user, Some(password)).build();
        let header = header.expect("a request").headers()[AUTHORIZATION].to_str().expect("text").to_owned();
        self.presenting(header)
    }

    pub fn bearing(&self, token: &str) -> Visitor<'a> {
        self.presenting(format!("Bearer {token}"))
    }

    fn presenting(&self, header: String) -> Visitor<'a> {
        let credential = Some((AUTHORIZATION, header));
        Visitor { folio: self.folio, http: self.http.clone(), email: self.email.clone(), credential }
    }

    /// What `/auth/token` gives for the password.
    pub async fn tokens(&self) -> Value {
        let password = serde_json::json!({ "email": self.email, "password": PASSWORD });
        let answer = self.folio.visitor().posts("/auth/token", &password).await;
        assert_eq!(answer.status(), StatusCode::OK);
        answer.json().await.expect("JSON")
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.folio.url));
        match &self.credential {
            Some((name, value)) => request.header(name, value),
            None => request,
        }
    }

    /// The header that says who this is.
    pub fn credential(&self) -> String {
        let (name, value) = self.credential.as_ref().expect("somebody");
        format!("{name}: {value}")
    }

    pub async fn gets(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().await.expect("an answer")
    }

    pub async fn reads(&self, path: &str) -> Value {
        self.gets(path).await.json().await.expect("JSON")
    }

    /// Sends JSON.
    pub async fn sends(&self, method: Method, path: &str, body: &Value) -> Response {
        self.request(method, path).json(body).send().await.expect("an answer")
    }

    pub async fn posts(&self, path: &str, body: &Value) -> Response {
        self.sends(Method::POST, path, body).await
    }

    /// Posts something that is made, and gives it.
    pub async fn makes(&self, path: &str, body: &Value) -> Value {
        let answer = self.posts(path, body).await;
        assert_eq!(answer.status(), StatusCode::CREATED);
        answer.json().await.expect("JSON")
    }

    pub async fn deletes(&self, path: &str) -> StatusCode {
        self.request(Method::DELETE, path).send().await.expect("an answer").status()
    }

    /// Posts a question, and gives the events of the whole answer.
    pub async fn hears(&self, path: &str, body: &Value) -> Vec<Value> {
        let answer = self.posts(path, body).await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        events(&answer.text().await.expect("a stream"))
    }

    /// Opens a page, and keeps the cookie.
    pub async fn visits(&mut self, path: &str) -> Response {
        let answer = self.gets(path).await;
        self.keep_cookie(&answer);
        answer
    }

    /// Sends a form as a page does, and keeps the cookie.
    pub async fn submits(&mut self, path: &str, form: &[(&str, &str)]) -> Response {
        let body = form.iter().map(|(name, value)| format!("{name}={}", value.replace('@', "%40").replace(' ', "+")));
        let answer = self
            .request(Method::POST, path)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body.collect::<Vec<_>>().join("&"))
            .send()
            .await
            .expect("an answer");
        self.keep_cookie(&answer);
        answer
    }

    /// Posts what a composer has in its fields, as a browser does it by itself.
    pub async fn composes(&self, fields: &[(&str, &str)]) -> Response {
        let part = |(name, value): &(&str, &str)| {
            format!("--cut\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        self.request(Method::POST, "/ask")
            .header("content-type", "multipart/form-data; boundary=cut")
            .body(fields.iter().map(part).chain([String::from("--cut--\r\n")]).collect::<String>())
            .send()
            .await
            .expect("an answer")
    }

    fn keep_cookie(&mut self, answer: &Response) {
        if let Some(cookie) = answer.headers().get(SET_COOKIE).and_then(|cookie| cookie.to_str().ok()) {
            self.credential = cookie.split(';').next().map(|cookie| (COOKIE, cookie.to_owned()));
        }
    }

    /// Uploads one file.
    pub async fn uploads(&self, name: &str, content: &[u8]) -> Response {
        let mut body = format!(
            "--cut\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: application/octet-stream\r\n\r\n"
        )
        .into_bytes();
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n--cut--\r\n");
        self.request(Method::POST, "/api/v1/books")
            .header("content-type", "multipart/form-data; boundary=cut")
            .body(body)
            .send()
            .await
            .expect("an answer")
    }

    /// Uploads one file and waits, by the events of the shelf, until it is READY or FAILED.
    pub async fn shelves(&self, name: &str, content: &[u8]) -> Value {
        let mut watched = self.gets("/api/v1/books/events").await;
        let answer: Value = self.uploads(name, content).await.json().await.expect("JSON");
        let id = answer["items"][0]["id"].as_str().expect("an id").to_owned();
        let mut seen = String::new();
        loop {
            let piece = watched.chunk().await.expect("events").expect("the stream goes on");
            seen.push_str(&String::from_utf8_lossy(&piece));
            let events =
                seen.lines().filter_map(|line| serde_json::from_str::<Value>(line.strip_prefix("data: ")?).ok());
            let settled = |book: &Value| book["status"] == "READY" || book["status"] == "FAILED";
            if events.filter(|event| event["id"] == id.as_str()).any(|event| settled(&event)) {
                return self.reads(&format!("/api/v1/books/{id}")).await;
            }
        }
    }
}

/// The data of a stream's events; each must have a number.
pub fn events(stream: &str) -> Vec<Value> {
    let data = stream.split("\n\n").filter(|event| event.contains("data: "));
    data.map(|event| {
        assert!(event.lines().any(|line| line.starts_with("id: ")), "{event}");
        assert!(!event.lines().any(|line| line.starts_with("event: ")), "{event}");
        let data = event.lines().find_map(|line| line.strip_prefix("data: ")).expect("data");
        serde_json::from_str(data).expect("JSON")
    })
    .collect()
}

/// The text of the tokens among events.
pub fn told(events: &[Value]) -> String {
    events.iter().filter_map(|event| event["token"].as_str()).collect()
}

/// What an answer looks like whenever it is given: ids, times and durations are only named.
pub fn shape(value: &Value) -> Value {
    match value {
        Value::String(text) if uuid::Uuid::parse_str(text).is_ok() => "[id]".into(),
        Value::String(text) if is_time(text) => "[time]".into(),
        Value::Array(items) => items.iter().map(shape).collect(),
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| match name.as_str() {
                day if day.len() == 10 && day.starts_with("20") => ("[day]".to_owned(), shape(value)),
                "inference_time_ms" if value.is_number() => (name.clone(), "[ms]".into()),
                _ => (name.clone(), shape(value)),
            };
            Value::Object(members.iter().map(member).collect())
        }
        other => other.clone(),
    }
}

fn is_time(text: &str) -> bool {
    text.len() >= 20 && text.ends_with('Z') && text.as_bytes().get(10) == Some(&b'T')
}

/// An error's status, after a look whether its body is the one that every contract has.
pub async fn refused(answer: Response) -> (StatusCode, Value) {
    let status = answer.status();
    assert_eq!(answer.headers()["content-type"], "application/json");
    let problem: Value = answer.json().await.expect("JSON");
    assert_eq!(problem["error"], problem["detail"], "{problem}");
    assert_eq!(problem["status"], status.as_u16(), "{problem}");
    for member in ["type", "title", "trace_id"] {
        assert!(problem[member].is_string(), "{problem}");
    }
    (status, problem)
}

/// Tells each story on both databases.
macro_rules! on_both_databases {
    ($($story:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test] async fn $story() { super::$story(crate::support::On::Sqlite).await; })+
        }
        mod postgres {
            $(#[tokio::test] async fn $story() { super::$story(crate::support::On::Postgres).await; })+
        }
    };
}
pub(crate) use on_both_databases;
