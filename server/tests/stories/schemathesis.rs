//! Requests made up from the OpenAPI document, thousands of them, right and wrong: none breaks anything, and none is
//! answered in a way that the document does not know.

use crate::support::{Folio, On};
use folio_testbed::Upstream;
use reqwest::StatusCode;
use std::path::Path;
use std::process::Command;

const PROGRAM: &str = "../.tools/schemathesis/bin/schemathesis";
/// What is looked at in every answer. An event stream of books has no end, so it is left out.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,\
    unsupported_method,allow_header_conformance";
/// The contract's own 503: a made-up request may delete the only book, and then sessions have nothing to answer from.
const CONFIG: &str = "[checks]\nnot_a_server_error.expected-statuses = [\"2xx\", \"3xx\", \"4xx\", 503]\n";

/// Who signs out could not go on, and everything after it would only be refused.
const ENDS: [&str; 3] = ["account_end_all_sessions", "account_end_session", "users_sign_out"];

#[tokio::test(flavor = "multi_thread")]
#[ignore = "it takes minutes and needs schemathesis; `make test` installs and runs it"]
async fn made_up_requests_find_no_fault_and_no_undocumented_answer() {
    let model = Upstream::start().await;
    let folio = Folio::with_model(On::Sqlite, &model).await;
    let ada = folio.ada().await;
    ada.shelves("bees.md", b"# Bees\n\nBees tell each other where flowers are by dancing.\n").await;
    // a header of its own, so that none is made up; made-up ones would be refused, and nothing behind them be tried
    let caller = ada.with_token().await;
    let work = tempfile::tempdir().expect("a folder");
    std::fs::write(work.path().join("schemathesis.toml"), CONFIG).expect("a file");
    let mut command = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join(PROGRAM));
    command
        .current_dir(work.path())
        .args(["run", &format!("{}/api/openapi.json", folio.url), "--header", &caller.credential()])
        .args(["--phases", "examples,coverage,fuzzing", "--max-examples", "25", "--seed", "1", "--no-shrink"])
        .args(["--checks", CHECKS, "--continue-on-failure", "--request-timeout", "20"])
        .args(["--exclude-path-regex", "events$"])
        .args(ENDS.iter().flat_map(|operation| ["--exclude-operation-id", operation]));
    let run = tokio::task::spawn_blocking(move || command.output()).await.expect("no panic");
    let run = run.expect("schemathesis runs; `make test` installs it");
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success(), "{said}\n{}", String::from_utf8_lossy(&run.stderr));
    assert_eq!(caller.gets("/api/account").await.status(), StatusCode::OK, "the caller was let in until the end");
}
