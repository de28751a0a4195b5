//! Who asks too often is told when to come again, and nobody else notices.

use crate::support::{Folio, On, on_both_databases, refused};
use folio_testbed::Upstream;
use reqwest::StatusCode;
use reqwest::header::RETRY_AFTER;
use serde_json::json;

on_both_databases!(each_account_has_its_own_requests, questions_are_counted_beside_other_requests);

async fn each_account_has_its_own_requests(on: On) {
    let folio = Folio::start_with(on, vec![("RATE_LIMIT_REQUESTS", "5".into())]).await;
    let (ada, olga) = (folio.ada().await.with_token().await, folio.reader("olga").await.with_token().await);
    for _ in 0..5 {
        assert_eq!(ada.gets("/api/account").await.status(), StatusCode::OK);
    }
    let answer = ada.gets("/api/account").await;
    let wait: u64 = answer.headers()[RETRY_AFTER].to_str().expect("text").parse().expect("seconds");
    assert!((1..=12).contains(&wait), "a fifth of a minute at most: {wait}");
    let (status, problem) = refused(answer).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(problem["title"], "Too Many Requests");
    assert!(problem["detail"].as_str().expect("words").starts_with("Too many requests. Try again in "), "{problem}");
    assert_eq!(olga.gets("/api/account").await.status(), StatusCode::OK, "another account");
    assert_eq!(folio.visitor().gets("/login").await.status(), StatusCode::OK, "a stranger");
}

async fn questions_are_counted_beside_other_requests(on: On) {
    let model = Upstream::start().await;
    let environment = vec![("OPENAI_BASE_URL", model.url()), ("RATE_LIMIT_QUESTIONS", "2".into())];
    let folio = Folio::start_with(on, environment).await;
    let ada = folio.ada().await.with_token().await;
    let talk = ada.makes("/api/conversations", &json!({ "title": "Bees" })).await;
    let path = format!("/api/conversations/{}/messages", talk["id"].as_str().expect("an id"));
    for _ in 0..2 {
        ada.hears(&path, &json!({ "content": "How do bees talk?" })).await;
    }
    let answer = ada.posts(&path, &json!({ "content": "And how do they listen?" })).await;
    assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(answer.headers().contains_key(RETRY_AFTER));
    let kept = ada.reads(&format!("/api/conversations/{}", talk["id"].as_str().expect("an id"))).await;
    assert!(!kept.to_string().contains("how do they listen"), "what was refused left nothing behind: {kept}");
    assert_eq!(ada.gets("/api/conversations").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn an_address_may_try_so_many_passwords() {
    let environment = vec![("RATE_LIMIT_SIGN_INS", "3".into()), ("CLIENT_IP_SOURCE", "RightmostXForwardedFor".into())];
    let folio = Folio::start_with(On::Sqlite, environment).await;
    let guess = async |address: &str| {
        let body = json!({ "email": "ada@example.org", "password": "a wrong guess" });
        let request = folio.visitor().request(reqwest::Method::POST, "/auth/token").json(&body);
        // a client can write what it likes before what the proxy adds
        request.header("x-forwarded-for", format!("198.51.100.1, {address}")).send().await.expect("an answer").status()
    };
    for _ in 0..3 {
        assert_eq!(guess("192.0.2.1").await, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(guess("192.0.2.1").await, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(guess("192.0.2.2").await, StatusCode::UNAUTHORIZED, "another address");
}
