//! The one place that asks what time it is.

use folio_types::Millis;
use std::time::{SystemTime, UNIX_EPOCH};

pub fn now() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Millis::try_from(since.as_millis()).unwrap_or(Millis::MAX)
}
