//! The official client of OpenAI's API, used as the documentation says.

use crate::support::{Folio, On};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

const PYTHON: &str = ".tools/openai/bin/python";
const DOCUMENT: &str = "docs/api/openai.md";
const BEES: &[u8] =
    b"# Bees\n\nBees tell each other where flowers are by dancing. The dance was first described by Karl von Frisch.\n";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "it needs the client; `make test` installs and runs it"]
async fn the_documented_example_does_what_the_document_says() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let document = std::fs::read_to_string(project.join(DOCUMENT)).expect("the document");
    let example = document.split("```python\n").nth(1).and_then(|rest| rest.split("```").next()).expect("the example");
    let folio = Folio::start(On::Sqlite).await;
    let ada = folio.ada().await;
    ada.shelves("bees.md", BEES).await;
    let script = ada.with_personal_token(&["write"]).await;
    let key = script.credential().rsplit(' ').next().expect("a token").to_owned();
    let example = example.replace("http://127.0.0.1:8002", &folio.url).replace("folio_pat_…", &key);
    let said = tokio::task::spawn_blocking(move || run(&project.join(PYTHON), &example)).await.expect("no panic");
    for words in [
        "library - Answers from all of your books, with the pages.",
        "“Bees tell each other where flowers are by dancing.” is on Bees, page 1: http://",
        "None stop 1",
        "finish_reason='length'",
        "404 model_not_found",
    ] {
        assert!(said.contains(words), "{words} is missing:\n{said}");
    }
}

/// What a program printed, if it ended well.
fn run(python: &Path, program: &str) -> String {
    let mut child = Command::new(python)
        .arg("-")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the client is there; `make test` installs it");
    child.stdin.take().expect("a pipe").write_all(program.as_bytes()).expect("it reads");
    let ended = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&ended.stdout).into_owned();
    assert!(ended.status.success(), "{said}\n{}", String::from_utf8_lossy(&ended.stderr));
    said
}
