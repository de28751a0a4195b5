//! `/api/docs`: the API for people who read.

use crate::support::{Folio, On};
use reqwest::StatusCode;

#[tokio::test]
async fn anyone_reads_what_the_api_is() {
    let folio = Folio::start(On::Sqlite).await;
    let stranger = folio.visitor();
    let answer = stranger.gets("/api/docs").await;
    assert_eq!(answer.status(), StatusCode::OK);
    let header = |name: &str| answer.headers()[name].to_str().expect("text").to_owned();
    assert_eq!((header("cache-control"), header("x-frame-options")), ("no-cache".into(), "DENY".into()));
    let policy = header("content-security-policy");
    assert!(
        policy.starts_with("default-src 'none'") && !policy.contains("script") && !policy.contains("unsafe"),
        "{policy}"
    );
    let page = answer.text().await.expect("a page");
    let document = stranger.reads("/api/openapi.json").await;
    for (path, item) in document["paths"].as_object().expect("paths") {
        assert!(page.contains(&format!("<code>{path}<")), "{path} is missing");
        for operation in item.as_object().expect("a path").values() {
            let place = format!("id=\"{}\"", operation["operationId"].as_str().expect("a name"));
            assert!(page.contains(&place), "{place} is missing");
        }
    }
    assert!(page.contains("href=\"/api/openapi.json\""), "programs find theirs");
    let settings = folio.ada().await.gets("/settings/account").await.text().await.expect("a page");
    assert!(settings.contains("href=\"/api/docs\""), "whoever makes a token finds it");
    assert_eq!(stranger.posts("/api/docs", &serde_json::json!({})).await.status(), StatusCode::METHOD_NOT_ALLOWED);
}
