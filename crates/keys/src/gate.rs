//! Gates: who may type, signed by the API, verified at the terminals.

use baton_wire::grant::{Gate, SignedGate};
use data_encoding::BASE64URL_NOPAD;
use ed25519_dalek::{Signature, Signer as _};

use crate::{public::PublicKey, set::KeySet};

/// A gate that is not to be obeyed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GateError {
    /// It names a key that is not among those given: fetch the API's keys anew.
    #[error("the gate is signed by the key '{0}', which is not known here")]
    UnknownKey(String),
    /// The signature is not that of the key over this payload.
    #[error("the gate's signature is not good")]
    Forged,
    /// It is signed, but says nothing that can be read here.
    #[error("the gate cannot be read: {0}")]
    Malformed(String),
    /// It is signed, in words of a later version.
    #[error("the gate is of version {0}; this build knows version {known}", known = Gate::VERSION)]
    Version(u32),
}

impl KeySet {
    /// Signs a gate with the current key.
    ///
    /// # Panics
    /// Never: a gate is always JSON.
    #[must_use]
    pub fn sign(&self, gate: &Gate) -> SignedGate {
        let payload = serde_json::to_vec(gate).expect("a gate is texts and numbers");
        let key = self.current();
        let signature = key.signing.sign(&payload);
        SignedGate {
            key_id: key.public.id().to_owned(),
            payload: BASE64URL_NOPAD.encode(&payload),
            signature: BASE64URL_NOPAD.encode(&signature.to_bytes()),
        }
    }
}

/// The gate that was signed. Whether its fence, run and attempt fit is the caller's to see.
///
/// # Errors
/// When the key is not among these, the signature is not good, or nothing of this version was
/// signed.
pub fn verify(signed: &SignedGate, keys: &[PublicKey]) -> Result<Gate, GateError> {
    let key = keys
        .iter()
        .find(|key| key.id() == signed.key_id)
        .ok_or_else(|| GateError::UnknownKey(signed.key_id.chars().take(64).collect()))?;
    let payload = decode(&signed.payload)?;
    let signature = decode(&signed.signature)?;
    let signature = Signature::from_slice(&signature).map_err(|_| GateError::Forged)?;
    key.verifying
        .verify_strict(&payload, &signature)
        .map_err(|_| GateError::Forged)?;
    read(&payload)
}

fn decode(text: &str) -> Result<Vec<u8>, GateError> {
    BASE64URL_NOPAD
        .decode(text.as_bytes())
        .map_err(|_| GateError::Forged)
}

/// The version alone, since a later one may have other fields.
#[derive(serde::Deserialize)]
struct Versioned {
    version: u32,
}

fn read(payload: &[u8]) -> Result<Gate, GateError> {
    let malformed = |error: serde_json::Error| GateError::Malformed(error.to_string());
    let Versioned { version } = serde_json::from_slice(payload).map_err(malformed)?;
    if version != Gate::VERSION {
        return Err(GateError::Version(version));
    }
    serde_json::from_slice(payload).map_err(malformed)
}
