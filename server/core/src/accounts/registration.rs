//! Who may make an account without an administrator: as configured, unless an administrator chose otherwise.

use super::{Accounts, Principal};
use crate::error::Result;
use crate::settings::Registration;
use crate::stored;

const NAME: &str = "registration";

impl Accounts<'_> {
    pub async fn registration(&self) -> Result<Registration> {
        let chosen = stored::read(self.0.db(), NAME).await?;
        Ok(chosen.and_then(|word| Registration::named(&word)).unwrap_or(self.0.settings().registration))
    }

    pub async fn registration_open(&self) -> Result<bool> {
        Ok(self.registration().await? == Registration::Open)
    }

    /// Chooses it for every process, also after the next start. Its record is the caller's.
    pub(crate) async fn set_registration(&self, who: &Principal, chosen: Registration) -> Result<()> {
        who.as_admin()?;
        who.as_owner()?;
        stored::write(self.0.db(), NAME, chosen.as_str()).await
    }
}
