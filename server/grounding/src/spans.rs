//! Byte ranges, which Rust slices by, to and from character spans, which Folio stores.

use folio_types::Span;
use std::ops::Range;

/// The characters `span` of a text; what lies beyond the end is left out.
pub fn slice(text: &str, span: Span) -> &str {
    let start = byte_of(text, span.start as usize);
    let length = span.end.saturating_sub(span.start) as usize;
    let rest = &text[start..];
    &rest[..byte_of(rest, length)]
}

/// The spans of byte ranges, which must come in order and not overlap.
pub(crate) fn spans_of(text: &str, ranges: &[Range<usize>]) -> Vec<Span> {
    let (mut byte, mut chars) = (0, 0);
    let mut advance = |to: usize| {
        chars += text[byte..to].chars().count();
        byte = to;
        u32::try_from(chars).unwrap_or(u32::MAX)
    };
    ranges.iter().map(|range| Span { start: advance(range.start), end: advance(range.end) }).collect()
}

fn byte_of(text: &str, chars: usize) -> usize {
    text.char_indices().nth(chars).map_or(text.len(), |(at, _)| at)
}
