//! How much Folio adds to a stream of tokens, and what it costs: the same load through it, through a relay that only passes
//! streams on, and straight at the model server, in turn, in one run.
//!
//! `cargo run --release -p folio-testbed --bin streams`
//!
//! The model server, the relay and the readers are processes of their own, so that the kernel counts Folio's cost alone.

mod crowd;
mod metronome;
mod relay;
mod report;
mod table;

use clap::{Parser, Subcommand};
use crowd::{Crowd, Target};
use folio_testbed::{Database, Folio, Launch, Postgres, Usage};
use report::Report;
use std::net::SocketAddr;
use std::process::Stdio;
use table::{Load, Row};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::runtime::Builder;

/// What Folio has, so that the relay beside it differs in nothing but what it does.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Measures 1 to 5,000 concurrent streams through Folio, and beside them the same streams without it.
#[derive(Parser)]
struct Options {
    #[command(subcommand)]
    part: Option<Part>,
    /// Keeps Folio's data on PostgreSQL.
    #[arg(long)]
    postgres: bool,
    /// Leaves the loads of fewer streams out.
    #[arg(long, default_value_t = 1)]
    least: usize,
    /// Leaves the loads of more streams out.
    #[arg(long, default_value_t = 5_000)]
    most: usize,
    /// Measures nothing but the idle streams.
    #[arg(long)]
    idle: bool,
}

#[derive(Subcommand)]
enum Part {
    /// The model server.
    #[command(hide = true)]
    Metronome,
    /// What passes streams on.
    #[command(hide = true)]
    Relay { model: SocketAddr },
    /// The readers.
    #[command(hide = true)]
    Crowd(Crowd),
}

/// Streams, tokens of each, and how many begin in a second. The longer the beginning takes, the longer each lasts,
/// so that for some time there are all of them.
const LOADS: [Load; 5] = [
    Load { streams: 1, tokens: 100, opening: 1, rounds: 3 },
    Load { streams: 50, tokens: 100, opening: 50, rounds: 3 },
    Load { streams: 200, tokens: 100, opening: 200, rounds: 3 },
    Load { streams: 1_000, tokens: 200, opening: 400, rounds: 1 },
    Load { streams: 5_000, tokens: 1_000, opening: 1_000, rounds: 1 },
];
const IDLE: Load = Load { streams: 5_000, tokens: 0, opening: 500, rounds: 1 };

fn main() -> std::io::Result<()> {
    // each stream is a connection, and through Folio it is two
    rlimit::increase_nofile_limit(u64::MAX)?;
    let options = Options::parse();
    match options.part {
        Some(Part::Metronome) => until_orphaned(Builder::new_current_thread(), metronome::serve()),
        Some(Part::Crowd(crowd)) => until_orphaned(Builder::new_current_thread(), crowd.run()),
        // with as many threads as Folio
        Some(Part::Relay { model }) => until_orphaned(Builder::new_multi_thread(), relay::serve(model)),
        None => tokio::runtime::Runtime::new()?.block_on(measure(&options)),
    }
    Ok(())
}

/// Parts end with the program that started them. Those around what is measured are cheap, and one thread keeps them so.
fn until_orphaned(mut threads: Builder, part: impl Future<Output = ()>) {
    std::thread::spawn(|| {
        // it is closed when that program ends, in whichever way
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        std::process::exit(0);
    });
    threads.enable_all().build().expect("a runtime").block_on(part);
}

async fn measure(options: &Options) {
    let (metronome, address) = part(&["metronome"]).await;
    let server = options.postgres.then(Postgres::start);
    let database = server.as_ref().map_or(Database::Sqlite, |server| Database::Postgres(server.url()));
    // the limits of silence are far beyond what this takes
    let launch = Launch::with(&format!("http://{address}/v1"))
        .on(database)
        .set("UPSTREAM_FIRST_BYTE_SECONDS", "600")
        .set("UPSTREAM_IDLE_SECONDS", "600");
    let busy = table::load_average();
    let mut rows = Vec::new();
    let is_wanted = |load: &Load| !options.idle && (options.least..=options.most).contains(&load.streams);
    for load in LOADS.into_iter().filter(is_wanted) {
        let (mut direct, mut relayed, mut through_folio) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..load.rounds {
            direct.push(beside(Target::Straight, load, &metronome, &address).await);
            relayed.push(passed_on(load, &address).await);
            through_folio.push(through(load, &launch).await);
        }
        rows.extend([direct, relayed, through_folio].into_iter().filter_map(table::median));
    }
    if options.idle || IDLE.streams <= options.most {
        rows.push(passed_on(IDLE, &address).await);
        rows.push(through(IDLE, &launch).await);
    }
    table::print(&rows, &busy);
}

/// A load that does not go through Folio.
async fn beside(target: Target, load: Load, server: &Child, address: &str) -> Row {
    let usage = || server.id().and_then(Usage::of).unwrap_or_default();
    let before = usage();
    let (_crowd, report) = crowd(target, address, "", load).await;
    Row { load, target, report, before, after: usage() }
}

async fn passed_on(load: Load, model: &str) -> Row {
    let (relay, address) = part(&["relay", model]).await;
    beside(Target::Relay, load, &relay, &address).await
}

/// Each load meets a new process, so that its memory is that load's.
async fn through(load: Load, launch: &Launch) -> Row {
    let folio = Folio::start(launch.clone()).await;
    let ada = folio.ada().await;
    let before = folio.usage();
    // the readers are there until what Folio has used is read
    let (_crowd, report) = crowd(Target::Folio, &folio.address().to_string(), ada.cookie(), load).await;
    Row { load, target: Target::Folio, report, before, after: folio.usage() }
}

async fn crowd(target: Target, address: &str, cookie: &str, load: Load) -> (Child, Report) {
    eprintln!("streams: {} {}", load.streams, target.name());
    let [streams, tokens, opening] = [load.streams, load.tokens, load.opening].map(|number| number.to_string());
    let (crowd, said) = part(&["crowd", target.name(), address, &streams, &tokens, &opening, "--cookie", cookie]).await;
    (crowd, serde_json::from_str(&said).expect("the crowd's report"))
}

/// Starts a part of this program; answers it and the first line that it says.
async fn part(arguments: &[&str]) -> (Child, String) {
    let own = std::env::current_exe().expect("this program has a path");
    let mut command = Command::new(own);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
    let mut process = command.spawn().expect("the part starts");
    let mut lines = BufReader::new(process.stdout.take().expect("its output is ours")).lines();
    let said = lines.next_line().await.expect("its output is read").expect("it says something");
    (process, said)
}
