//! A folio with a model server, and people who speak to it in JSON and in forms.

use crate::support::On;
use folio_testbed::{Database, Folio, Launch, PASSWORD, Postgres};
use reqwest::header::{COOKIE, SET_COOKIE};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::Value;

pub struct World {
    pub folio: Folio,
    _postgres: Option<Postgres>,
}

pub struct Person {
    url: String,
    http: Client,
    cookie: Option<String>,
}

impl World {
    pub async fn start(on: On, launch: Launch) -> Self {
        let postgres = matches!(on, On::Postgres).then(Postgres::start);
        let launch = match &postgres {
            Some(postgres) => launch.on(Database::Postgres(postgres.url())),
            None => launch,
        };
        Self { folio: Folio::start(launch).await, _postgres: postgres }
    }

    pub fn stranger(&self) -> Person {
        let http = Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().expect("a client");
        Person { url: self.folio.url(), http, cookie: None }
    }

    /// The administrator.
    pub async fn ada(&self) -> Person {
        let mut ada = self.stranger();
        let form = [("email", "ada@example.org"), ("password", PASSWORD)];
        assert_eq!(ada.submits("/login", &form).await.status(), StatusCode::SEE_OTHER);
        ada
    }

    pub async fn reader(&self, name: &str) -> Person {
        let mut reader = self.stranger();
        let email = format!("{name}@example.org");
        let form = [("name", name), ("email", email.as_str()), ("password", PASSWORD)];
        assert_eq!(reader.submits("/register", &form).await.status(), StatusCode::SEE_OTHER);
        reader
    }
}

impl Person {
    pub async fn gets(&self, path: &str) -> Response {
        self.sends(Method::GET, path, None).await
    }

    pub async fn reads(&self, path: &str) -> Value {
        self.gets(path).await.json().await.expect("JSON")
    }

    pub async fn page(&self, path: &str) -> String {
        self.gets(path).await.text().await.expect("a page")
    }

    pub async fn posts(&self, path: &str, body: &Value) -> Response {
        self.sends(Method::POST, path, Some(body)).await
    }

    /// Posts something that is made, and gives it.
    pub async fn makes(&self, path: &str, body: &Value) -> Value {
        let answer = self.posts(path, body).await;
        assert_eq!(answer.status(), StatusCode::CREATED, "{body}");
        answer.json().await.expect("JSON")
    }

    pub async fn patches(&self, path: &str, body: &Value) -> (StatusCode, Value) {
        let answer = self.sends(Method::PATCH, path, Some(body)).await;
        (answer.status(), answer.json().await.expect("JSON"))
    }

    pub async fn deletes(&self, path: &str) -> StatusCode {
        self.sends(Method::DELETE, path, None).await.status()
    }

    /// Sends a form as a page does, and keeps a new cookie.
    pub async fn submits(&mut self, path: &str, form: &[(&str, &str)]) -> Response {
        let request = self.http.post(format!("{}{path}", self.url)).form(form);
        let request = self.cookie.iter().fold(request, |request, cookie| request.header(COOKIE, cookie));
        let answer = request.send().await.expect("an answer");
        if let Some(cookie) = answer.headers().get(SET_COOKIE).and_then(|cookie| cookie.to_str().ok()) {
            self.cookie = cookie.split(';').next().map(str::to_owned);
        }
        answer
    }

    async fn sends(&self, method: Method, path: &str, body: Option<&Value>) -> Response {
        let request = self.http.request(method, format!("{}{path}", self.url));
        let request = self.cookie.iter().fold(request, |request, cookie| request.header(COOKIE, cookie));
        let request = body.iter().fold(request, RequestBuilder::json);
        request.send().await.expect("an answer")
    }
}
