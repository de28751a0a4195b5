//! The numbers that a text states, in one form: `1,000` and `1000`, `twelve` and `12`, `12 %` and `12 percent`.

use crate::lexicon;
use crate::number_words::{self, Part};
use crate::words::Word;
use std::ops::Range;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Number {
    pub value: f64,
    /// What `1.000` is where a point groups thousands.
    pub other: Option<f64>,
    pub kind: Kind,
    /// Percent, a currency, or a unit of measurement, where it is said.
    pub unit: Option<String>,
    /// `one` and `first`, which often are no numbers: such a number may be missing, but not be another.
    pub soft: bool,
    /// The words it is written with.
    pub words: Range<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Cardinal,
    Ordinal,
    /// `3rd`, which in a date is `3`, and Roman numerals.
    Either,
    /// `1990s`: any year of it will do.
    Decade,
}

impl Number {
    /// Whether both say the same.
    pub fn agrees(&self, other: &Self) -> bool {
        let kinds = match (self.kind, other.kind) {
            (Kind::Decade, Kind::Cardinal) => return self.value <= other.value && other.value < self.value + 10.0,
            (a, b) => a == b || (a != Kind::Decade && b != Kind::Decade && (a == Kind::Either || b == Kind::Either)),
        };
        let values = self.values().any(|a| other.values().any(|b| same(a, b)));
        kinds && values && self.units_agree(other)
    }

    /// Whether the one could be said where the other stands.
    pub fn comparable(&self, other: &Self) -> bool {
        let kinds = self.kind == other.kind || self.kind == Kind::Either || other.kind == Kind::Either;
        kinds && self.unit == other.unit
    }

    fn units_agree(&self, other: &Self) -> bool {
        match (&self.unit, &other.unit) {
            (Some(a), Some(b)) => a == b,
            (Some(unit), None) | (None, Some(unit)) => unit != PERCENT,
            (None, None) => true,
        }
    }

    fn values(&self) -> impl Iterator<Item = f64> {
        [Some(self.value), self.other].into_iter().flatten()
    }
}

/// The numbers of a text whose words are given.
pub(crate) fn numbers(text: &str, words: &[Word]) -> Vec<Number> {
    let mut found: Vec<Number> = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let number = digits(text, words, at, found.last())
            .or_else(|| in_words(text, words, at))
            .or_else(|| roman(text, words, at));
        match number {
            Some(number) => {
                at = number.words.end;
                found.push(number);
            }
            None => at += 1,
        }
    }
    found
}

/// A number written with digits.
fn digits(text: &str, words: &[Word], at: usize, last: Option<&Number>) -> Option<Number> {
    let word = &words[at];
    let end = word.folded.find(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | ',')).unwrap_or(word.folded.len());
    let (figure, suffix) = word.folded.split_at(end);
    let (mut value, mut other) = figure_value(figure)?;
    let mut next = at + 1;
    while groups_on(text, words, next, figure) {
        value = value * 1000.0 + words[next].folded.parse::<f64>().ok()?;
        other = None;
        next += 1;
    }
    if let Some(year) =
        last.filter(|last| last.words.end == at).and_then(|last| range_end(text, words, at, last, value))
    {
        value = year;
    }
    let (kind, mut unit) = match suffix {
        "" => (Kind::Cardinal, None),
        "st" | "nd" | "rd" | "th" => (Kind::Either, None),
        "s" if figure.len() == 4 => (Kind::Decade, None),
        unit => (Kind::Cardinal, Some(known_unit(unit)?)),
    };
    if let Some(scale) = words.get(next).and_then(|word| number_words::scale(&word.folded)) {
        value *= scale;
        other = None;
        next += 1;
    }
    if is_negative(text, word.at.start) {
        value = -value;
    }
    unit = unit.or_else(|| unit_around(text, words, at, next));
    Some(Number { value, other, kind, unit, soft: false, words: at..next })
}

/// A number written as words: `two hundred and fifty`, `twenty-first`.
fn in_words(text: &str, words: &[Word], at: usize) -> Option<Number> {
    let (mut total, mut current, mut kind) = (0.0, 0.0, Kind::Cardinal);
    let mut next = at;
    while let Some(word) = words.get(next) {
        match number_words::part(&word.folded) {
            Some(Part::Value(value)) if next == at || fits(current, value) => current += value,
            Some(Part::Scale(scale)) if next > at && scale < 1e3 => current *= scale,
            Some(Part::Scale(scale)) if next > at => {
                total += current * scale;
                current = 0.0;
            }
            Some(Part::Ordinal(value)) if next == at || fits(current, value) => {
                current += value;
                kind = Kind::Ordinal;
                next += 1;
                break;
            }
            None if word.folded == "and" && next > at && continues(words, next, current) => {}
            _ => break,
        }
        next += 1;
    }
    let first = &words.get(at)?.folded;
    if next == at || (kind == Kind::Ordinal && next == at + 1 && is_no_ordinal(words, at)) {
        return soft_number(words, at);
    }
    let soft = next == at + 1 && matches!(first.as_str(), "one" | "first");
    let unit = unit_around(text, words, at, next);
    Some(Number { value: total + current, other: None, kind, unit, soft, words: at..next })
}

/// Words that imply a number.
fn soft_number(words: &[Word], at: usize) -> Option<Number> {
    let (value, soft) = match words[at].folded.as_str() {
        "single" | "once" => (1.0, true),
        "both" => (2.0, true),
        "twice" => (2.0, false),
        "thrice" => (3.0, false),
        _ => return None,
    };
    Some(Number { value, other: None, kind: Kind::Cardinal, unit: None, soft, words: at..at + 1 })
}

