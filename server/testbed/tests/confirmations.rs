//! A process that is killed while it does something dangerous: done once, or reported as unknown, never twice.

use folio_testbed::{Asking, Behaviour, Client, Database, Folio, Launch, Postgres, Store, Upstream};
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

#[tokio::test]
async fn killed_at_each_step_it_is_done_once_or_unknown_on_sqlite() {
    kill_at_each_step(Database::Sqlite).await;
}

#[tokio::test]
async fn killed_at_each_step_it_is_done_once_or_unknown_on_postgresql() {
    let postgres = Postgres::start();
    kill_at_each_step(Database::Postgres(postgres.url())).await;
}

/// Where the database stands still, and what is known after the process was killed there.
struct Step {
    name: &'static str,
    /// The event at which it stands still, and the condition on the row.
    event: &'static str,
    when: &'static str,
    /// Conversations that are to be deleted: more than ten are a task's work.
    conversations: usize,
    becomes: Becomes,
}

#[derive(Debug, PartialEq, Eq)]
enum Becomes {
    /// Nothing happened; it can still be confirmed.
    Pending,
    /// Nobody can say, and it is not repeated.
    Unknown { there: bool },
    /// A task goes on with it.
    Done,
}

const STEPS: [Step; 5] = [
    Step {
        name: "when it is taken",
        event: "UPDATE ON confirmations",
        when: "NEW.state = 'executing'",
        conversations: 1,
        becomes: Becomes::Pending,
    },
    Step {
        name: "while it is done",
        event: "DELETE ON conversations",
        when: "TRUE",
        conversations: 1,
        becomes: Becomes::Unknown { there: true },
    },
    Step {
        name: "before its end is noted",
        event: "UPDATE ON confirmations",
        when: "NEW.state = 'done'",
        conversations: 1,
        becomes: Becomes::Unknown { there: false },
    },
    Step {
        name: "when it becomes a task",
        event: "INSERT ON tasks",
        when: "TRUE",
        conversations: 11,
        becomes: Becomes::Pending,
    },
    Step {
        name: "in the middle of its task",
        event: "DELETE ON conversations",
        when: "OLD.title LIKE '%number 5?'",
        conversations: 11,
        becomes: Becomes::Done,
    },
];

async fn kill_at_each_step(database: Database) {
    let upstream = Upstream::start().await;
    upstream.usually(Behaviour::answers(1));
    let mut folio = Folio::start(Launch::with(&upstream.url()).on(database)).await;
    let ada = folio.ada().await;
    for Step { name, event, when, conversations, becomes } in STEPS {
        let mut chats = Vec::new();
        for number in 0..conversations {
            let asked = ada.insist(&Asking::new(format!("{name}, number {number}?"))).await.expect("a conversation");
            ada.follow(&asked).await.expect("an answer");
            chats.push(asked.conversation.id);
        }
        let command = if let [only] = chats.as_slice() {
            format!("delete conversation {only}")
        } else {
            format!("delete conversations about \"{name}\"")
        };
        let turn = says(&folio, &ada, &command).await;
        let id = turn["confirmation_id"].as_str().unwrap_or_else(|| panic!("{name}: {turn}")).to_owned();
        let trap = Trap::set(&folio, event, when).await;
        let confirming = tokio::spawn(confirm(folio.url(), ada.clone(), id.clone()));
        trap.springs(&folio).await;
        folio.kill9().await;
        // a task's confirmation may be answered before the task is done
        let heard = confirming.await.expect("no panic").is_some();
        assert!(!heard || becomes == Becomes::Done, "{name}: it was said to be done");
        trap.remove(&folio).await;
        folio.restart().await;
        match becomes {
            Becomes::Pending => {
                assert!(is_there(&ada, &chats).await, "{name}: nothing was done");
                let done = confirm(folio.url(), ada.clone(), id.clone()).await.expect("an answer");
                assert_eq!(done.status(), StatusCode::OK, "{name}");
                until(async || !any_is_there(&ada, &chats).await).await;
            }
            Becomes::Unknown { there } => {
                let title = format!("{name}, number 0?");
                until(async || outcomes(&folio, &ada, &title).await == ["unknown"]).await;
                assert_eq!(is_there(&ada, &chats).await, there, "{name}");
            }
            Becomes::Done => until(async || !any_is_there(&ada, &chats).await).await,
        }
        let again = confirm(folio.url(), ada.clone(), id).await.expect("an answer");
        assert_eq!(again.status(), StatusCode::BAD_REQUEST, "{name}: nothing is done twice");
    }
    let log = gets(&folio, &ada, "/activity/export.csv").await.text().await.expect("text");
    assert_eq!(log.matches(",conversations.delete,").count(), 3, "one record for each: {log}");
    assert_eq!(log.matches(",conversations.delete_several,").count(), 2, "one record for each: {log}");
}

/// A trigger at which a transaction stands still until its process is killed.
struct Trap;

impl Trap {
    async fn set(folio: &Folio, event: &str, when: &str) -> Self {
        let store = folio.store().await;
        let sql = match &store {
            // counts for longer than any test takes
            Store::Sqlite(_) => format!(
                "CREATE TRIGGER trap BEFORE {event} WHEN {when} BEGIN SELECT COUNT(*) FROM sqlite_master a,
                 sqlite_master b, sqlite_master c, sqlite_master d, sqlite_master e, sqlite_master f; END"
            ),
            Store::Postgres(_) => format!(
                "CREATE OR REPLACE FUNCTION trap() RETURNS trigger AS $$ BEGIN PERFORM pg_sleep(600);
                 RETURN COALESCE(NEW, OLD); END $$ LANGUAGE plpgsql;
                 CREATE TRIGGER trap BEFORE {event} FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION trap()"
            ),
        };
        store.run(&sql).await;
        store.close().await;
        Self
    }

    /// Waits until something stands still there.
    async fn springs(&self, folio: &Folio) {
        until(async || {
            let store = folio.store().await;
            let stands = store.stands_still().await;
            store.close().await;
            stands
        })
        .await;
    }

    async fn remove(self, folio: &Folio) {
        let store = folio.store().await;
        let sql = match &store {
            Store::Sqlite(_) => "DROP TRIGGER trap",
            Store::Postgres(_) => {
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep';
                 DROP FUNCTION trap CASCADE"
            }
        };
        store.run(sql).await;
        store.close().await;
    }
}

async fn is_there(ada: &Client, chats: &[folio_types::ConversationId]) -> bool {
    for chat in chats {
        if ada.thread(*chat).await.is_err() {
            return false;
        }
    }
    true
}

async fn any_is_there(ada: &Client, chats: &[folio_types::ConversationId]) -> bool {
    for chat in chats {
        if ada.thread(*chat).await.is_ok() {
            return true;
        }
    }
    false
}

async fn until(mut holds: impl AsyncFnMut() -> bool) {
    for _ in 0..400 {
        if holds().await {
            return;
        }
        sleep(Duration::from_millis(50)).await;
    }
    panic!("it did not come to that within 20 seconds");
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
