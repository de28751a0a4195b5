//! With `AUTH_SERVICE_URL`, a service beside Folio says whose a token is.

use crate::support::{Folio, On, on_both_databases};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

on_both_databases!(
    the_service_is_asked_once_and_its_users_are_known,
    what_the_service_refuses_is_refused,
    without_the_service_nobody_is_let_in,
);

const KEY: &str = "between services";

/// The service: it answers for each token what the test said, and counts.
struct Service {
    url: String,
    asked: Arc<Mutex<Vec<String>>>,
    serving: JoinHandle<()>,
}

impl Service {
    async fn start() -> Self {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let app = Router::new().route("/auth/validate", post(validate)).with_state(asked.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let serving = tokio::spawn(async move { axum::serve(listener, app).await.expect("it serves") });
        Self { url, asked, serving }
    }

    fn asked(&self, token: &str) -> usize {
        self.asked.lock().expect("no panic").iter().filter(|asked| *asked == token).count()
    }
}

async fn validate(State(asked): State<Arc<Mutex<Vec<String>>>>, headers: HeaderMap, body: Json<Value>) -> Response {
    let token = body["token"].as_str().expect("a token").to_owned();
    assert_eq!(headers["x-internal-api-key"], KEY);
    asked.lock().expect("no panic").push(token.clone());
    // whoever asks meanwhile must wait for this answer
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    let user = |id: Value, name: &str, is_admin: bool| {
        let email = format!("{}@elsewhere.example", name.to_lowercase());
        Json(json!({ "valid": true, "user": { "id": id, "email": email, "name": name, "is_admin": is_admin } }))
            .into_response()
    };
    match token.as_str() {
        "grace" | "grace again" => user(json!("u-1"), "Grace", false),
        "boss" => user(json!(2), "Boss", true),
        "impostor" => {
            let said = json!({ "id": 3, "email": "ada@example.org", "name": "Ada", "is_admin": false });
            Json(json!({ "valid": true, "user": said })).into_response()
        }
        "expired" => Json(json!({ "valid": false, "reason": "expired" })).into_response(),
        "unknown" => StatusCode::UNAUTHORIZED.into_response(),
        "ill" => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        _ => "not JSON".into_response(),
    }
}

async fn with_service(on: On) -> (Service, Folio) {
    let service = Service::start().await;
    let folio =
        Folio::start_with(on, vec![("AUTH_SERVICE_URL", service.url.clone()), ("INTERNAL_API_KEY", KEY.into())]).await;
    (service, folio)
}

async fn the_service_is_asked_once_and_its_users_are_known(on: On) {
    let (service, folio) = with_service(on).await;
    let grace = folio.visitor().bearing("grace");
    let answers = futures::future::join_all((0..20).map(|_| grace.gets("/api/account"))).await;
    let mut ids = Vec::new();
    for answer in answers {
        let me: Value = answer.json().await.expect("JSON");
        assert_eq!((&me["name"], &me["is_admin"]), (&json!("Grace"), &json!(false)), "{me}");
        ids.push(me["id"].clone());
    }
    ids.dedup();
    assert_eq!(ids.len(), 1, "one account, however many requests came at once");
    assert_eq!(service.asked("grace"), 1);
    let again = folio.visitor().bearing("grace again").reads("/api/account").await;
    assert_eq!(again["id"], ids[0], "another token of the same user");

    let boss = folio.visitor().bearing("boss");
    assert_eq!(boss.reads("/api/users?q=grace").await["items"][0]["id"], ids[0]);
    let ada = folio.ada().await.reads("/api/account").await;
    let impostor = folio.visitor().bearing("impostor").reads("/api/account").await;
    assert_ne!(impostor["id"], ada["id"], "an administrator's account is not taken over by an address");
    assert_eq!(impostor["is_admin"], false);
}

async fn what_the_service_refuses_is_refused(on: On) {
    let (service, folio) = with_service(on).await;
    for token in ["expired", "unknown"] {
        for _ in 0..2 {
            let refused = folio.visitor().bearing(token).gets("/api/v1/books").await;
            assert_eq!(refused.status(), StatusCode::UNAUTHORIZED, "{token}");
        }
        assert_eq!(service.asked(token), 1, "it is not asked about {token} again at once");
    }
    let own = json!({ "email": "ada@example.org", "password": crate::support::PASSWORD });
    assert_eq!(folio.visitor().posts("/auth/token", &own).await.status(), StatusCode::FORBIDDEN);
    let script = folio.ada().await.with_personal_token(&["read"]).await;
    assert_eq!(script.gets("/api/v1/books").await.status(), StatusCode::OK, "a personal token is Folio's own");
}

async fn without_the_service_nobody_is_let_in(on: On) {
    let (service, folio) = with_service(on).await;
    for token in ["ill", "gibberish"] {
        let answer = folio.visitor().bearing(token).gets("/api/v1/books").await;
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE, "{token}");
    }
    assert_eq!(folio.visitor().bearing("grace").gets("/api/v1/books").await.status(), StatusCode::OK);
    service.serving.abort();
    let _ = service.serving.await;
    assert_eq!(
        folio.visitor().bearing("grace").gets("/api/v1/books").await.status(),
        StatusCode::OK,
        "it is known still"
    );
    let new = folio.visitor().bearing("boss").gets("/api/v1/books").await;
    assert_eq!(new.status(), StatusCode::SERVICE_UNAVAILABLE);
}
