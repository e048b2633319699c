//! What everybody may know of a key: by it hosts verify and workers seal.

use baton_wire::http::PublicKeyInfo;
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use ed25519_dalek::{SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};

/// The length of each half of a key, in bytes.
pub(crate) const KEY_BYTES: usize = 32;

/// How many bytes of the hash are a key's id.
const ID_BYTES: usize = 8;

/// The public part of one of the API's keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    id: String,
    pub(crate) verifying: VerifyingKey,
    pub(crate) sealing: crypto_box::PublicKey,
}

/// A public key that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKey {
    /// A half is no key.
    #[error("the key '{id}' is malformed: '{field}' is no {what} key in base64url")]
    Malformed {
        /// Which key.
        id: String,
        /// Which half.
        field: &'static str,
        /// What it should be.
        what: &'static str,
    },
    /// The id is that of other halves.
    #[error("the key '{id}' is not what its id says")]
    OtherId {
        /// The id given.
        id: String,
    },
}

impl PublicKey {
    pub(crate) fn of(signing: &SigningKey, opening: &crypto_box::SecretKey) -> Self {
        Self::new(signing.verifying_key(), opening.public_key())
    }

    fn new(verifying: VerifyingKey, sealing: crypto_box::PublicKey) -> Self {
        let hash = Sha256::new()
            .chain_update(verifying.as_bytes())
            .chain_update(sealing.as_bytes())
            .finalize();
        Self {
            id: HEXLOWER.encode(&hash[..ID_BYTES]),
            verifying,
            sealing,
        }
    }

    /// The key's id: 16 hex digits that follow from both its halves.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// As it is sent.
    #[must_use]
    pub fn to_wire(&self) -> PublicKeyInfo {
        PublicKeyInfo {
            key_id: self.id.clone(),
            signing: BASE64URL_NOPAD.encode(self.verifying.as_bytes()),
            sealing: BASE64URL_NOPAD.encode(self.sealing.as_bytes()),
        }
    }

    /// From what was sent.
    ///
    /// # Errors
    /// When a half is no key, or the id is not that of the halves.
    pub fn from_wire(sent: &PublicKeyInfo) -> Result<Self, InvalidKey> {
        let malformed = |field, what| InvalidKey::Malformed {
            id: sent.key_id.clone(),
            field,
            what,
        };
        let verifying = decode(&sent.signing)
            .and_then(|bytes| VerifyingKey::from_bytes(&bytes).ok())
            .filter(|key| !key.is_weak())
            .ok_or_else(|| malformed("signing", "Ed25519"))?;
        let sealing = decode(&sent.sealing).ok_or_else(|| malformed("sealing", "X25519"))?;
        let key = Self::new(verifying, crypto_box::PublicKey::from(sealing));
        if key.id == sent.key_id {
            Ok(key)
        } else {
            Err(InvalidKey::OtherId {
                id: sent.key_id.clone(),
            })
        }
    }
}

fn decode(text: &str) -> Option<[u8; KEY_BYTES]> {
    let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
    bytes.try_into().ok()
}
