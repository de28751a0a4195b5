//! For each word of an answer, the words at hand that are related to it.

use crate::reading::{Id, Reading, Vocabulary};
use crate::{lexicon, opposites};
use std::collections::HashMap;

/// Related words by id; worked out once for each word, not for each place.
#[derive(Default)]
pub(crate) struct Kin(HashMap<Id, Family>);

#[derive(Default)]
struct Family {
    relatives: Vec<Id>,
    opposites: Vec<Id>,
}

impl Kin {
    /// The kin of all words of the readings.
    pub fn of(readings: &[Reading], vocabulary: &Vocabulary) -> Self {
        let mut kin = Self::default();
        for token in readings.iter().flat_map(|reading| &reading.tokens) {
            kin.0.entry(token.id).or_insert_with(|| {
                let key = vocabulary.key(token.id);
                let known = |key: &str| vocabulary.get(key);
                Family {
                    relatives: lexicon::relatives(key).filter_map(|relative| known(&relative)).collect(),
                    opposites: opposites::of(key).filter_map(known).collect(),
                }
            });
        }
        kin
    }

    /// Words that are derived from this one, or this one from them.
    pub fn relatives(&self, id: Id) -> &[Id] {
        self.0.get(&id).map_or(&[], |family| &family.relatives)
    }

    /// Words that say the opposite.
    pub fn opposites(&self, id: Id) -> &[Id] {
        self.0.get(&id).map_or(&[], |family| &family.opposites)
    }
}
