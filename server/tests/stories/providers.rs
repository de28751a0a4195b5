//! Model servers and keys, as the records contract has them, and the page for them.

use crate::api::World;
use crate::support::{On, on_both_databases};
use folio_testbed::{Launch, MODEL, Upstream};
use reqwest::StatusCode;
use serde_json::{Value, json};

on_both_databases!(
    a_server_is_added_changed_tested_and_removed,
    keys_are_kept_and_never_given_back,
    who_may_do_what,
    what_is_wrong_is_refused_as_the_contract_says,
    everything_can_be_done_with_the_pages_forms,
);

const KEY: &str = "sk-canary-5f1d0c7e9b2a4836";
const NOBODY: &str = "019abcde-0000-7000-8000-000000000000";

async fn folio(on: On) -> (Upstream, World) {
    let upstream = Upstream::start().await;
    let launch = Launch::with("").set("PROVIDER_ALLOW_PRIVATE", "127.0.0.1");
    (upstream, World::start(on, launch).await)
}

async fn a_server_is_added_changed_tested_and_removed(on: On) {
    let (upstream, folio) = folio(on).await;
    let ada = folio.ada().await;
    let new = json!({ "name": "Hall", "api_endpoint": upstream.url() });
    let added = ada.makes("/chat/llm-providers", &new).await;
    assert_eq!((&added["name"], &added["api_endpoint"]), (&json!("Hall"), &json!(upstream.url())));
    assert_eq!((&added["kind"], &added["shared"], &added["api_key"]), (&json!("openai"), &json!(true), &Value::Null));
    assert!(added["created_at"].as_str().is_some_and(|at| at.ends_with('Z')), "{added}");
    let path = format!("/chat/llm-providers/{}", added["id"].as_str().expect("an id"));
    assert_eq!(ada.reads(&path).await, added);
    assert_eq!(ada.reads("/chat/llm-providers").await, json!([added]));
    let (status, changed) = ada.patches(&path, &json!({ "name": "Big hall", "api_key": KEY })).await;
    assert_eq!(
        (status, &changed["name"], &changed["api_key"]),
        (StatusCode::OK, &json!("Big hall"), &json!("sk-…4836"))
    );
    let (_, changed) = ada.patches(&path, &json!({ "api_key": null, "models": ["one"] })).await;
    assert_eq!((&changed["api_key"], &changed["models"]), (&Value::Null, &json!(["one"])));
    let tested: Value = ada.posts(&format!("{path}/test"), &json!({})).await.json().await.expect("JSON");
    assert_eq!((&tested["finding"], &tested["models"]), (&json!("works"), &json!([MODEL])));
    assert!(tested["elapsed_ms"].is_u64(), "{tested}");
    let tags: Vec<_> = ada.reads("/api/models").await["models"].as_array().expect("a list").clone();
    assert!(tags.iter().any(|model| model["model_tag"] == "one" && model["source"] == "Big hall"), "{tags:?}");
    assert_eq!(ada.deletes(&path).await, StatusCode::NO_CONTENT);
    assert_eq!(ada.gets(&path).await.status(), StatusCode::NOT_FOUND);
}

async fn keys_are_kept_and_never_given_back(on: On) {
    let (upstream, folio) = folio(on).await;
    let (ada, bob) = (folio.ada().await, folio.reader("bob").await);
    let hall = ada.makes("/chat/llm-providers", &json!({ "name": "Hall", "api_endpoint": upstream.url() })).await;
    let config = bob.makes("/chat/user-llm-configs", &json!({ "provider_id": hall["id"], "api_key": KEY })).await;
    assert_eq!((&config["provider_id"], &config["api_key"]), (&hall["id"], &json!("sk-…4836")));
    let user = config["user_id"].as_str().expect("an id");
    let path = format!("/chat/user-llm-configs/{user}/{}", hall["id"].as_str().expect("an id"));
    assert_eq!(bob.reads(&path).await, config);
    let again = json!({ "user_id": user, "provider_id": hall["id"], "api_key": "sk-another-key-of-bobs-9999" });
    assert_eq!(bob.makes("/chat/user-llm-configs", &again).await["api_key"], "sk-…9999", "the newest one counts");
    let by_admin = ada.makes("/chat/user-llm-configs", &again).await;
    assert_eq!(by_admin["user_id"], user, "an administrator may name somebody else");
    assert_eq!(bob.deletes(&path).await, StatusCode::NO_CONTENT);
    assert_eq!(bob.deletes(&path).await, StatusCode::NOT_FOUND);
    assert_eq!(bob.gets(&path).await.status(), StatusCode::NOT_FOUND);
}

