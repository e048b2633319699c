//! Stamps: short texts of the API to itself, signed, so that every node of it trusts what another
//! one wrote. A stamp for one use is worth nothing for another, nor is it a gate.

use data_encoding::BASE64URL_NOPAD;
use ed25519_dalek::{SIGNATURE_LENGTH, Signature, Signer as _};

use crate::{key::Key, set::KeySet};

/// What a stamp is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// To open a live terminal once.
    Ticket,
}

/// A stamp that is not good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the text was not stamped with a session key that is here")]
pub struct StampError;

impl Use {
    /// Stands before what is signed. It ends in a byte that no JSON has at its beginning, so that
    /// no stamp is the signature of a gate.
    const fn domain(self) -> &'static [u8] {
        match self {
            Self::Ticket => b"baton-ticket-v1\0",
        }
    }

    fn signed(self, text: &[u8]) -> Vec<u8> {
        [self.domain(), text].concat()
    }
}

impl KeySet {
    /// Stamps a text with the current key. The result is base64url without padding.
    #[must_use]
    pub fn stamp(&self, what_for: Use, text: &[u8]) -> String {
        let signature = self.current().signing.sign(&what_for.signed(text));
        BASE64URL_NOPAD.encode(&[signature.to_bytes().as_slice(), text].concat())
    }

    /// The text that was stamped with any key of the set.
    ///
    /// # Errors
    /// When it was not, or for another use.
    pub fn stamped(&self, what_for: Use, stamp: &str) -> Result<Vec<u8>, StampError> {
        let bytes = BASE64URL_NOPAD
            .decode(stamp.as_bytes())
            .map_err(|_| StampError)?;
        let (signature, text) = bytes.split_at_checked(SIGNATURE_LENGTH).ok_or(StampError)?;
        let signature = Signature::from_slice(signature).map_err(|_| StampError)?;
        let signed = what_for.signed(text);
        let good = |key: &Key| {
            let verifying = key.public.verifying;
            verifying.verify_strict(&signed, &signature).is_ok()
        };
        if self.keys().any(good) {
            Ok(text.to_vec())
        } else {
            Err(StampError)
        }
    }
}
