//! Name and password with every request. A password that was right a moment ago is not hashed again.

use super::{Lease, Proof};
use crate::accounts::password::Right;
use crate::accounts::principal::Reach;
use crate::accounts::{Accounts, normal_email, wrong_password};
use crate::error::Result;
use crate::secrets::same;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

impl Accounts<'_> {
    /// The access of the shared credential, or of somebody's own e-mail address and password.
    pub async fn basic(&self, user: &str, password: SecretString) -> Result<Lease> {
        let access = self.0.access();
        if let Some(shared) = &self.0.settings().shared_credential
            && same(&shared.user, user)
            && same(shared.password.expose_secret(), password.expose_secret())
            && let Some(user) = access.shared.get().copied()
        {
            return self.admit(Proof::Known { user, reach: Reach::Write }).await?.ok_or_else(wrong_password);
        }
        let email = normal_email(user);
        let mut key = Sha256::new_with_prefix(access.salt);
        key.update(Sha256::digest(&email));
        key.update(password.expose_secret());
        let key: [u8; 32] = key.finalize().into();
        // the second time it is not the remembered hash that is compared
        for _ in 0..2 {
            let known = access.passwords.try_get_with(key, self.check(&email, password.clone())).await;
            let Right { user, hash } = known.map_err(|fault| (*fault).clone())?;
            if let Some(lease) = self.admit(Proof::Password { user, hash }).await? {
                return Ok(lease);
            }
            access.passwords.invalidate(&key).await;
        }
        Err(wrong_password())
    }

    /// Makes the account behind the shared credential, where one is configured.
    pub(crate) async fn ensure_shared(&self) -> Result<()> {
        if let Some(shared) = &self.0.settings().shared_credential {
            let user = self.shared_user(&shared.user).await?;
            self.0.access().shared.get_or_init(|| user);
        }
        Ok(())
    }
}
