//! One secret for the whole program, and a key of its own for each purpose.

mod seal;

pub use seal::Seal;

use crate::error::{Error, Result};
use crate::settings::Settings;
use hkdf::Hkdf;
use rand::RngCore;
use secrecy::{ExposeSecret, SecretBox, SecretSlice, SecretString};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use uuid::Uuid;

/// A shorter `SECRET_KEY` could be guessed.
pub const SHORTEST: usize = 32;
/// In the data folder, where no `SECRET_KEY` is configured.
const FILE: &str = "secret.key";

/// Whether two secrets are the same. Digests are compared, so the time taken says nothing about what was right.
pub fn same(left: &str, right: &str) -> bool {
    Sha256::digest(left) == Sha256::digest(right)
}

/// A key for one purpose; a leak of it says nothing about the others.
pub type Key = SecretBox<[u8; 32]>;

pub struct Secrets(SecretSlice<u8>);

impl Secrets {
    /// The configured secret, else the one in the data folder, which is made once.
    pub fn load(settings: &Settings) -> Result<Self> {
        let secret = match &settings.secret_key {
            Some(secret) => secret.clone(),
            None => kept(&settings.data_dir)?,
        };
        Ok(Self(secret.expose_secret().as_bytes().to_vec().into()))
    }

    /// The key for `purpose`, always the same one. Name what it is for and a version: `jwt v1`.
    pub fn derive(&self, purpose: &'static str) -> Key {
        let mut key = [0; 32];
        let made = Hkdf::<Sha256>::new(Some(b"folio"), self.0.expose_secret()).expand(purpose.as_bytes(), &mut key);
        debug_assert!(made.is_ok(), "32 bytes are a possible length");
        Key::new(Box::new(key))
    }
}

fn kept(folder: &Path) -> Result<SecretString> {
    let file = folder.join(FILE);
    if !file.try_exists()? {
        make(folder, &file)?;
    }
    let secret = std::fs::read_to_string(&file)?.trim().to_owned();
    if secret.len() < SHORTEST {
        return Err(Error::Conflict(format!(
            "{} holds no secret. Put it back from a backup; what is encrypted cannot be read without it.",
            file.display()
        )));
    }
    Ok(secret.into())
}

/// Written whole beside its place first, so that two programs that start together agree on one.
fn make(folder: &Path, file: &Path) -> Result<()> {
    let mut bytes = [0; 32];
    rand::rng().fill_bytes(&mut bytes);
    let text = bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    });
    let draft = folder.join(format!("{FILE}.{}", Uuid::now_v7()));
    let mut written = File::options().write(true).create_new(true).mode(0o600).open(&draft)?;
    writeln!(written, "{text}")?;
    written.sync_all()?;
    let placed = std::fs::hard_link(&draft, file);
    std::fs::remove_file(&draft)?;
    match placed {
        Err(fault) if fault.kind() != ErrorKind::AlreadyExists => Err(fault.into()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_secret_is_made_once_and_is_its_owners_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let settings = Settings::in_folder(folder.path().to_owned());
        let first = Secrets::load(&settings).expect("made").derive("a");
        let again = Secrets::load(&settings).expect("read").derive("a");
        assert_eq!(first.expose_secret(), again.expose_secret());
        let files: Vec<_> =
            std::fs::read_dir(folder.path()).expect("a folder").collect::<Result<_, _>>().expect("files");
        assert_eq!(files.len(), 1, "no draft stays");
        assert_eq!(files[0].metadata().expect("a file").permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn each_purpose_and_each_secret_has_its_own_key() {
        let keys =
            ["first secret of more than 32 characters", "other secret of more than 32 characters"].map(|secret| {
                let secrets = Secrets(secret.as_bytes().to_vec().into());
                ["jwt v1", "api keys v1"].map(|purpose| *secrets.derive(purpose).expose_secret())
            });
        let mut all = keys.concat();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 4);
    }

    #[test]
    fn a_damaged_secret_is_not_replaced() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join(FILE), "").expect("written");
        assert!(Secrets::load(&Settings::in_folder(folder.path().to_owned())).is_err());
    }
}
