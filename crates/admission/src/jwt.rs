//! The JWTs that the broker and admission exchange: JSON signed by an ed25519 key of its own form.

use data_encoding::BASE64URL_NOPAD;
use nkeys::KeyPair;
use serde::{Serialize, de::DeserializeOwned};

/// The only header there is.
const HEADER: &str = r#"{"typ":"JWT","alg":"ed25519-nkey"}"#;

/// A JWT that is not good.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JwtError {
    #[error("it is no JWT: {0}")]
    Malformed(String),
    #[error("its signature is not its issuer's")]
    Signature,
    #[error("it cannot be signed: {0}")]
    Key(String),
}

/// Claims, signed.
pub(crate) fn sign(key: &KeyPair, claims: &impl Serialize) -> Result<String, JwtError> {
    let claims = serde_json::to_vec(claims).map_err(|error| JwtError::Key(error.to_string()))?;
    let signed = format!(
        "{}.{}",
        BASE64URL_NOPAD.encode(HEADER.as_bytes()),
        BASE64URL_NOPAD.encode(&claims)
    );
    let signature = key
        .sign(signed.as_bytes())
        .map_err(|error| JwtError::Key(error.to_string()))?;
    Ok(format!("{signed}.{}", BASE64URL_NOPAD.encode(&signature)))
}

/// The claims, if the key that they name as their issuer has signed them.
pub(crate) fn verified<T: DeserializeOwned>(
    token: &[u8],
    issuer: impl FnOnce(&T) -> &str,
) -> Result<T, JwtError> {
    let malformed = |error: &dyn std::fmt::Display| JwtError::Malformed(error.to_string());
    let token = std::str::from_utf8(token).map_err(|error| malformed(&error))?;
    let (signed, signature) = token
        .rsplit_once('.')
        .ok_or_else(|| malformed(&"no parts"))?;
    let (_, claims) = signed
        .split_once('.')
        .ok_or_else(|| malformed(&"no parts"))?;
    let decode = |part: &str| {
        BASE64URL_NOPAD
            .decode(part.as_bytes())
            .map_err(|error| malformed(&error))
    };
    let signature = decode(signature)?;
    let claims: T = serde_json::from_slice(&decode(claims)?).map_err(|error| malformed(&error))?;
    KeyPair::from_public_key(issuer(&claims))
        .and_then(|key| key.verify(signed.as_bytes(), &signature))
        .map_err(|_| JwtError::Signature)?;
    Ok(claims)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn what_was_signed_is_read_and_what_was_changed_is_not() {
        let key = KeyPair::new_account();
        let token = sign(&key, &json!({"iss": key.public_key(), "n": 1})).unwrap();
        let issuer = |claims: &Value| -> String { claims["iss"].as_str().unwrap().to_owned() };
        let read = |token: &str| {
            verified::<Claims>(token.as_bytes(), |claims| &claims.iss).map(|claims| claims.n)
        };
        assert_eq!(read(&token).unwrap(), 1);
        let forged = json!({"iss": key.public_key(), "n": 2});
        assert_eq!(issuer(&forged), key.public_key());
        let other = sign(&KeyPair::new_account(), &forged).unwrap();
        assert!(matches!(read(&other), Err(JwtError::Signature)));
        for bad in ["", "a", "a.b", "a.b.c", &token[1..]] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[derive(serde::Deserialize)]
    struct Claims {
        iss: String,
        n: u32,
    }
}
