//! What Folio was used for, what it keeps, and which books it could not read. For administrators.

mod failures;
mod storage;
mod usage;

pub use failures::Failure;
pub use storage::Storage;
pub(crate) use usage::DAY;
pub use usage::{Share, Usage};

use crate::Core;
use crate::accounts::Principal;
use crate::error::{Error, Result};
use folio_types::Role;

pub struct Reports<'a>(pub(crate) &'a Core);

impl Reports<'_> {
    fn admins_only(who: &Principal) -> Result<()> {
        if who.role >= Role::Admin {
            return Ok(());
        }
        Err(Error::Denied("Reports need the right “administrator”.".into()))
    }
}
