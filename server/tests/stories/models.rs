//! `/api/models`: which models there are, and which one is the default.

use crate::api::World;
use crate::support::{On, on_both_databases};
use folio_testbed::{Launch, MODEL, SPARE, Upstream};
use reqwest::StatusCode;
use serde_json::json;

on_both_databases!(
    everyone_sees_the_models_and_an_administrator_swaps_the_default,
    an_inference_service_is_told_to_swap
);

async fn everyone_sees_the_models_and_an_administrator_swaps_the_default(on: On) {
    let upstream = Upstream::start().await;
    let models = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/models");
    let launch = Launch::with(&upstream.url()).set("MODELS_DIR", &models.to_string_lossy());
    let folio = World::start(on, launch).await;
    let (ada, bob) = (folio.ada().await, folio.reader("bob").await);
    assert_eq!(folio.stranger().gets("/api/models").await.status(), StatusCode::UNAUTHORIZED);
    let listed = bob.reads("/api/models").await;
    assert_eq!(listed["current_model"], MODEL, "a configured server goes before the embedded model");
    assert_eq!(
        listed["models"][0],
        json!({ "model_tag": MODEL, "source": "127.0.0.1", "path": MODEL, "loaded": true })
    );
    let embedded = &listed["models"][1];
    assert_eq!((&embedded["source"], &embedded["loaded"]), (&json!("embedded"), &json!(false)));
    assert_eq!(embedded["path"], "smollm2-135m-instruct.q4_1.gguf");
    let tag = embedded["model_tag"].clone();
    assert_eq!(bob.posts("/api/models/swap", &json!({ "model_tag": tag })).await.status(), StatusCode::FORBIDDEN);
    let unknown = ada.posts("/api/models/swap", &json!({ "model_tag": "nothing" })).await;
    assert_eq!(unknown.status(), StatusCode::NOT_FOUND);
    for wrong in [json!({}), json!({ "model_tag": 7 }), json!([])] {
        assert_eq!(ada.posts("/api/models/swap", &wrong).await.status(), StatusCode::BAD_REQUEST, "{wrong}");
    }
    assert_eq!(ada.gets("/api/models/swap").await.status(), StatusCode::METHOD_NOT_ALLOWED);
    let swapped = ada.posts("/api/models/swap", &json!({ "model_tag": tag })).await;
    assert_eq!(swapped.status(), StatusCode::OK);
    let swapped: serde_json::Value = swapped.json().await.expect("JSON");
    assert_eq!(swapped, json!({ "status": "ok", "current_model": tag }));
    assert_eq!(bob.reads("/api/models").await["current_model"], tag);
    let activity = ada.gets("/activity?action=models.switch").await.text().await.expect("a page");
    assert!(activity.contains(tag.as_str().expect("a tag")), "{activity}");
}

async fn an_inference_service_is_told_to_swap(on: On) {
    let upstream = Upstream::start().await;
    let launch = Launch::with("").set("INFERENCE_SERVICE_URL", &upstream.inference_url());
    let folio = World::start(on, launch).await;
    let ada = folio.ada().await;
    let listed = ada.reads("/api/models").await;
    assert_eq!(listed["current_model"], MODEL);
    let spare =
        json!({ "model_tag": SPARE, "source": "127.0.0.1", "path": format!("/models/{SPARE}"), "loaded": false });
    assert_eq!(listed["models"][1], spare);
    let swapped = ada.posts("/api/models/swap", &json!({ "model_tag": SPARE })).await;
    assert_eq!(swapped.status(), StatusCode::OK);
    assert_eq!(upstream.loaded(), SPARE);
    let listed = ada.reads("/api/models").await;
    assert_eq!((&listed["current_model"], &listed["models"][1]["loaded"]), (&json!(SPARE), &json!(true)));
}
