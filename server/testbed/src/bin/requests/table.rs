//! The numbers, beside what they should be.

use crate::herd::Report;
use folio_testbed::Usage;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    List,
    Open,
    Create,
}

/// What one kind of request did on one database.
pub struct Row {
    pub database: &'static str,
    pub kind: Kind,
    pub report: Report,
    pub before: Usage,
    pub after: Usage,
}

const HEAD: [&str; 9] = ["database", "request", "requests/s", "p50", "p99", "CPU-s/1000", "bytes", "failed", "goal"];

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::List => "list 50",
            Self::Open => "open 200",
            Self::Create => "create",
        }
    }

    /// Requests a second: twenty times on SQLite and ten times on PostgreSQL what a usual service of the same contract
    /// gives on such a machine.
    fn goal(self, database: &str) -> f64 {
        let usual = match self {
            Self::List => 187.0,
            Self::Open => 90.0,
            Self::Create => 270.0,
        };
        usual * if database == "sqlite" { 20.0 } else { 10.0 }
    }
}

impl Row {
    fn per_second(&self) -> f64 {
        count(self.report.requests) / self.report.seconds
    }

    fn cells(&self) -> [String; 9] {
        let Report { requests, failed, p50, p99, bytes, .. } = self.report;
        let goal = self.kind.goal(self.database);
        let is_kept = failed == 0 && self.per_second() >= goal;
        [
            self.database.to_owned(),
            self.kind.name().to_owned(),
            format!("{:.0}", self.per_second()),
            format!("{p50:.2} ms"),
            format!("{p99:.2} ms"),
            format!("{:.3}", (self.after.cpu_seconds - self.before.cpu_seconds) * 1000.0 / count(requests)),
            bytes.to_string(),
            failed.to_string(),
            format!("≥ {goal:.0} {}", if is_kept { "kept" } else { "MISSED" }),
        ]
    }
}

fn count(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::NAN, f64::from)
}

/// How many processes wanted a processor in the last minute.
pub fn load_average() -> String {
    let said = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    said.split(' ').next().unwrap_or_default().to_owned()
}

pub fn print(rows: &[Row], busy: &str) {
    let cells: Vec<[String; 9]> = rows.iter().map(Row::cells).collect();
    let widest = |column: usize| {
        let cells = cells.iter().map(|row| row[column].chars().count());
        cells.chain([HEAD[column].len()]).max().unwrap_or_default()
    };
    let line = |row: [&str; 9]| {
        let padded = row.iter().enumerate().map(|(column, cell)| format!("{cell:>width$}", width = widest(column)));
        println!("{}", padded.collect::<Vec<_>>().join("  "));
    };
    line(HEAD);
    for row in &cells {
        line(row.each_ref().map(String::as_str));
    }
    println!(
        "\nSixteen clients with a connection each share the machine with Folio; CPU is Folio's alone, without PostgreSQL's."
    );
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    println!("The machine has {processors} processors; before the first request its load average was {busy}.");
}
