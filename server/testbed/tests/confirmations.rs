//! A process that is killed while it does something dangerous: done once, or reported as unknown, never twice.

use folio_testbed::{Asking, Client, Database, Folio, Launch, Postgres, Upstream};
use reqwest::header::{CONTENT_TYPE, COOKIE};
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::sleep;

/// Kills are spread over this many moments of one execution.
const KILLS: u32 = 10;
/// An execution takes some milliseconds.
const APART: Duration = Duration::from_micros(1_500);

#[tokio::test]
async fn killed_in_the_middle_it_is_done_once_or_unknown_on_sqlite() {
    kill_often(Database::Sqlite).await;
}

#[tokio::test]
async fn killed_in_the_middle_it_is_done_once_or_unknown_on_postgresql() {
    let postgres = Postgres::start();
    kill_often(Database::Postgres(postgres.url())).await;
}

async fn kill_often(database: Database) {
    let upstream = Upstream::start().await;
    let mut folio = Folio::start(Launch::with(&upstream.url()).on(database)).await;
    let ada = folio.ada().await;
    for kill in 0..KILLS {
        let asked = ada.insist(&Asking::new(format!("Kill number {kill}?"))).await.expect("a conversation");
        ada.follow(&asked).await.expect("an answer");
        let title = &asked.conversation.title;
        let turn: Value = says(&folio, &ada, &format!("delete conversation {}", asked.conversation.id)).await;
        let id = turn["confirmation_id"].as_str().unwrap_or_else(|| panic!("{turn}")).to_owned();
        let confirming = tokio::spawn(confirm(folio.url(), ada.clone(), id.clone()));
        sleep(APART * kill).await;
        folio.kill9().await;
        // whatever it heard, nobody may believe more than what is stored
        let heard = confirming.await.expect("no panic").map(|answer| answer.status());
        folio.restart().await;
        let records = settled_records(&folio, &ada, title).await;
        let there = ada.thread(asked.conversation.id).await.is_ok();
        match records.as_slice() {
            // it had not begun, so it can still be confirmed
            [] => {
                assert!(there, "{title}: gone without a record");
                assert_ne!(heard, Some(StatusCode::OK), "{title}: it was said to be done");
                let done = confirm(folio.url(), ada.clone(), id.clone()).await.expect("an answer");
                assert_eq!(done.status(), StatusCode::OK, "{title}");
                assert!(ada.thread(asked.conversation.id).await.is_err(), "{title} is deleted");
            }
            [one] if one == "ran" => assert!(!there, "{title}: recorded as done, and it is there"),
            // it may or may not have happened, and says so
            [one] if one == "unknown" => assert_ne!(heard, Some(StatusCode::OK), "{title}"),
            other => panic!("{title}: {other:?}"),
        }
        let again = confirm(folio.url(), ada.clone(), id).await.expect("an answer");
        assert_eq!(again.status(), StatusCode::BAD_REQUEST, "{title}: nothing is done twice");
        assert_eq!(settled_records(&folio, &ada, title).await.len(), 1, "{title}: one record");
    }
}

/// How deleting this conversation ended, as the audit log says it once nothing is being executed any more.
async fn settled_records(folio: &Folio, ada: &Client, title: &str) -> Vec<String> {
    // a process that is gone is noticed after some seconds where others could be at work
    let mut seen = outcomes(folio, ada, title).await;
    for _ in 0..120 {
        if !seen.is_empty() || is_pending(folio, ada, title).await {
            break;
        }
        sleep(Duration::from_millis(50)).await;
        seen = outcomes(folio, ada, title).await;
    }
    seen
}

async fn outcomes(folio: &Folio, ada: &Client, title: &str) -> Vec<String> {
    let log = gets(folio, ada, "/activity/export.csv?action=conversations.delete").await.text().await.expect("text");
    let of_this = log.lines().filter(|line| line.contains(&format!("“{title}”")));
    let outcome = |line: &str| {
        ["ran", "unknown", "failed"].iter().find(|one| line.contains(&format!(",{one},"))).map(|one| (*one).to_owned())
    };
    of_this.filter_map(outcome).collect()
}

/// Whether it still waits for an answer, as the page of commands shows it.
async fn is_pending(folio: &Folio, ada: &Client, title: &str) -> bool {
    let page = gets(folio, ada, "/act").await.text().await.expect("a page");
    let waiting = page.split("Waiting for your answer").nth(1).unwrap_or_default();
    waiting.split("</ul>").next().is_some_and(|list| list.contains(title))
}

async fn says(folio: &Folio, ada: &Client, message: &str) -> Value {
    let body = json!({ "message": message }).to_string();
    let request =
        reqwest::Client::new().post(format!("{}/api/assistant/messages", folio.url())).header(COOKIE, ada.cookie());
    let answer = request.header(CONTENT_TYPE, "application/json").body(body).send().await.expect("an answer");
    serde_json::from_str(&answer.text().await.expect("text")).expect("JSON")
}

async fn gets(folio: &Folio, ada: &Client, path: &str) -> Response {
    let request = reqwest::Client::new().get(format!("{}{path}", folio.url())).header(COOKIE, ada.cookie());
    request.send().await.expect("an answer")
}

/// None where no whole answer came.
async fn confirm(url: String, ada: Client, id: String) -> Option<Response> {
    let path = format!("{url}/api/assistant/confirmations/{id}/confirm");
    reqwest::Client::new().post(path).header(COOKIE, ada.cookie()).send().await.ok()
}