async fn who_may_do_what(on: On) {
    let (upstream, folio) = folio(on).await;
    let (ada, bob, eve) = (folio.ada().await, folio.reader("bob").await, folio.reader("eve").await);
    let new = json!({ "name": "Laptop", "api_endpoint": upstream.url(), "api_key": KEY });
    let laptop = bob.makes("/chat/llm-providers", &new).await;
    assert_eq!(laptop["shared"], false);
    let laptop_path = format!("/chat/llm-providers/{}", laptop["id"].as_str().expect("an id"));
    let hall = ada.makes("/chat/llm-providers", &json!({ "name": "Hall", "api_endpoint": upstream.url() })).await;
    let hall_path = format!("/chat/llm-providers/{}", hall["id"].as_str().expect("an id"));
    assert_eq!(eve.reads("/chat/llm-providers").await, json!([hall]));
    assert_eq!(eve.gets(&laptop_path).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(eve.patches(&laptop_path, &json!({ "name": "Mine" })).await.0, StatusCode::NOT_FOUND);
    assert_eq!(eve.deletes(&laptop_path).await, StatusCode::NOT_FOUND);
    let config = json!({ "provider_id": laptop["id"], "api_key": KEY });
    assert_eq!(eve.posts("/chat/user-llm-configs", &config).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(eve.patches(&hall_path, &json!({ "name": "Mine" })).await.0, StatusCode::FORBIDDEN);
    assert_eq!(eve.deletes(&hall_path).await, StatusCode::FORBIDDEN);
    let shared = json!({ "name": "Hall", "api_endpoint": "https://api.openai.com/v1", "shared": true });
    assert_eq!(eve.posts("/chat/llm-providers", &shared).await.status(), StatusCode::FORBIDDEN);
    let foreign = json!({ "user_id": laptop["created_by"], "provider_id": hall["id"], "api_key": KEY });
    assert_eq!(eve.posts("/chat/user-llm-configs", &foreign).await.status(), StatusCode::FORBIDDEN);
    assert_eq!(ada.patches(&laptop_path, &json!({ "enabled": false })).await.0, StatusCode::OK, "an administrator may");
    for path in ["/chat/llm-providers", &laptop_path, "/settings/models"] {
        let status = folio.stranger().gets(path).await.status();
        assert!(matches!(status, StatusCode::UNAUTHORIZED | StatusCode::SEE_OTHER), "{path}: {status}");
    }
}

async fn what_is_wrong_is_refused_as_the_contract_says(on: On) {
    let (_upstream, folio) = folio(on).await;
    let ada = folio.ada().await;
    for body in [
        json!({}),
        json!({ "name": "Hall" }),
        json!({ "name": 7, "api_endpoint": "https://api.openai.com/v1" }),
        json!({ "name": "", "api_endpoint": "https://api.openai.com/v1" }),
        json!({ "name": "Hall", "api_endpoint": "api.openai.com" }),
        json!({ "name": "Hall", "api_endpoint": "http://169.254.169.254/latest" }),
        json!({ "name": "Hall", "api_endpoint": "http://10.0.0.1/v1" }),
        json!({ "name": "Hall", "api_endpoint": "http://[::1]/v1" }),
        json!({ "name": "Hall", "api_endpoint": "https://api.openai.com/v1", "kind": "magic" }),
        json!({ "name": "Hall", "api_endpoint": "https://api.openai.com/v1", "api_key": "two words" }),
    ] {
        let refused = ada.posts("/chat/llm-providers", &body).await;
        assert_eq!(refused.status(), StatusCode::BAD_REQUEST, "{body}");
        let problem: Value = refused.json().await.expect("JSON");
        assert_eq!(problem["error"], problem["detail"]);
    }
    let hall =
        ada.makes("/chat/llm-providers", &json!({ "name": "Hall", "api_endpoint": "https://api.openai.com/v1" })).await;
    for (body, status) in [
        (json!({ "provider_id": hall["id"] }), StatusCode::BAD_REQUEST),
        (json!({ "provider_id": "x", "api_key": KEY }), StatusCode::BAD_REQUEST),
        (json!({ "provider_id": hall["id"], "api_key": "" }), StatusCode::BAD_REQUEST),
        (json!({ "provider_id": NOBODY, "api_key": KEY }), StatusCode::NOT_FOUND),
        (json!({ "user_id": NOBODY, "provider_id": hall["id"], "api_key": KEY }), StatusCode::NOT_FOUND),
    ] {
        assert_eq!(ada.posts("/chat/user-llm-configs", &body).await.status(), status, "{body}");
    }
    for path in ["/chat/llm-providers/x", "/chat/user-llm-configs/x/y", &format!("/chat/llm-providers/{NOBODY}")] {
        assert_eq!(ada.gets(path).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
}

async fn everything_can_be_done_with_the_pages_forms(on: On) {
    let (upstream, folio) = folio(on).await;
    let (mut ada, mut bob) = (folio.ada().await, folio.reader("bob").await);
    let address = upstream.url();
    let form =
        [("name", "Hall"), ("api_endpoint", address.as_str()), ("kind", "openai"), ("shared", "on"), ("api_key", KEY)];
    assert_eq!(ada.submits("/settings/models/add", &form).await.status(), StatusCode::SEE_OTHER);
    let id = ada.reads("/chat/llm-providers").await[0]["id"].as_str().expect("an id").to_owned();
    let page = ada.page("/settings/models").await;
    for words in ["Hall", "sk-…4836", MODEL, "Use as default", "For everyone"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("canary") && !page.contains("<script"), "{page}");
    let tested = ada.submits(&format!("/settings/models/{id}/test"), &[]).await;
    assert_eq!(tested.status(), StatusCode::OK);
    assert!(tested.text().await.expect("a page").contains("It works: 127.0.0.1 offers one model."));
    let default = ada.submits("/settings/models/default", &[("model_tag", MODEL)]).await;
    assert_eq!(default.status(), StatusCode::SEE_OTHER);
    assert_eq!(bob.reads("/api/models").await["current_model"], MODEL);
    let page = bob.page("/settings/models").await;
    assert!(page.contains("Your own key for Hall") && !page.contains("Use as default"), "{page}");
    let kept = bob.submits(&format!("/settings/models/{id}/key"), &[("api_key", KEY)]).await;
    assert_eq!(kept.status(), StatusCode::SEE_OTHER);
    assert!(bob.page("/settings/models").await.contains("sk-…4836"));
    let forgot = bob.submits(&format!("/settings/models/{id}/key/remove"), &[]).await;
    assert_eq!(forgot.status(), StatusCode::SEE_OTHER);
    let refused = bob.submits("/settings/models/add", &[("name", "<b>Mine</b>"), ("api_endpoint", "ftp://x")]).await;
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    let page = refused.text().await.expect("a page");
    assert!(page.contains("role=\"alert\"") && page.contains("&lt;b&gt;Mine"), "what was typed is kept: {page}");
    let denied = bob.submits(&format!("/settings/models/{id}/remove"), &[]).await;
    assert_eq!(denied.status(), StatusCode::FORBIDDEN);
    assert_eq!(ada.submits(&format!("/settings/models/{id}/remove"), &[]).await.status(), StatusCode::SEE_OTHER);
    assert_eq!(ada.reads("/chat/llm-providers").await, json!([]));
}
