//! The door for clients of OpenAI's API: vectors of meaning.

use crate::openai::denied;
use crate::support::{Folio, On, on_both_databases};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::StatusCode;
use serde_json::{Value, json};

on_both_databases!(texts_become_vectors, what_is_no_text_for_it_is_refused, without_the_model_it_says_so);

const PATH: &str = "/v1/embeddings";
const MODEL: &str = "all-minilm-l6-v2";

fn numbers(vector: &Value) -> Vec<f32> {
    serde_json::from_value(vector.clone()).expect("numbers")
}

fn alike(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

async fn texts_become_vectors(on: On) {
    let folio = Folio::start(on).await;
    let script = folio.ada().await.with_personal_token(&["write"]).await;
    let texts = json!(["Bees dance.", "Bees are dancing.", "The bank raised its rates."]);
    let made: Value = script.posts(PATH, &json!({ "model": MODEL, "input": texts })).await.json().await.expect("JSON");
    assert_eq!((&made["object"], &made["model"]), (&json!("list"), &json!(MODEL)));
    let vectors: Vec<Vec<f32>> = made["data"]
        .as_array()
        .expect("a list")
        .iter()
        .enumerate()
        .map(|(at, one)| {
            assert_eq!((&one["object"], &one["index"]), (&json!("embedding"), &json!(at)));
            numbers(&one["embedding"])
        })
        .collect();
    assert!(vectors.iter().all(|vector| vector.len() == 384 && (alike(vector, vector) - 1.0).abs() < 1e-4));
    assert!(alike(&vectors[0], &vectors[1]) > 0.8 && alike(&vectors[0], &vectors[2]) < 0.4);
    assert!(made["usage"]["prompt_tokens"].as_u64().is_some_and(|tokens| (12..30).contains(&tokens)), "{made}");
    let packed = json!({ "model": MODEL, "input": "Bees dance.", "encoding_format": "base64", "dimensions": 384, "user": "ada" });
    let packed: Value = script.posts(PATH, &packed).await.json().await.expect("JSON");
    let bytes = STANDARD.decode(packed["data"][0]["embedding"].as_str().expect("base64")).expect("base64");
    let same: Vec<f32> =
        bytes.chunks_exact(4).map(|four| f32::from_le_bytes(four.try_into().expect("four bytes"))).collect();
    assert!(alike(&same, &vectors[0]) > 0.999);
}

async fn what_is_no_text_for_it_is_refused(on: On) {
    let folio = Folio::start(on).await;
    let ada = folio.ada().await;
    assert_eq!(denied(folio.visitor().posts(PATH, &json!({})).await).await.0, StatusCode::UNAUTHORIZED);
    for (input, words) in [
        (json!([]), "Send 1 to 2048 texts"),
        (json!(["fine", " "]), "The text at 1 is empty."),
        (json!(vec!["x"; 2049]), "Send 1 to 2048 texts"),
        (json!([[1, 2, 3]]), "tokens are not taken"),
        (json!(["fine", "long ".repeat(300)]), "The text at 1 is longer than the 256 tokens"),
    ] {
        let (status, error) = denied(ada.posts(PATH, &json!({ "model": MODEL, "input": input })).await).await;
        assert_eq!((status, &error["param"]), (StatusCode::BAD_REQUEST, &json!("input")));
        assert!(error["message"].as_str().is_some_and(|said| said.contains(words)), "{error}");
    }
    let shortened = json!({ "model": MODEL, "input": "x", "dimensions": 256 });
    assert_eq!(denied(ada.posts(PATH, &shortened).await).await.1["param"], "dimensions");
    for model in ["text-embedding-3-small", "library"] {
        let (status, error) = denied(ada.posts(PATH, &json!({ "model": model, "input": "x" })).await).await;
        assert_eq!((status, &error["code"]), (StatusCode::NOT_FOUND, &json!("model_not_found")));
    }
}

async fn without_the_model_it_says_so(on: On) {
    let empty = tempfile::tempdir().expect("a folder");
    let folio = Folio::start_with(on, vec![("MODELS_DIR", empty.path().to_string_lossy().into_owned())]).await;
    let ada = folio.ada().await;
    let (status, error) = denied(ada.posts(PATH, &json!({ "model": MODEL, "input": "x" })).await).await;
    assert_eq!((status, &error["type"]), (StatusCode::SERVICE_UNAVAILABLE, &json!("server_error")));
    assert!(error["message"].as_str().is_some_and(|said| said.contains("cannot be loaded")), "{error}");
    assert!(!ada.reads("/v1/models").await.to_string().contains(MODEL), "what is not there is not listed");
}
