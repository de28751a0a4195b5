//! What servers say, made fit to be shown.

/// Text without characters that move the cursor, ring, turn the direction of writing round or cannot be seen at all.
pub fn cleaned(text: &str) -> String {
    text.chars().filter(|c| matches!(c, '\n' | '\t') || !(c.is_control() || is_hidden(*c))).collect()
}

/// A cleaned text of at most `most` bytes, with a note where it was cut.
pub fn bounded(text: &str, most: usize) -> String {
    let text = cleaned(text);
    if text.len() <= most {
        return text;
    }
    let end = (0..=most).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    format!("{}\n… (cut here: it was {} KiB)", &text[..end], text.len().div_ceil(1024))
}

/// A line of at most `most` characters.
pub fn line(text: &str, most: usize) -> String {
    let line = cleaned(text).split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= most { line } else { line.chars().take(most).chain(['…']).collect() }
}

/// Marks of direction and of nothing, and the tags and variations in which words can be hidden from people. Some emoji
/// come apart without theirs.
fn is_hidden(c: char) -> bool {
    let direction =
        matches!(c, '\u{061C}' | '\u{200E}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    let nothing = matches!(c, '\u{00AD}' | '\u{200B}'..='\u{200D}' | '\u{2060}'..='\u{2064}' | '\u{FEFF}');
    let variation = matches!(c, '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}');
    direction || nothing || variation || matches!(c, '\u{E0000}'..='\u{E007F}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What nobody sees, written down once more.
    const HIDDEN: [(char, char); 10] = [
        ('\u{AD}', '\u{AD}'),
        ('\u{61C}', '\u{61C}'),
        ('\u{200B}', '\u{200F}'),
        ('\u{202A}', '\u{202E}'),
        ('\u{2060}', '\u{2064}'),
        ('\u{2066}', '\u{2069}'),
        ('\u{FE00}', '\u{FE0F}'),
        ('\u{FEFF}', '\u{FEFF}'),
        ('\u{E0000}', '\u{E007F}'),
        ('\u{E0100}', '\u{E01EF}'),
    ];

    fn hidden() -> impl Strategy<Value = char> {
        proptest::sample::select(HIDDEN.to_vec()).prop_flat_map(|(first, last)| proptest::char::range(first, last))
    }

    /// Any text with much that is hidden in it.
    fn text() -> impl Strategy<Value = String> {
        let pieces = proptest::collection::vec(prop_oneof![".{0,9}", hidden().prop_map(String::from)], 0..30);
        pieces.prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn what_is_shown_is_short_and_harmless(text in text(), most in 0_usize..200) {
            let shown = bounded(&text, most);
            prop_assert!(shown.len() <= most + 40);
            prop_assert!(shown.chars().all(|c| matches!(c, '\n' | '\t') || !c.is_control()));
            prop_assert!(!shown.chars().any(|c| HIDDEN.iter().any(|(first, last)| (*first..=*last).contains(&c))));
        }

        #[test]
        fn hiding_something_changes_nothing(seen in "[a-zA-Zäöü ]{0,20}", at in 0_usize..20, hidden in hidden()) {
            let at = seen.char_indices().map(|(at, _)| at).nth(at).unwrap_or(seen.len());
            prop_assert_eq!(cleaned(&format!("{}{hidden}{}", &seen[..at], &seen[at..])), seen);
        }
    }

    #[test]
    fn hidden_words_are_gone() {
        assert_eq!(cleaned("a\u{1b}[31mb\u{202e}c\u{E0041}d\0\r\n"), "a[31mbcd\n");
        assert_eq!(bounded("abcä", 4), "abc\n… (cut here: it was 1 KiB)");
    }
}
