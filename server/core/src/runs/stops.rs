//! Ends an answer where it says what its caller asked it to stop at.
//!
//! Text is held back only for as long as it may still be the beginning of a stop.

/// Texts that end an answer, each without being part of it; none by default.
#[derive(Clone, Debug, Default)]
pub struct Stops {
    texts: Vec<String>,
    held: String,
    over: bool,
}

impl Stops {
    pub fn at(stops: Vec<String>) -> Self {
        Self { texts: stops.into_iter().filter(|stop| !stop.is_empty()).collect(), ..Self::default() }
    }

    /// What can be shown of the text so far that was not shown before.
    pub fn pass(&mut self, piece: &str) -> String {
        if self.over {
            return String::new();
        }
        self.held.push_str(piece);
        if let Some(at) = self.texts.iter().filter_map(|stop| self.held.find(stop.as_str())).min() {
            self.over = true;
            self.held.truncate(at);
            return std::mem::take(&mut self.held);
        }
        let waiting = self.held.char_indices().map(|(at, _)| at).find(|at| self.begins_a_stop(*at));
        let rest = self.held.split_off(waiting.unwrap_or(self.held.len()));
        std::mem::replace(&mut self.held, rest)
    }

    /// What is left when the model is done.
    pub fn finish(&mut self) -> String {
        std::mem::take(&mut self.held)
    }

    /// Whether a stop was met.
    pub fn is_over(&self) -> bool {
        self.over
    }

    fn begins_a_stop(&self, at: usize) -> bool {
        self.texts.iter().any(|stop| stop.starts_with(&self.held[at..]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// However a text is cut into pieces, what passes is all that stands before a stop.
        #[test]
        fn pieces_do_not_matter(pieces in prop::collection::vec("[abé]{0,3}", 0..12), stops in prop::collection::vec("[abé]{1,3}", 0..3)) {
            let whole = pieces.concat();
            let mut filter = Stops::at(stops.clone());
            let shown: String = pieces.iter().map(|piece| filter.pass(piece)).collect::<String>() + &filter.finish();
            let stops_at = |text: &str| stops.iter().any(|stop| text.starts_with(stop.as_str()));
            prop_assert!(!stops.iter().any(|stop| shown.contains(stop.as_str())));
            let rest = whole.strip_prefix(&shown);
            let is_all = rest.is_some_and(|rest| if filter.is_over() { stops_at(rest) } else { rest.is_empty() });
            prop_assert!(is_all, "of {whole:?} came {shown:?}");
        }
    }

    #[test]
    fn a_stop_cut_over_pieces_ends_the_answer() {
        let mut filter = Stops::at(vec!["\n\n".into(), "END".into()]);
        assert_eq!(filter.pass("One.\n"), "One.");
        assert_eq!(filter.pass("Two. E"), "\nTwo. ");
        assert_eq!(filter.pass("ND and more"), "");
        assert!(filter.is_over());
        assert_eq!(filter.pass("more") + &filter.finish(), "");
    }
}
