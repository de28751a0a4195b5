//! Coming in and going out.

use crate::support::{Folio, On, PASSWORD, on_both_databases};
use reqwest::header::LOCATION;
use reqwest::{Method, StatusCode};

on_both_databases!(strangers_are_sent_to_the_door, a_wrong_password_keeps_the_address, signing_out_ends_the_session);

async fn strangers_are_sent_to_the_door(on: On) {
    let folio = Folio::start(on).await;
    let stranger = folio.visitor();
    let page = stranger.gets("/library?x=1").await;
    assert_eq!(
        (page.status(), &page.headers()[LOCATION]),
        (StatusCode::SEE_OTHER, &"/login?next=%2Flibrary%3Fx%3D1".parse().expect("a header"))
    );
    let refused = stranger.gets("/api/v1/books").await;
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    let problem: serde_json::Value = refused.json().await.expect("JSON");
    assert_eq!(problem["detail"], problem["error"]);
    assert_eq!(problem["status"], 401);
    let health = stranger.reads("/health").await;
    assert_eq!(health, serde_json::json!({ "status": "ok", "ready": true }));
    let setup = folio
        .visitor()
        .submits("/setup", &[("code", "guess"), ("name", "Eve"), ("email", "eve@example.org"), ("password", PASSWORD)])
        .await;
    assert_eq!(setup.status(), StatusCode::BAD_REQUEST);
}

async fn a_wrong_password_keeps_the_address(on: On) {
    let folio = Folio::start(on).await;
    let answer = folio.visitor().submits("/login", &[("email", "ada@example.org"), ("password", "wrong")]).await;
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    let page = answer.text().await.expect("a page");
    assert!(page.contains("ada@example.org") && page.contains("role=\"alert\""), "{page}");
}

async fn signing_out_ends_the_session(on: On) {
    let folio = Folio::start(on).await;
    let mut ada = folio.ada().await;
    assert_eq!(ada.gets("/").await.status(), StatusCode::OK);
    let foreign =
        ada.request(Method::POST, "/logout").header("sec-fetch-site", "cross-site").send().await.expect("an answer");
    assert_eq!(foreign.status(), StatusCode::FORBIDDEN, "another site cannot sign anyone out");
    ada.submits("/logout", &[]).await;
    assert_eq!(ada.gets("/api/v1/books").await.status(), StatusCode::UNAUTHORIZED);
}
