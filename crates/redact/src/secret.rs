//! A secret as it is handed from process to process: its value travels as base64, since it need
//! not be a text. Whoever writes one keeps it off disks and command lines.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// A secret that is known.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret {
    /// How people know it, such as the name of its variable.
    pub name: String,
    /// What must not be seen.
    #[serde(serialize_with = "write", deserialize_with = "read")]
    pub value: Vec<u8>,
}

impl Secret {
    /// A secret with its name.
    pub fn new(name: impl Into<String>, value: impl Into<Vec<u8>>) -> Self {
        let (name, value) = (name.into(), value.into());
        Self { name, value }
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Secret").field(&self.name).finish()
    }
}

fn write<S: Serializer>(value: &[u8], to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&STANDARD.encode(value))
}

fn read<'a, D: Deserializer<'a>>(from: D) -> Result<Vec<u8>, D::Error> {
    let text = String::deserialize(from)?;
    // What is wrong with it would be said with a part of it.
    let decoded = STANDARD.decode(text);
    decoded.map_err(|_| D::Error::custom("a secret's value is not base64"))
}

#[cfg(test)]
mod tests {
    use super::*;

    // W-10
    #[test]
    fn a_secret_of_any_bytes_travels_and_is_never_shown() {
        let secret = Secret::new("KEY", [0xff, 0, b'x']);
        let sent = serde_json::to_string(&secret).unwrap();
        assert_eq!(sent, r#"{"name":"KEY","value":"/wB4"}"#);
        assert_eq!(serde_json::from_str::<Secret>(&sent).unwrap(), secret);
        assert_eq!(format!("{secret:?}"), r#"Secret("KEY")"#);
        let wrong = serde_json::from_str::<Secret>(r#"{"name":"K","value":"hunter2!"}"#);
        assert!(!wrong.unwrap_err().to_string().contains("hunter2"));
    }
}
