//! Reports.

mod failures;
mod storage;
mod usage;

pub use failures::Failures;
pub use storage::Storage;
pub use usage::Usage;
