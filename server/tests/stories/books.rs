//! From a file to a page that can be asked.

use crate::support::{Folio, On, on_both_databases};
use reqwest::{Method, StatusCode};

on_both_databases!(
    a_book_is_read_and_opened,
    a_broken_file_fails_alone_and_can_be_retried,
    someone_elses_book_is_absent,
    a_crash_in_the_middle_of_reading_loses_nothing,
    the_reading_of_a_book_is_seen_among_the_tasks_and_cancelled,
);

fn story(chapters: usize) -> Vec<u8> {
    let lines = (1..=chapters).map(|n| {
        format!("# Chapter {n}\n\nIn the year {} the keeper of lighthouse {n} wrote that the storm had taken the stairs. {}\n", 1800 + n, "The sea went on. ".repeat(80))
    });
    lines.collect::<Vec<_>>().join("\n").into_bytes()
}

async fn a_book_is_read_and_opened(on: On) {
    let folio = Folio::start(on).await;
    let ada = folio.ada().await;
    let book = ada.shelves("The_Lighthouse.md", &story(6)).await;
    assert_eq!(book["status"], "READY", "{book}");
    let pages = book["pageCount"].as_u64().expect("a number");
    assert!(pages >= 3, "{book}");
    assert_eq!((&book["progress"]["done"], &book["progress"]["total"]), (&pages.into(), &pages.into()));
    let id = book["id"].as_str().expect("an id");
    let listed = ada.reads("/api/tasks").await;
    let task = format!("/api/tasks/{}", listed["items"][0]["id"].as_str().expect("a task"));
    // it ends a moment after the book is ready
    ada.gets(&format!("{task}/events")).await.text().await.expect("its end");
    let task = ada.reads(&task).await;
    assert_eq!((&task["kind"], &task["state"]), (&"ingestion".into(), &"succeeded".into()), "{task}");
    assert_eq!(task["links"][0]["href"], format!("/books/{id}"), "{task}");
    assert!(task["log"].as_array().is_some_and(|lines| lines.len() == 2), "it says what was done: {task}");
    let page = ada.reads(&format!("/api/v1/books/{id}/pages/1")).await;
    assert!(page["text"].as_str().expect("text").contains("lighthouse 1"), "{page}");
    let beyond = ada.gets(&format!("/api/v1/books/{id}/pages/{}", pages + 1)).await;
    assert_eq!(beyond.status(), StatusCode::NOT_FOUND);
    let file = ada.gets(&format!("/api/v1/books/{id}/file")).await;
    assert_eq!(file.headers()["content-disposition"], "attachment; filename=\"The_Lighthouse.md\"");
    assert_eq!(file.bytes().await.expect("bytes"), story(6));
    let gone = ada.request(Method::DELETE, &format!("/api/v1/books/{id}")).send().await.expect("an answer");
    assert_eq!(gone.status(), StatusCode::NO_CONTENT);
    assert_eq!(ada.gets(&format!("/api/v1/books/{id}")).await.status(), StatusCode::NOT_FOUND);
}

async fn a_broken_file_fails_alone_and_can_be_retried(on: On) {
    let folio = Folio::start(on).await;
    let ada = folio.ada().await;
    let refused = ada.uploads("virus.exe", b"MZ").await;
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    let empty = ada.uploads("empty.txt", b"").await;
    assert_eq!(empty.status(), StatusCode::BAD_REQUEST);
    let broken = ada.shelves("broken.pdf", b"%PDF-1.7 and then nothing").await;
    assert_eq!(broken["status"], "FAILED", "{broken}");
    assert!(broken["error"].as_str().is_some_and(|reason| !reason.is_empty()), "{broken}");
    let id = broken["id"].as_str().expect("an id");
    let again = ada.request(Method::POST, &format!("/api/v1/books/{id}/retry")).send().await.expect("an answer");
    assert_eq!(again.status(), StatusCode::OK);
    let good = ada.shelves("good.txt", b"A short text about bees. Bees dance to tell where flowers are.").await;
    assert_eq!(good["status"], "READY", "the shelf goes on: {good}");
}

