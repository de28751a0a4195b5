//! Secrets of others, kept so that the database alone does not give them away.

use super::{Key, Secrets};
use crate::error::{Error, Result};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use rand::RngCore;
use secrecy::{ExposeSecret, SecretString};

const NONCE: usize = 24;
/// The first byte of what is stored, so that another method can follow.
const VERSION: u8 = 1;

/// Encrypts with XChaCha20-Poly1305 under a key of one purpose.
pub struct Seal(Key);

impl Secrets {
    /// See [`Secrets::derive`].
    pub fn seal(&self, purpose: &'static str) -> Seal {
        Seal(self.derive(purpose))
    }
}

impl Seal {
    /// What may be stored of `secret`. It can be opened again only for the same `place`: whose it is and what for.
    pub fn close(&self, place: &[u8], secret: &SecretString) -> Result<Vec<u8>> {
        let mut nonce = [0; NONCE];
        rand::rng().fill_bytes(&mut nonce);
        let payload = Payload { msg: secret.expose_secret().as_bytes(), aad: place };
        let sealed = self.cipher().encrypt(&XNonce::from(nonce), payload);
        let sealed = sealed.map_err(|_| Error::internal("a secret could not be encrypted"))?;
        Ok([&[VERSION], &nonce[..], &sealed].concat())
    }

    /// The secret, or none where it was moved, damaged, or made under another `SECRET_KEY`.
    pub fn open(&self, place: &[u8], stored: &[u8]) -> Option<SecretString> {
        let (version, rest) = stored.split_first()?;
        let (nonce, sealed) = rest.split_at_checked(NONCE)?;
        if *version != VERSION {
            return None;
        }
        let nonce: [u8; NONCE] = nonce.try_into().ok()?;
        let opened = self.cipher().decrypt(&XNonce::from(nonce), Payload { msg: sealed, aad: place }).ok()?;
        String::from_utf8(opened).ok().map(SecretString::from)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(self.0.expose_secret().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use secrecy::SecretBox;

    fn seal(key: u8) -> Seal {
        Seal(SecretBox::new(Box::new([key; 32])))
    }

    proptest! {
        #[test]
        fn what_was_closed_opens_in_its_place_only(secret in ".*", place in any::<Vec<u8>>(), other in any::<Vec<u8>>()) {
            let sealed = seal(1).close(&place, &secret.clone().into()).expect("closed");
            let opened = seal(1).open(&place, &sealed).expect("opened");
            prop_assert_eq!(opened.expose_secret(), &secret);
            prop_assert_eq!(seal(1).open(&other, &sealed).is_some(), other == place);
            prop_assert!(seal(2).open(&place, &sealed).is_none());
        }

        #[test]
        fn a_changed_byte_is_noticed(at in any::<prop::sample::Index>(), by in 1_u8..) {
            let mut sealed = seal(1).close(b"here", &"sk-secret".to_owned().into()).expect("closed");
            let at = at.index(sealed.len());
            sealed[at] ^= by;
            prop_assert!(seal(1).open(b"here", &sealed).is_none());
        }

        #[test]
        fn nonsense_is_not_opened(stored in any::<Vec<u8>>()) {
            prop_assert!(seal(1).open(b"here", &stored).is_none());
        }
    }

    #[test]
    fn the_same_secret_never_looks_the_same_twice() {
        let secret = "sk-secret".to_owned().into();
        assert_ne!(seal(1).close(b"", &secret).expect("closed"), seal(1).close(b"", &secret).expect("closed"));
    }
}
