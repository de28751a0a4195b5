//! Line ends of a page: which of them mean something.

use regex::Regex;
use std::sync::LazyLock;

/// A line that begins a list item, a heading, a quotation or a table row, whatever stood before it.
static OPENER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s*(?:[-*+•‣▪◦·–]\s|\(?\d{1,3}[.)]\s|\(?[a-zA-Z]\)\s|#{1,6}\s|[|>])").expect("a valid pattern")
});

/// The text, byte for byte as long, in which only the line ends that end a paragraph, a heading or a list item are
/// left; those that just wrap a line become spaces.
pub(crate) fn flow(text: &str) -> String {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let widest = lines.iter().map(|line| line.trim().len()).max().unwrap_or(0);
    let mut flow = String::with_capacity(text.len());
    for (at, line) in lines.iter().enumerate() {
        let next = lines.get(at + 1).copied().unwrap_or("");
        if ends_block(line, next, widest) {
            flow.push_str(line);
        } else {
            flow.extend(line.chars().map(|c| if matches!(c, '\n' | '\r') { ' ' } else { c }));
        }
    }
    flow
}

/// Whether `line` stands at the start of a block by its marker.
pub(crate) fn opener(line: &str) -> Option<usize> {
    OPENER.find(line).map(|marker| marker.end())
}

fn ends_block(line: &str, next: &str, widest: usize) -> bool {
    let (line, next) = (line.trim(), next.trim_start());
    line.is_empty()
        || next.trim().is_empty()
        || line.starts_with('#')
        || line.starts_with('|')
        || opener(next).is_some()
        || looks_like_heading(line, next, widest)
}

/// A line far shorter than the page is wide, without a mark at its end, before a line that begins anew.
fn looks_like_heading(line: &str, next: &str, widest: usize) -> bool {
    let unfinished = line.ends_with(|c: char| c.is_alphanumeric() || c == ')');
    let begins = next.starts_with(|c: char| c.is_uppercase() || c.is_numeric());
    unfinished && begins && line.len() * 5 < widest * 3
}