async fn someone_elses_book_is_absent(on: On) {
    let folio = Folio::start(on).await;
    let (ada, eve) = (folio.ada().await, folio.reader("eve").await);
    let book = ada.shelves("diary.txt", b"A private diary. Nobody else may read it.").await;
    let id = book["id"].as_str().expect("an id");
    for path in ["", "/file", "/pages/1", "/pages/1/image"] {
        let status = eve.gets(&format!("/api/v1/books/{id}{path}")).await.status();
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
    }
    let gone = eve.request(Method::DELETE, &format!("/api/v1/books/{id}")).send().await.expect("an answer");
    assert_eq!(gone.status(), StatusCode::NOT_FOUND);
    assert_eq!(eve.reads("/api/v1/books").await["items"], serde_json::json!([]));
    for malformed in ["x", "../../etc/passwd", "%00"] {
        assert_eq!(eve.gets(&format!("/api/v1/books/{malformed}")).await.status(), StatusCode::NOT_FOUND);
    }
}

async fn a_crash_in_the_middle_of_reading_loses_nothing(on: On) {
    let mut folio = Folio::start(on).await;
    let id = {
        let ada = folio.ada().await;
        let answer: serde_json::Value = ada.uploads("long.md", &story(150)).await.json().await.expect("JSON");
        answer["items"][0]["id"].as_str().expect("an id").to_owned()
    };
    folio.crash_and_start().await;
    let ada = folio.ada().await;
    let mut watched = ada.gets("/api/v1/books/events").await;
    loop {
        let book = ada.reads(&format!("/api/v1/books/{id}")).await;
        assert_ne!(book["status"], "FAILED", "{book}");
        if book["status"] == "READY" {
            break;
        }
        watched.chunk().await.expect("events").expect("the stream goes on");
    }
    let twice = ada.gets(&format!("/api/v1/books/{id}/pages/1")).await;
    assert_eq!(twice.status(), StatusCode::OK);
}

async fn the_reading_of_a_book_is_seen_among_the_tasks_and_cancelled(on: On) {
    let folio = Folio::start(on).await;
    let (mut ada, mut eve) = (folio.ada().await, folio.reader("eve").await);
    // so long that it is not read by the time it is cancelled
    let added: serde_json::Value = ada.uploads("Long.md", &story(2_000)).await.json().await.expect("JSON");
    let id = added["items"][0]["id"].as_str().expect("an id").to_owned();
    let page = ada.gets("/tasks").await.text().await.expect("a page");
    assert!(page.contains("Read “Long”"), "{page}");
    let listed = ada.reads("/api/tasks").await;
    let task = listed["items"][0]["id"].as_str().expect("a task").to_owned();
    assert_eq!(listed["items"][0]["kind"], "ingestion", "{listed}");
    let cancel = format!("/tasks/{task}/cancel");
    assert_eq!(eve.submits(&cancel, &[]).await.status(), StatusCode::NOT_FOUND);
    let mut changes = ada.gets("/api/tasks/events").await;
    assert_eq!(ada.submits(&cancel, &[]).await.status(), StatusCode::SEE_OTHER);
    let mut seen = String::new();
    while !seen.contains("\"state\":\"cancelled\"") {
        let chunk = changes.chunk().await.expect("events").expect("the stream goes on");
        seen.push_str(&String::from_utf8_lossy(&chunk));
    }
    let book = ada.reads(&format!("/api/v1/books/{id}")).await;
    assert_eq!(book["status"], "FAILED", "{book}");
    assert!(book["error"].as_str().is_some_and(|words| words.contains("cancelled")), "{book}");
    assert_eq!(ada.submits(&cancel, &[]).await.status(), StatusCode::CONFLICT, "it is over");
    let log = ada.gets("/activity/export.csv").await.text().await.expect("text");
    assert!(log.contains(",library.read,") && log.contains(",cancelled,"), "{log}");
    // whoever read it goes on with the next one
    let next = ada.shelves("good.txt", b"A short text about bees. Bees dance to tell where flowers are.").await;
    assert_eq!(next["status"], "READY", "{next}");
    assert_eq!(ada.reads(&format!("/api/v1/books/{id}")).await["status"], "FAILED");
}
