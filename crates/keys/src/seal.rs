//! Sealed boxes: what a worker encrypts so that only the API can read it.
//!
//! The run is inside the box: a box of one run that somebody moves to another does not open there.

use baton_domain::RunId;
use baton_wire::grant::Sealed;
use crypto_box::aead::OsRng;
use data_encoding::BASE64URL_NOPAD;
use zeroize::Zeroizing;

use crate::{public::PublicKey, secret::Secret, set::KeySet};

/// How many bytes of a box are the run's id.
const RUN_BYTES: usize = 16;

/// A box that stays shut.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// It was sealed to a key that is not in the set.
    #[error(
        "the secret is sealed to the session key '{0}', which is not here; put that key back, or let the session begin anew"
    )]
    UnknownKey(String),
    /// It is damaged, or sealed to another key than it says.
    #[error("the sealed secret is damaged")]
    Damaged,
    /// It was sealed for another run.
    #[error("the sealed secret is another run's")]
    OtherRun,
}

/// Seals a run's secret to one of the API's keys; the current one is the first that the API names.
///
/// # Panics
/// Never in practice: a box that fits into memory can be sealed.
#[must_use]
pub fn seal(to: &PublicKey, run: RunId, secret: &[u8]) -> Sealed {
    let mut inside = Zeroizing::new(Vec::with_capacity(RUN_BYTES + secret.len()));
    inside.extend_from_slice(run.as_uuid().as_bytes());
    inside.extend_from_slice(secret);
    let sealed = to
        .sealing
        .seal(&mut OsRng, &inside)
        .expect("a box of less than 2^36 bytes can be sealed");
    Sealed {
        key_id: to.id().to_owned(),
        sealed: BASE64URL_NOPAD.encode(&sealed),
    }
}

impl KeySet {
    /// Opens a run's secret, with whichever key of the set it was sealed to.
    ///
    /// # Errors
    /// When the key is gone, the box is damaged, or it is another run's.
    pub fn open(&self, run: RunId, sealed: &Sealed) -> Result<Secret, OpenError> {
        let key = self
            .find(&sealed.key_id)
            .ok_or_else(|| OpenError::UnknownKey(sealed.key_id.chars().take(64).collect()))?;
        let closed = BASE64URL_NOPAD
            .decode(sealed.sealed.as_bytes())
            .map_err(|_| OpenError::Damaged)?;
        let inside = key.opening.unseal(&closed).map(Zeroizing::new);
        let inside = inside.map_err(|_| OpenError::Damaged)?;
        let (whose, secret) = inside
            .split_at_checked(RUN_BYTES)
            .ok_or(OpenError::Damaged)?;
        if whose != run.as_uuid().as_bytes() {
            return Err(OpenError::OtherRun);
        }
        Ok(Secret::new(Zeroizing::new(secret.to_vec())))
    }

    /// Seals a run's secret anew, to the current key; none if it already is.
    ///
    /// # Errors
    /// As [`KeySet::open`].
    pub fn reseal(&self, run: RunId, sealed: &Sealed) -> Result<Option<Sealed>, OpenError> {
        let secret = self.open(run, sealed)?;
        let current = self.current();
        let stale = sealed.key_id != current.public.id();
        Ok(stale.then(|| seal(&current.public, run, secret.reveal())))
    }
}
