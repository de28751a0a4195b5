//! How a model is to choose its words, as far as whoever asks cares.

use crate::error::{Error, Result};

const HOTTEST: f32 = 2.0;

/// What is none is Folio's to choose.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sampling {
    /// 0 to 2; the greater, the more surprising.
    pub temperature: Option<f32>,
    /// The length of the answer at most; at least 1.
    pub max_tokens: Option<u32>,
    /// Chooses among this many likeliest tokens only; 0 among all.
    pub top_k: Option<u32>,
}

impl Sampling {
    pub(crate) fn checked(self) -> Result<Self> {
        if self.temperature.is_some_and(|temperature| !(0.0..=HOTTEST).contains(&temperature)) {
            return Err(Error::invalid("temperature", "Give a temperature of 0 to 2."));
        }
        if self.max_tokens == Some(0) {
            return Err(Error::invalid("max_tokens", "Give at least 1 as max_tokens."));
        }
        Ok(self)
    }
}
