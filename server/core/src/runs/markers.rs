//! Takes citation markers out of a model's text while it streams.
//!
//! A model's own `[1]` proves nothing; Folio attributes each sentence itself. Text is held back only from an
//! opening bracket on, and only for as long as it may still become a marker.

use folio_grounding::strip_markers;

/// A marker is not longer than this; beyond it the bracket was ordinary text.
const LONGEST: usize = 16;

#[derive(Default)]
pub struct MarkerFilter {
    held: String,
}

impl MarkerFilter {
    /// What can be shown of the text so far that was not shown before.
    pub fn pass(&mut self, piece: &str) -> String {
        self.held.push_str(piece);
        let opened = self.held.rfind(['[', '【']).filter(|&at| {
            let tail = &self.held[at..];
            !tail.contains([']', '】', '\n']) && tail.chars().count() <= LONGEST
        });
        // the space before a marker goes with it, so space waits for what follows
        let keep = self.held[..opened.unwrap_or(self.held.len())].trim_end().len();
        let rest = self.held.split_off(keep);
        let shown = std::mem::replace(&mut self.held, rest);
        strip_markers(&shown).into_owned()
    }

    /// What is left when the model is done.
    pub fn finish(&mut self) -> String {
        strip_markers(&std::mem::take(&mut self.held)).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn through(pieces: &[&str]) -> String {
        let mut filter = MarkerFilter::default();
        let mut text: String = pieces.iter().map(|piece| filter.pass(piece)).collect();
        text.push_str(&filter.finish());
        text
    }

    #[test]
    fn a_marker_cut_over_pieces_is_taken_out() {
        assert_eq!(through(&["Bees dance [", "1", "]", "."]), "Bees dance.");
        assert_eq!(through(&["Bees dance", " [1, 2]. ", "They do."]), "Bees dance. They do.");
    }

    #[test]
    fn other_brackets_stay() {
        assert_eq!(through(&["a [li", "nk](http://x) and a[i", "]"]), "a [link](http://x) and a[i]");
        assert_eq!(through(&["open [ for", "ever and ever and ever"]), "open [ forever and ever and ever");
    }
}
