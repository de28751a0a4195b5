use super::*;
use crate::llm::Turn;
use std::fs;
use tempfile::TempDir;

/// A folder with copies of the embedded model under these names.
fn models(names: &[&str]) -> TempDir {
    let models = std::env::var_os("FOLIO_MODELS")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/models")), PathBuf::from);
    let model = models.join("smollm2-135m-instruct.q4_1.gguf");
    assert!(model.exists(), "{} is missing: run make setup", model.display());
    let folder = TempDir::new().expect("a folder");
    for name in names {
        std::os::unix::fs::symlink(&model, folder.path().join(name)).expect("a link");
    }
    folder
}

fn local(folder: &TempDir, idle: Duration) -> Local {
    Local::unloading_after(idle, folder.path().join("first.gguf"), folder.path().to_owned())
}

async fn loaded(local: &Local) -> Vec<String> {
    let offers = local.models().await.expect("a list");
    offers.into_iter().filter(|offer| offer.loaded).map(|offer| offer.tag).collect()
}

fn asked(model: &str, max_tokens: u32) -> Request {
    let turns = vec![Turn::new(Speaker::User, "Write a long story about the sea.")];
    Request { model: model.into(), turns, max_tokens, temperature: 0.0, top_k: None, functions: Arc::default() }
}

#[test]
fn a_tag_is_the_models_name() {
    assert_eq!(tag(Path::new("m/SmolLM2-135M-Instruct.Q4_1.gguf")), "smollm2-135m-instruct");
    assert_eq!(tag(Path::new("m/qwen2.5-coder-1.5b-instruct-q4_k_m.gguf")), "qwen2.5-coder-1.5b-instruct-q4_k_m");
}

#[tokio::test]
async fn two_packings_of_one_model_are_two_models() {
    let folder = models(&["first.gguf", "second.q4_1.gguf", "second.q8_0.gguf", "notes.txt"]);
    let offers = local(&folder, IDLE).models().await.expect("a list");
    let tags: Vec<_> = offers.iter().map(|offer| (offer.tag.as_str(), offer.path.as_str(), offer.loaded)).collect();
    assert_eq!(
        tags,
        [
            ("first", "first.gguf", false),
            ("second", "second.q4_1.gguf", false),
            ("second.q8_0", "second.q8_0.gguf", false)
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_goes_on_while_other_models_are_loaded_and_its_own_is_unloaded() {
    let folder = models(&["first.gguf", "second.gguf", "third.gguf"]);
    let local = local(&folder, IDLE);
    let mut story = local.generate(asked("first", 40)).await.expect("it begins");
    let beginning = story.next().await.expect("a piece").expect("text").text;
    assert_eq!(loaded(&local).await, ["first"]);
    for other in ["second", "third"] {
        local.writer(other).await.expect("it loads");
    }
    assert_eq!(loaded(&local).await, ["second", "third"], "the one that was used longest ago made room");
    let rest: Vec<String> = story.map(|piece| piece.expect("text").text).collect().await;
    let again: Vec<String> = local
        .generate(asked("second", 40))
        .await
        .expect("it begins")
        .map(|piece| piece.expect("text").text)
        .collect()
        .await;
    assert_eq!(format!("{beginning}{}", rest.concat()), again.concat(), "nothing was lost of it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_nobody_uses_is_taken_out_of_memory() {
    let folder = models(&["first.gguf"]);
    let local = local(&folder, Duration::from_millis(100));
    let writer = Arc::downgrade(&local.writer("first").await.expect("it loads"));
    assert_eq!(loaded(&local).await, ["first"]);
    let gone = async {
        while writer.strong_count() > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), gone).await.expect("it is unloaded by itself");
    assert!(loaded(&local).await.is_empty());
}

#[tokio::test]
async fn a_broken_file_says_so_without_its_place_and_may_be_replaced() {
    let folder = models(&[]);
    let path = folder.path().join("first.gguf");
    fs::write(&path, b"GGUF and then nothing").expect("written");
    let local = local(&folder, IDLE);
    let fault = local.generate(asked("first", 1)).await.err().expect("it cannot be loaded").to_string();
    assert!(fault.starts_with("The model “first” cannot be loaded: its file is damaged"), "{fault}");
    assert!(!fault.contains(&*folder.path().to_string_lossy()), "{fault}");
    assert!(loaded(&local).await.is_empty());
    fs::remove_file(&path).expect("removed");
    let good = models(&["first.gguf"]);
    fs::rename(good.path().join("first.gguf"), &path).expect("moved");
    local.writer("first").await.expect("the new file loads");
}