/// `World War II`
fn roman(text: &str, words: &[Word], at: usize) -> Option<Number> {
    let value = number_words::roman(&text[words[at].at.clone()])?;
    let named = at > 0 && words[at - 1].capital;
    named.then(|| Number { value, other: None, kind: Kind::Either, unit: None, soft: false, words: at..at + 1 })
}

/// The value of `1,234.5`, and of the other way to read it.
fn figure_value(figure: &str) -> Option<(f64, Option<f64>)> {
    let figure = figure.trim_end_matches(['.', ',']);
    if !figure.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let grouped = |mark: char| {
        let mut parts = figure.split(mark);
        let first = parts.next().is_some_and(|part| part.len() <= 3);
        first && parts.all(|part| part.len() == 3) && figure.contains(mark)
    };
    let plain: String = figure.chars().filter(char::is_ascii_digit).collect();
    let plain = plain.parse().ok()?;
    match (figure.contains('.'), figure.contains(',')) {
        (false, false) => Some((plain, None)),
        (false, true) if grouped(',') => Some((plain, None)),
        (false, true) => Some((figure.replace(',', ".").parse().ok()?, None)),
        (true, false) => {
            let other = grouped('.').then_some(plain);
            figure.parse().ok().map(|value| (value, other)).or(other.map(|value| (value, None)))
        }
        (true, true) if figure.find(',') < figure.find('.') => Some((figure.replace(',', "").parse().ok()?, None)),
        (true, true) => Some((figure.replace('.', "").replace(',', ".").parse().ok()?, None)),
    }
}

/// Whether the word at `next` is the next group of `150 000`.
fn groups_on(text: &str, words: &[Word], next: usize, figure: &str) -> bool {
    let Some(word) = words.get(next) else { return false };
    let gap = &text[words[next - 1].at.end..word.at.start];
    figure.len() <= 3
        && figure.bytes().all(|b| b.is_ascii_digit())
        && matches!(gap, " " | "\u{a0}" | "\u{2009}" | "\u{202f}")
        && word.folded.len() == 3
        && word.folded.bytes().all(|b| b.is_ascii_digit())
}

/// `18` in `1914–18` is 1918.
fn range_end(text: &str, words: &[Word], at: usize, last: &Number, value: f64) -> Option<f64> {
    let gap = &text[words[at - 1].at.end..words[at].at.start];
    let century = (last.value / 100.0).floor() * 100.0;
    let year = (1000.0..2100.0).contains(&last.value);
    (year && matches!(gap, "-" | "–" | "/") && words[at].folded.len() == 2).then_some(century + value)
}

fn is_negative(text: &str, start: usize) -> bool {
    let before = &text[..start];
    let Some(rest) = before.strip_suffix(['-', '−', '–']) else { return false };
    !rest.ends_with(|c: char| c.is_alphanumeric() || matches!(c, ')' | '%'))
}

const PERCENT: &str = "percent";

fn unit_around(text: &str, words: &[Word], at: usize, next: usize) -> Option<String> {
    let after = text[words[next - 1].at.end..].trim_start();
    let before = text[..words[at].at.start].trim_end();
    let sign = |c: Option<char>| match c {
        Some('%') => Some(PERCENT),
        Some('$') => Some("dollar"),
        Some('€') => Some("euro"),
        Some('£') => Some("pound"),
        Some('¥') => Some("yen"),
        _ => None,
    };
    let money = sign(before.chars().next_back()).filter(|unit| *unit != PERCENT);
    if let Some(unit) = sign(after.chars().next()).or(money) {
        return Some(unit.to_owned());
    }
    let word = words.get(next)?;
    if word.folded == "per" && words.get(next + 1).is_some_and(|word| word.folded == "cent") {
        return Some(PERCENT.to_owned());
    }
    known_unit(&word.folded)
}

fn known_unit(folded: &str) -> Option<String> {
    let key = lexicon::key(folded);
    UNITS.contains(&key.as_str()).then_some(key)
}

/// Keys of the lexicon.
const UNITS: &[&str] = &[
    "percent", "dollar", "euro", "pound", "yen", "km", "meter", "cm", "mm", "mile", "kg", "gram", "mg", "tonn",
    "liter", "ml", "hour", "minut", "day", "week", "month", "year", "decad", "centuri", "degre", "volt", "watt", "kw",
    "mw", "bar", "hz", "khz", "mhz", "ghz", "kb", "mb", "gb", "tb",
];

/// `twenty` takes `one` to `nine`; `two hundred` takes anything below a hundred.
fn fits(current: f64, value: f64) -> bool {
    let room = if current >= 100.0 { 100.0 } else { 10.0 };
    current == 0.0 || (current >= 20.0 && current % room == 0.0 && value < room && value > 0.0)
}

/// Whether `and` stands within a number: `two hundred and fifty`.
fn continues(words: &[Word], and: usize, current: f64) -> bool {
    let next = words.get(and + 1).and_then(|word| number_words::part(&word.folded));
    current >= 100.0 && matches!(next, Some(Part::Value(value)) if fits(current, value))
}

/// `30 seconds` never gets here, but `per second` and `a third of` do.
fn is_no_ordinal(words: &[Word], at: usize) -> bool {
    let before = at.checked_sub(1).map_or("", |before| words[before].folded.as_str());
    let after = words.get(at + 1).map_or("", |after| after.folded.as_str());
    match words[at].folded.as_str() {
        "second" => matches!(before, "per" | "every" | "each" | "one" | "a") || before.starts_with(char::is_numeric),
        _ => after == "of" && matches!(before, "a" | "one"),
    }
}

fn same(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs())
}
