//! One pair of keys: one to sign with, one to open sealed boxes with.

use std::fmt;

use ed25519_dalek::SigningKey;
use zeroize::Zeroizing;

use crate::public::{KEY_BYTES, PublicKey};

/// One of the API's keys. Its id follows from its public part, so that nobody can give it another.
#[derive(Clone)]
pub(crate) struct Key {
    pub(crate) signing: SigningKey,
    pub(crate) opening: crypto_box::SecretKey,
    pub(crate) public: PublicKey,
}

impl Key {
    pub(crate) fn new(signing: &[u8; KEY_BYTES], opening: [u8; KEY_BYTES]) -> Self {
        let signing = SigningKey::from_bytes(signing);
        let opening = crypto_box::SecretKey::from_bytes(opening);
        let public = PublicKey::of(&signing, &opening);
        Self {
            signing,
            opening,
            public,
        }
    }

    /// A new one.
    ///
    /// # Errors
    /// When the machine has no randomness to give.
    pub(crate) fn generate() -> Result<Self, getrandom::Error> {
        let mut halves = Zeroizing::new([[0_u8; KEY_BYTES]; 2]);
        getrandom::fill(halves.as_flattened_mut())?;
        Ok(Self::new(&halves[0], halves[1]))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key")
            .field("id", &self.public.id())
            .finish_non_exhaustive()
    }
}
