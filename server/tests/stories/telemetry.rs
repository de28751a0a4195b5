//! What the program tells those who run it: log lines, metrics, traces.

use crate::support::{Folio, METRICS_TOKEN, On};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use folio_testbed::{Launch, Upstream};
use reqwest::header::AUTHORIZATION;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

#[tokio::test]
async fn each_request_has_a_trace_id_that_the_log_knows() {
    let folio = folio_testbed::Folio::start(Launch::with("http://127.0.0.1:9/v1")).await;
    let ada = folio.ada().await;
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let url = format!("{}/api/v1/topics", folio.url());
    let wrong =
        http.post(&url).header("cookie", ada.cookie()).header("x-trace-id", "job-7").json(&json!({ "title": 7 }));
    let answer = wrong.send().await.expect("an answer");
    assert_eq!(answer.headers()["x-trace-id"], "job-7", "a caller's own id comes back");
    let problem: Value = answer.json().await.expect("JSON");
    assert_eq!(problem["trace_id"], "job-7");
    let other = http.get(&url).header("x-trace-id", "not {a} sound one").send().await.expect("an answer");
    let minted = other.headers()["x-trace-id"].to_str().expect("text").to_owned();
    assert!(minted.parse::<uuid::Uuid>().is_ok(), "{minted}");
    let log = folio.log();
    let lines: Vec<Value> = log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    for line in &lines {
        for field in ["timestamp", "level", "service", "message"] {
            assert!(line[field].is_string(), "{field} is not in {line}");
        }
        assert_eq!(line["service"], "folio");
    }
    let of =
        |id: &str| lines.iter().find(|line| line["trace_id"] == id).unwrap_or_else(|| panic!("{id} is not in {log}"));
    let refused = of("job-7");
    assert_eq!((&refused["path"], &refused["method"]), (&json!("/api/v1/topics"), &json!("POST")));
    assert!(refused["status"].as_u64().is_some_and(|status| status >= 400), "{refused}");
    assert!(refused["user_id"].is_string(), "the log says whose it was: {refused}");
    assert!(of(&minted)["user_id"].is_null(), "nobody was signed in");
}

#[tokio::test]
async fn traces_go_to_the_collector_that_is_named() {
    let (spans, mut exported) = mpsc::unbounded_channel();
    let collect = async |State(spans): State<mpsc::UnboundedSender<Bytes>>, body: Bytes| {
        let _ = spans.send(body);
    };
    let collector = Router::new().route("/v1/traces", post(collect)).with_state(spans);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, collector).await.expect("it serves") });
    let environment = vec![("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint), ("OTEL_BSP_SCHEDULE_DELAY", "50".into())];
    let folio = Folio::start_with(On::Sqlite, environment).await;
    let ada = folio.ada().await;
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    ada.request(Method::GET, "/api/account").header("traceparent", parent).send().await.expect("an answer");
    let trace = [0x4b, 0xf9, 0x2f, 0x35, 0x77, 0xb3, 0x4d, 0xa6, 0xa3, 0xce, 0x92, 0x9d, 0x0e, 0x0e, 0x47, 0x36];
    let found = async {
        while let Some(batch) = exported.recv().await {
            let holds = |part: &[u8]| batch.windows(part.len()).any(|window| window == part);
            if holds(&trace) {
                return holds(b"GET /api/account") && holds(b"service.name") && holds(b"folio");
            }
        }
        false
    };
    let found = tokio::time::timeout(std::time::Duration::from_secs(20), found).await.expect("it is exported");
    assert!(found, "the span says what it is, and goes on with its caller's trace");
}

#[tokio::test]
async fn metrics_are_for_whoever_has_the_token() {
    let model = Upstream::start().await;
    let folio = Folio::with_model(On::Sqlite, &model).await;
    let ada = folio.ada().await;
    ada.shelves("bees.md", b"# Bees\n\nBees tell each other where flowers are by dancing.\n").await;
    let talk = ada.makes("/api/conversations", &json!({ "title": "Bees" })).await;
    let path = format!("/api/conversations/{}/messages", talk["id"].as_str().expect("an id"));
    ada.hears(&path, &json!({ "content": "How do bees talk?" })).await;
    assert_eq!(ada.gets("/metrics").await.status(), StatusCode::UNAUTHORIZED, "not even an administrator's cookie");
    let asked = folio.visitor().request(Method::GET, "/metrics");
    let answer = asked.header(AUTHORIZATION, format!("Bearer {METRICS_TOKEN}")).send().await.expect("an answer");
    assert!(answer.headers()["content-type"].to_str().expect("text").starts_with("text/plain; version=0.0.4"));
    let text = answer.text().await.expect("text");
    for line in [
        "folio_runs_total{status=\"complete\"} 1",
        "folio_runs_active 0",
        "folio_books_total{status=\"READY\"} 1",
        "folio_book_pages_total 1",
        "folio_first_token_seconds_count 1",
        "folio_model_queue_waiting 0",
        "folio_database_connections{state=\"idle\"}",
        "folio_http_requests_total{method=\"POST\",route=\"/api/conversations\",status=\"201\"} 1",
        "# HELP folio_http_request_seconds From a request to the beginning of its answer.",
        "process_resident_memory_bytes",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    assert!(!text.contains(talk["id"].as_str().expect("an id")), "routes are counted, not what they name");
}

#[tokio::test]
async fn without_a_token_there_are_no_metrics() {
    let folio = Folio::start_with(On::Sqlite, vec![("METRICS_TOKEN", String::new())]).await;
    assert_eq!(folio.visitor().gets("/metrics").await.status(), StatusCode::NOT_FOUND);
}
