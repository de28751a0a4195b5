//! A topic's id: short words of an address.

use crate::error::{Error, Result};
use folio_types::TopicId;
use unicode_normalization::UnicodeNormalization;

const LONGEST: usize = 80;
/// Ids that are tried when the first is taken.
const TRIES: usize = 20;

/// An id as a client wants it: small letters, digits and single hyphens.
pub fn given(id: &str) -> Result<TopicId> {
    if id.is_empty() || id.len() > LONGEST || slug(id) != id {
        return Err(Error::invalid(
            "id",
            "An id has 1 to 80 small letters, digits and hyphens, for example “bee-keeping”.",
        ));
    }
    Ok(TopicId::from(id.to_owned()))
}

/// Ids for a title, the best first.
pub fn made_of(title: &str) -> Vec<TopicId> {
    let cut: String = slug(title).chars().take(LONGEST - 3).collect();
    let first = cut.trim_end_matches('-');
    let first = if first.is_empty() { "topic" } else { first };
    let more = (2..=TRIES).map(|number| format!("{first}-{number}"));
    std::iter::once(first.to_owned()).chain(more).map(TopicId::from).collect()
}

fn slug(text: &str) -> String {
    // an accent becomes a character of its own, which is left out
    let plain: String = text.nfkd().filter(|c| c.is_ascii() || c.is_alphanumeric()).collect();
    let words = plain.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Whatever is made of a title could also have been given.
        #[test]
        fn a_made_id_is_a_valid_one(title in ".{0,200}") {
            let ids = made_of(&title);
            prop_assert!(given(ids[0].as_str()).is_ok(), "{:?}", ids[0]);
        }
    }

    #[test]
    fn a_title_is_recognized_in_its_id() {
        assert_eq!(made_of("Cerebral Aneurysm")[0].as_str(), "cerebral-aneurysm");
        assert_eq!(
            made_of("Crème brûlée & Co.")[..2],
            [TopicId::from("creme-brulee-co".to_owned()), TopicId::from("creme-brulee-co-2".to_owned())]
        );
        assert_eq!(made_of("脳")[0].as_str(), "topic");
        assert!(given("Bees").is_err() && given("a--b").is_err() && given("").is_err());
    }
}
