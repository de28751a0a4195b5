//! Kills the program and cuts its readers off, many times at random moments, and says what was lost.
//!
//! `cargo run --release -p folio-testbed --bin soak -- --kills 300 --cuts 500 --site all`

use clap::{Parser, ValueEnum};
use folio_testbed::soak::{Cuts, Kills};
use folio_testbed::{Layout, Verdict};
use std::process::ExitCode;
use std::time::Instant;

/// Kills Folio while it writes and cuts its readers off; ends with 1 when anything was lost or doubled.
#[derive(Parser)]
struct Options {
    /// How often a process is killed, on each site.
    #[arg(long, default_value_t = 300)]
    kills: usize,
    /// How many connections are broken, on each site.
    #[arg(long, default_value_t = 500)]
    cuts: usize,
    #[arg(long, value_enum, default_value_t = On::All)]
    site: On,
    /// Repeats the random choices of an earlier run, as far as time lets it.
    #[arg(long)]
    seed: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum On {
    Sqlite,
    Postgres,
    /// Two nodes behind a load balancer, on one PostgreSQL and one Redis.
    Nodes,
    All,
}

/// Progress is told after so many kills or cuts.
const TOLD: usize = 25;

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    let seed = options.seed.unwrap_or_else(rand::random);
    println!("soak: seed {seed}");
    let mut is_clean = true;
    for (name, on, layout) in [
        ("sqlite", On::Sqlite, Layout::OneOnSqlite),
        ("postgres", On::Postgres, Layout::OneOnPostgres),
        ("two nodes", On::Nodes, Layout::TwoNodes),
    ] {
        if options.site == on || options.site == On::All {
            is_clean &= kill(options.kills, name, layout, seed).await;
            is_clean &= cut(options.cuts, name, layout, seed).await;
        }
    }
    if is_clean { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn kill(kills: usize, name: &str, layout: Layout, seed: u64) -> bool {
    if kills == 0 {
        return true;
    }
    let began = Instant::now();
    let mut soak = Kills::start(layout, seed).await;
    while soak.killed < kills {
        soak.round().await;
        if soak.killed.is_multiple_of(TOLD) {
            let (questions, found) = (soak.acknowledged(), &soak.found);
            println!("  {name}: {}/{kills} kills, {questions} questions acknowledged, {found}", soak.killed);
        }
    }
    let seconds = began.elapsed().as_secs();
    println!("soak: {} questions acknowledged in {seconds} s", soak.acknowledged());
    conclude(&format!("{} kills on {name}", soak.killed), &soak.found)
}

async fn cut(cuts: usize, name: &str, layout: Layout, seed: u64) -> bool {
    if cuts == 0 {
        return true;
    }
    let began = Instant::now();
    let mut soak = Cuts::start(layout, seed).await;
    let mut told = 0;
    while soak.cut < cuts {
        soak.round(cuts - soak.cut).await;
        if soak.cut / TOLD > told {
            told = soak.cut / TOLD;
            println!("  {name}: {}/{cuts} cuts, {} answers, {}", soak.cut, soak.answers, soak.found);
        }
    }
    println!("soak: {} answers read whole in {} s", soak.answers, began.elapsed().as_secs());
    conclude(&format!("{} cuts on {name}", soak.cut), &soak.found)
}

/// Says what was found; true when that is nothing.
fn conclude(what: &str, found: &Verdict) -> bool {
    for line in found.lines() {
        println!("  {line}");
    }
    println!("soak: {what}: {found}");
    found.is_clean()
}
