//! The numbers, beside what they should be.

use crate::crowd::Target;
use crate::report::Report;
use folio_testbed::Usage;

/// How many streams of how many tokens, and how many begin in a second.
#[derive(Clone, Copy)]
pub struct Load {
    pub streams: usize,
    pub tokens: usize,
    pub opening: usize,
    /// How often it is measured.
    pub rounds: usize,
}

/// What one load did. The usage is Folio's, or the relay's, or the model server's where it was asked straight.
pub struct Row {
    pub load: Load,
    pub target: Target,
    pub report: Report,
    pub before: Usage,
    pub after: Usage,
}

const HEAD: [&str; 10] = [
    "streams",
    "through",
    "begun",
    "tokens",
    "tokens/s",
    "first p50/p99",
    "each p50/p99",
    "CPU-s/10k",
    "memory",
    "failed",
];

/// The loads at which the goals are set.
const GOAL_STREAMS: usize = 200;
const MOST_CPU: f64 = 0.3;
const MOST_ADDED: f64 = 10.0;
const LEAST_PER_SECOND: f64 = 15_000.0;
const MOST_MEMORY: f64 = 150.0;

impl Row {
    fn cpu(&self) -> f64 {
        let tokens = u32::try_from(self.report.tokens).map_or(f64::NAN, f64::from);
        (self.after.cpu_seconds - self.before.cpu_seconds) * 10_000.0 / tokens
    }

    fn megabytes(&self) -> f64 {
        u32::try_from(self.after.memory / 1024).map_or(f64::NAN, f64::from) / 1024.0
    }

    fn is_idle(&self) -> bool {
        self.load.tokens == 0
    }

    fn cells(&self) -> [String; 10] {
        let Report { begun, tokens, per_second, first, each, failed, .. } = &self.report;
        let measured = |text: String| if self.is_idle() { "-".to_owned() } else { text };
        [
            format!("{}{}", self.load.streams, if self.is_idle() { " idle" } else { "" }),
            self.target.name().to_owned(),
            begun.to_string(),
            measured(tokens.to_string()),
            measured(format!("{per_second:.0}")),
            measured(format!("{:.1} / {:.1} ms", first.p50, first.p99)),
            measured(format!("{:.2} / {:.2} ms", each.p50, each.p99)),
            measured(format!("{:.3}", self.cpu())),
            format!("{:.0} MB", self.megabytes()),
            failed.to_string(),
        ]
    }
}

/// The round whose worst tokens are neither the best nor the worst.
pub fn median(mut rounds: Vec<Row>) -> Option<Row> {
    rounds.sort_by(|a, b| a.report.each.p99.total_cmp(&b.report.each.p99));
    (!rounds.is_empty()).then(|| rounds.swap_remove(rounds.len() / 2))
}

/// How many processes wanted a processor in the last minute.
pub fn load_average() -> String {
    let said = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    said.split(' ').next().unwrap_or_default().to_owned()
}

/// Prints every row, and then the goals.
pub fn print(rows: &[Row], busy: &str) {
    let cells: Vec<[String; 10]> = rows.iter().map(Row::cells).collect();
    let width = |column: usize| {
        let widest = cells.iter().map(|row| row[column].len()).max().unwrap_or(0);
        widest.max(HEAD[column].len())
    };
    let line = |row: [&str; 10]| {
        let padded = row.iter().enumerate().map(|(column, cell)| format!("{cell:>width$}", width = width(column)));
        println!("{}", padded.collect::<Vec<_>>().join("  "));
    };
    line(HEAD);
    for row in &cells {
        line(row.each_ref().map(String::as_str));
    }
    for row in rows {
        if let Some(failure) = &row.report.failure {
            println!("{} {}: the first failure: {failure}", row.load.streams, row.target.name());
        }
    }
    println!(
        "\nCPU and memory are of what the streams went through; where that is nothing, they are the model server's."
    );
    println!("The relay is hyper, axum, reqwest and jemalloc, as Folio is, and does nothing but pass streams on.");
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    println!("The machine has {processors} processors; before the first load its load average was {busy}.\n");
    goals(rows);
}

fn goals(rows: &[Row]) {
    let find = |is: &dyn Fn(&Row) -> bool| rows.iter().find(|row| row.target == Target::Folio && is(row));
    if let Some(row) = find(&|row| row.load.streams == GOAL_STREAMS) {
        let straight = rows.iter().find(|other| other.load.streams == GOAL_STREAMS && other.target == Target::Straight);
        let added = row.report.each.p99 - straight.map_or(0.0, |other| other.report.each.p99);
        goal("CPU seconds for 10,000 tokens at 200 streams", row.cpu(), row.cpu() <= MOST_CPU, "≤ 0.3");
        goal("ms added to each token at 200 streams, p99", added, added <= MOST_ADDED, "≤ 10");
    }
    let folios =
        rows.iter().filter(|row| row.target == Target::Folio && row.load.streams > GOAL_STREAMS && !row.is_idle());
    if let Some(most) = folios.map(|row| row.report.per_second).max_by(f64::total_cmp) {
        goal("tokens a second, the most", most, most >= LEAST_PER_SECOND, "≥ 15000");
    }
    if let Some(row) = find(&Row::is_idle) {
        let is_kept = row.megabytes() <= MOST_MEMORY && row.report.begun == row.load.streams;
        goal("MB for 5,000 idle streams", row.megabytes(), is_kept, "≤ 150");
    }
}

fn goal(what: &str, value: f64, is_kept: bool, bound: &str) {
    println!("{what:<46} {value:>10.2}  {bound:<8} {}", if is_kept { "kept" } else { "MISSED" });
}
