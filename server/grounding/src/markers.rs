//! Citation markers that a model wrote: `[1]`, `(p. 12)`, `【3†source】`. They are never taken on its word.

use crate::markdown;
use regex::Regex;
use std::{borrow::Cow, ops::Range, sync::LazyLock};

static MARKER: LazyLock<Regex> = LazyLock::new(|| {
    let numbers = r"[1-9]\d{0,3}(?:\s*(?:[,;–-]|and|&)\s*[1-9]\d{0,3})*";
    let short = r"[1-9]\d{0,2}(?:\s*[,;–-]\s*[1-9]\d{0,2})*";
    let source = r"(?:sources?|passages?|documents?|docs?|references?|refs?|citations?|pages?|pp?\.)";
    Regex::new(&format!(
        r"(?i)\[\^?{short}\]|\[{source}\s*:?\s*{numbers}\]|\((?:see\s+)?{source}\s*:?\s*{numbers}\)|\([^()\[\]\n]{{1,60}},\s*(?:pages?|pp?\.)\s*{numbers}\)|【[^】\n]{{0,80}}】"
    ))
    .expect("a valid pattern")
});

/// The answer without the citation markers that the model wrote into it; code stays as it is.
pub fn strip_markers(answer: &str) -> Cow<'_, str> {
    let code = markdown::code(answer);
    let is_code = |at: usize| code.iter().any(|range| range.contains(&at));
    let mut kept = String::new();
    let mut from = 0;
    for marker in find(answer).filter(|marker| !is_code(marker.start)) {
        let before = answer[from..marker.start].trim_end_matches([' ', '\t']);
        kept.push_str(before);
        let line_start = kept.is_empty() || kept.ends_with('\n');
        let after = &answer[marker.end..];
        let skipped = if line_start { after.len() - after.trim_start_matches(' ').len() } else { 0 };
        from = marker.end + skipped;
    }
    if from == 0 {
        return Cow::Borrowed(answer);
    }
    kept.push_str(&answer[from..]);
    Cow::Owned(kept)
}

/// The text, byte for byte as long, with spaces in place of markers.
pub(crate) fn mask(text: &str) -> Cow<'_, str> {
    let mut masked = String::new();
    let mut from = 0;
    for marker in find(text) {
        masked.push_str(&text[from..marker.start]);
        masked.extend(std::iter::repeat_n(' ', marker.len()));
        from = marker.end;
    }
    if from == 0 {
        return Cow::Borrowed(text);
    }
    masked.push_str(&text[from..]);
    Cow::Owned(masked)
}

/// A bracket before `(` or `:` is a Markdown link or its definition, not a marker.
fn find(text: &str) -> impl Iterator<Item = Range<usize>> {
    MARKER.find_iter(text).map(|found| found.range()).filter(|range| !text[range.end..].starts_with(['(', ':']))
}
