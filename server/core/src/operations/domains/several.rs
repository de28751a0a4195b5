//! Choosing several things at once.

use crate::clock::now;
use crate::error::{Error, Result};
use crate::operations::spec::{Asked, Effect, Kind, Resolved, Target};
use crate::operations::targets::Named;
use crate::tally::{Fate, Tally};
use folio_types::Millis;
use time::OffsetDateTime;

/// `the book “A”`, or `12 books`.
pub fn counted(targets: &[Target]) -> String {
    let noun = targets.first().map_or("thing", |first| first.kind.noun());
    match targets {
        [only] => format!("the {noun} “{}”", only.name),
        _ => format!("{} {noun}s", targets.len()),
    }
}

/// What became of deleting several, and why what is kept is kept.
#[derive(Default)]
pub struct Deleting {
    tally: Tally,
    kept: Vec<String>,
}

impl Deleting {
    /// One that cannot be deleted keeps none of the others.
    pub fn count(&mut self, target: &Target, outcome: Result<()>) {
        if let Fate::Kept(fault) = self.tally.count(outcome) {
            if let Error::Internal(_) = fault {
                tracing::error!(id = target.id, fault = fault.diagnosis(), "one of several could not be deleted");
            }
            self.kept.push(format!("Kept “{}”: {fault}", target.name));
        }
    }

    pub fn effect(self, targets: &[Target]) -> Effect {
        if self.tally.deleted == targets.len() {
            return Effect::saying(format!("Deleted {}.", counted(targets)));
        }
        let noun = targets.first().map_or("thing", |first| first.kind.noun());
        let text = self.tally.words(noun, &format!("{noun}s"), "below stands why.");
        let failed = self.tally.deleted == 0 && self.tally.kept > 0;
        Effect { failed, ..Effect::saying(text).rows(self.kept) }
    }
}

/// The things that the quotes in a slot name, each exactly one; or a question back.
pub async fn all_named(
    asked: &Asked<'_>,
    kind: Kind,
    slot: &str,
    verb: &str,
) -> Result<std::result::Result<Vec<Target>, Resolved>> {
    let mut targets: Vec<Target> = Vec::new();
    for slot in asked.slots(slot) {
        match asked.named(kind, Some(slot), |name| format!("{verb} {} {name}", kind.noun())).await? {
            Named::One(target) if targets.contains(&target) => {}
            Named::One(target) => targets.push(target),
            Named::Question(question) => return Ok(Err(Resolved::Question(question))),
        }
    }
    Ok(Ok(targets))
}

/// The moment that words such as `last month`, `30 days` or `2026-03-01` name: what is older was before it.
pub fn moment(words: &str) -> Result<Millis> {
    let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(now()) * 1_000_000).map_err(Error::internal)?;
    let words = words.trim().trim_start_matches("the ").to_lowercase();
    let words = match words.as_str() {
        "a day" => "1 day ago".to_owned(),
        "a week" | "last week" => "1 week ago".to_owned(),
        "a month" | "last month" => "1 month ago".to_owned(),
        "a year" | "last year" => "1 year ago".to_owned(),
        "this month" => format!("{:04}-{:02}-01", at.year(), u8::from(at.month())),
        "this year" => format!("{:04}-01-01", at.year()),
        other => match other.split_once(' ') {
            // `30 days` and `two weeks` are so long ago
            Some((count, unit)) if is_span(unit) && !other.ends_with("ago") => format!("{} {unit} ago", number(count)),
            _ => other.to_owned(),
        },
    };
    let found = interim::parse_date_string(&words, at, interim::Dialect::Uk);
    let found = found.map_err(|_| {
        Error::invalid(
            "when",
            format!("“{words}” is no date that I understand. Say for example “last month”, “30 days” or “2026-03-01”."),
        )
    })?;
    if found > at {
        return Err(Error::invalid("when", format!("“{words}” is in the future.")));
    }
    Millis::try_from(found.unix_timestamp_nanos() / 1_000_000).map_err(Error::internal)
}

/// So many, as `5` or `five` say it.
pub fn count(words: &str) -> Result<usize> {
    let wrong = || Error::invalid("count", format!("“{words}” is no number that I understand."));
    number(words.trim()).parse().ok().filter(|count| *count > 0).ok_or_else(wrong)
}

fn is_span(unit: &str) -> bool {
    let unit = unit.trim_end_matches(" old");
    ["day", "week", "month", "year", "hour"].iter().any(|known| unit.trim_end_matches('s') == *known)
}

fn number(word: &str) -> &str {
    match word {
        "a" | "an" | "one" => "1",
        "two" => "2",
        "three" => "3",
        "four" => "4",
        "five" => "5",
        "six" => "6",
        "seven" => "7",
        "eight" => "8",
        "nine" => "9",
        "ten" => "10",
        "twelve" => "12",
        "twenty" => "20",
        "fifty" => "50",
        "hundred" => "100",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 24 * 60 * 60 * 1000;

    #[test]
    fn people_say_when_in_many_ways() {
        for (words, least, most) in [
            ("last month", 27, 32),
            ("30 days", 29, 31),
            ("two weeks", 13, 15),
            ("a year", 364, 367),
            ("3 months ago", 85, 95),
            ("yesterday", 0, 2),
            ("2020-03-01", 2000, 100_000),
        ] {
            let days = (now() - moment(words).expect(words)) / DAY;
            assert!((least..=most).contains(&days), "{words}: {days} days ago");
        }
        for wrong in ["next month", "whenever", "", "everything", "2999-01-01"] {
            assert!(moment(wrong).is_err(), "{wrong}");
        }
    }
}
