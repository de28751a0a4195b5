//! Finding a cited passage again on its page.

use folio_types::Span;
use std::ops::Range;

/// The bytes of `text` that hold `quote`: where `span` says, else where the words stand, else nowhere.
///
/// A book may have been read anew since it was cited, so the span alone is not believed.
pub fn locate(text: &str, span: Span, quote: &str) -> Option<Range<usize>> {
    let promised = bytes(text, span).filter(|range| &text[range.clone()] == quote);
    promised.or_else(|| {
        let quote = quote.trim();
        let start = text.find(quote).filter(|_| !quote.is_empty())?;
        Some(start..start + quote.len())
    })
}

/// The bytes of the characters `span` of `text`; none when it reaches beyond the text or is empty.
pub fn bytes(text: &str, span: Span) -> Option<Range<usize>> {
    let mut ends = text.char_indices().map(|(byte, _)| byte).chain([text.len()]);
    let length = span.end.checked_sub(span.start)?.checked_sub(1)?;
    let start = ends.nth(span.start as usize)?;
    Some(start..ends.nth(length as usize)?)
}

#[cfg(test)]
mod tests {
    use super::{bytes, locate};
    use folio_types::Span;
    use proptest::prelude::*;

    const PAGE: &str = "Größe zählt. Größe zählt nicht.";

    #[test]
    fn the_span_decides_between_equal_words() {
        assert_eq!(locate(PAGE, Span { start: 13, end: 18 }, "Größe"), Some(16..23));
    }

    #[test]
    fn words_that_moved_are_found_again() {
        assert_eq!(locate(PAGE, Span { start: 3, end: 9 }, "nicht"), PAGE.find("nicht").map(|at| at..at + 5));
        assert_eq!(locate(PAGE, Span { start: 400, end: 409 }, "fehlt"), None);
        assert_eq!(locate(PAGE, Span { start: 4, end: 2 }, ""), None);
    }

    proptest! {
        #[test]
        fn a_span_holds_its_characters(text in "\\PC{0,30}", start in 0u32..35, end in 0u32..35) {
            let wanted: String = text.chars().skip(start as usize).take(end.saturating_sub(start) as usize).collect();
            let inside = start < end && end as usize <= text.chars().count();
            prop_assert_eq!(bytes(&text, Span { start, end }).map(|range| &text[range]), inside.then_some(wanted.as_str()));
        }
    }
}
