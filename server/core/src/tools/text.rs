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

/// Marks of direction, and the tags in which words can be hidden from people.
fn is_hidden(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}' | '\u{E0000}'..='\u{E007F}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_shown_is_short_and_harmless(text in ".*", most in 0_usize..200) {
            let shown = bounded(&text, most);
            prop_assert!(shown.len() <= most + 40);
            prop_assert!(shown.chars().all(|c| matches!(c, '\n' | '\t') || !c.is_control()));
        }
    }

    #[test]
    fn hidden_words_are_gone() {
        assert_eq!(cleaned("a\u{1b}[31mb\u{202e}c\u{E0041}d\0\r\n"), "a[31mbcd\n");
        assert_eq!(bounded("abcä", 4), "abc\n… (cut here: it was 1 KiB)");
    }
}
