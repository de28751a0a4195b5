//! What became of several things that were to be deleted one after the other.

use crate::error::{Error, Result};

#[derive(Debug, Default)]
pub struct Tally {
    pub deleted: usize,
    pub gone: usize,
    pub kept: usize,
}

/// What became of one of them.
pub enum Fate {
    Deleted,
    /// Somebody was quicker.
    Gone,
    Kept(Error),
}

impl Tally {
    pub fn count(&mut self, outcome: Result<()>) -> Fate {
        match outcome {
            Ok(()) => {
                self.deleted += 1;
                Fate::Deleted
            }
            Err(Error::NotFound(_)) => {
                self.gone += 1;
                Fate::Gone
            }
            Err(fault) => {
                self.kept += 1;
                Fate::Kept(fault)
            }
        }
    }

    /// The whole truth; `why` says where the reasons stand.
    pub fn words(&self, one: &str, many: &str, why: &str) -> String {
        let noun = if self.deleted == 1 { one } else { many };
        let mut text = format!("{} {noun} deleted.", self.deleted);
        if self.gone > 0 {
            text = format!("{text} {} had gone already.", self.gone);
        }
        if self.kept > 0 {
            text = format!("{text} {} could not be deleted; {why}", self.kept);
        }
        text
    }
}
