//! Write keys: whoever types over the web shows the key of their grant besides their token.

use std::fmt;

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::set::KeySetError;

/// The key of a write grant, as it is shown once. Nobody keeps it: its hash stands in the grant.
#[derive(Clone)]
pub struct WriteKey(Zeroizing<String>);

impl WriteKey {
    /// A new one: 32 random bytes in base64url without padding.
    ///
    /// # Errors
    /// When the machine has no randomness to give.
    pub fn generate() -> Result<Self, KeySetError> {
        let mut bytes = Zeroizing::new([0_u8; 32]);
        getrandom::fill(bytes.as_mut_slice())
            .map_err(|error| KeySetError::NoRandomness(error.to_string()))?;
        let text = BASE64URL_NOPAD.encode(bytes.as_slice());
        Ok(Self(Zeroizing::new(text)))
    }

    /// The key's text: for its holder alone.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// SHA-256 of the text, lower-case hex, as a grant has it.
    #[must_use]
    pub fn sha256(&self) -> String {
        sha256(&self.0)
    }

    /// Whether a text is the key of this hash, in a time that does not tell how alike they are.
    #[must_use]
    pub fn fits(text: &str, sha256_hex: &str) -> bool {
        sha256(text).as_bytes().ct_eq(sha256_hex.as_bytes()).into()
    }
}

impl fmt::Debug for WriteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WriteKey(..)")
    }
}

fn sha256(text: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(text))
}
