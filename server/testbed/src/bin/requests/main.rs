//! The requests that people make most, one kind after the other: how many a second, how long each takes, what it costs.
//!
//! `cargo run --release -p folio-testbed --bin requests`
//!
//! The clients are a process of their own, so that the kernel counts Folio's cost alone; they share the machine with it.

mod herd;
mod table;

use clap::{Parser, Subcommand};
use folio_testbed::{Database, Folio, Launch, Postgres, Upstream};
use herd::{Herd, Report};
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::process::Stdio;
use table::{Kind, Row};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

/// Measures list, open and create on both databases.
#[derive(Parser)]
struct Options {
    #[command(subcommand)]
    part: Option<Part>,
    /// Only this database: `sqlite` or `postgres`.
    #[arg(long)]
    database: Option<String>,
    /// Seconds that each kind is measured.
    #[arg(long, default_value_t = 8)]
    seconds: u64,
}

#[derive(Subcommand)]
enum Part {
    /// The clients.
    #[command(hide = true)]
    Herd(Herd),
}

const CONVERSATIONS: usize = 50;
const MESSAGES: usize = 200;

fn main() -> std::io::Result<()> {
    let options = Options::parse();
    match options.part {
        Some(Part::Herd(herd)) => {
            // one thread is enough, and leaves the rest of the machine to Folio
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(herd.run());
        }
        None => tokio::runtime::Runtime::new()?.block_on(measure(&options)),
    }
    Ok(())
}

async fn measure(options: &Options) {
    let busy = table::load_average();
    let mut rows = Vec::new();
    for name in ["sqlite", "postgres"] {
        if options.database.as_deref().is_none_or(|wanted| wanted == name) {
            let server = (name == "postgres").then(Postgres::start);
            let database = server.as_ref().map_or(Database::Sqlite, |server| Database::Postgres(server.url()));
            rows.extend(on(name, database, options.seconds).await);
        }
    }
    table::print(&rows, &busy);
}

async fn on(name: &'static str, database: Database, seconds: u64) -> Vec<Row> {
    let model = Upstream::start().await;
    let folio = Folio::start(Launch::with(&model.url()).on(database).set("LOG_LEVEL", "WARN")).await;
    let ada = folio.ada().await;
    let long = filled(&folio.url(), ada.cookie()).await;
    let mut rows = Vec::new();
    for kind in [Kind::List, Kind::Open, Kind::Create] {
        eprintln!("requests: {} on {name}", kind.name());
        let (method, path, body) = match kind {
            Kind::List => ("GET", "/api/conversations".to_owned(), String::new()),
            Kind::Open => ("GET", format!("/api/conversations/{long}"), String::new()),
            Kind::Create => ("POST", "/api/conversations".to_owned(), json!({ "title": "Bees" }).to_string()),
        };
        let address = folio.address().to_string();
        let request = ["herd", &address, method, &path, "--cookie", ada.cookie(), "--body", &body];
        // what is measured is a server that has been running for a while
        herd(&request, 1).await;
        let before = folio.usage();
        let report = herd(&request, seconds).await;
        rows.push(Row { database: name, kind, report, before, after: folio.usage() });
    }
    rows
}

/// Fifty conversations, one of them with two hundred messages, whose id this gives.
async fn filled(url: &str, cookie: &str) -> String {
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let make = async |path: &str, body: Value| {
        let sent =
            http.post(format!("{url}{path}")).header("cookie", cookie).json(&body).send().await.expect("an answer");
        assert_eq!(sent.status(), StatusCode::CREATED);
        sent.json::<Value>().await.expect("JSON")
    };
    let mut long = String::new();
    for number in 0..CONVERSATIONS {
        let made = make("/api/conversations", json!({ "title": format!("Conversation {number} about bees") })).await;
        made["id"].as_str().expect("an id").clone_into(&mut long);
    }
    for number in 0..MESSAGES {
        let role = if number % 2 == 0 { "user" } else { "assistant" };
        let content = format!("Message {number}. {}", "Bees tell each other where flowers are by dancing. ".repeat(5));
        make("/chat/messages", json!({ "conversation_id": long, "role": role, "content": content })).await;
    }
    long
}

async fn herd(request: &[&str], seconds: u64) -> Report {
    let own = std::env::current_exe().expect("this program has a path");
    let mut command = Command::new(own);
    command.args(request).args(["--seconds", &seconds.to_string()]).stdout(Stdio::piped()).kill_on_drop(true);
    let mut process = command.spawn().expect("the clients start");
    let mut lines = BufReader::new(process.stdout.take().expect("its output is ours")).lines();
    let said = lines.next_line().await.expect("its output is read").expect("it says something");
    process.wait().await.expect("it ends");
    serde_json::from_str(&said).expect("a report")
}
