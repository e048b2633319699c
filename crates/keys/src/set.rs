//! The keys of an installation, as one file holds them. The first is the current one: it signs, and
//! workers seal to it. The others are kept for what they sealed or signed before.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize as _, Zeroizing};

use crate::{
    key::Key,
    public::{KEY_BYTES, PublicKey},
};

/// How many keys a set holds at most: the current one and those before it.
pub const MAX_KEYS: usize = 16;

const VERSION: u32 = 1;

/// Keys, the current one first; at least one.
#[derive(Clone)]
pub struct KeySet {
    keys: Vec<Key>,
}

/// A set of keys that cannot be read or made.
#[derive(Debug, thiserror::Error)]
pub enum KeySetError {
    /// It is no JSON of a key set. What the parser says is left out: it may quote a secret.
    #[error(
        "this is no set of session keys (wrong at line {line}, column {column}); make one with `baton keys generate`"
    )]
    Malformed {
        /// Where, from 1.
        line: usize,
        /// Where, from 1.
        column: usize,
    },
    /// Another version wrote it.
    #[error("the set of session keys is of version {0}; this build reads version {VERSION}")]
    Version(u32),
    /// It is empty.
    #[error("the set of session keys is empty; make one with `baton keys generate`")]
    Empty,
    /// It is too long.
    #[error(
        "the set has {0} session keys, more than {MAX_KEYS}; drop the oldest, whose secrets `baton keys reseal` has replaced"
    )]
    TooMany(usize),
    /// A key's secret is none.
    #[error("session key {number}: '{field}' is not 32 bytes in base64url without padding")]
    Secret {
        /// Which, from 1.
        number: usize,
        /// Which half.
        field: &'static str,
    },
    /// A key's id is not what follows from its halves.
    #[error("session key {number} is damaged: its id says '{id}', its halves '{is}'")]
    Damaged {
        /// Which, from 1.
        number: usize,
        /// The id in the file.
        id: String,
        /// The id of what is there.
        is: String,
    },
    /// The same key twice.
    #[error("session key '{0}' is there twice; remove one")]
    Twice(String),
    /// The machine has no randomness to give.
    #[error("the machine gives no random bytes: {0}")]
    NoRandomness(String),
}

/// As the file has it.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SetText {
    version: u32,
    keys: Vec<KeyText>,
}

/// A key as the file has it.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct KeyText {
    id: String,
    signing_secret: Zeroizing<String>,
    opening_secret: Zeroizing<String>,
}

impl KeySet {
    /// A set of one new key.
    ///
    /// # Errors
    /// When the machine has no randomness to give.
    pub fn generate() -> Result<Self, KeySetError> {
        Ok(Self {
            keys: vec![new_key()?],
        })
    }

    /// The set with a new key before all others.
    ///
    /// # Errors
    /// When it is full, or the machine has no randomness to give.
    pub fn rotated(&self) -> Result<Self, KeySetError> {
        if self.keys.len() >= MAX_KEYS {
            return Err(KeySetError::TooMany(self.keys.len() + 1));
        }
        let mut keys = vec![new_key()?];
        keys.extend(self.keys.iter().cloned());
        Ok(Self { keys })
    }

    /// The set with the newest keys only; at least the current one stays.
    #[must_use]
    pub fn newest(&self, count: usize) -> Self {
        Self {
            keys: self.keys.iter().take(count.max(1)).cloned().collect(),
        }
    }

    /// Reads a set from the JSON of its file.
    ///
    /// # Errors
    /// When it is no set of keys; no error quotes a secret.
    pub fn from_json(text: &str) -> Result<Self, KeySetError> {
        let set: SetText = serde_json::from_str(text).map_err(|error| KeySetError::Malformed {
            line: error.line(),
            column: error.column(),
        })?;
        if set.version != VERSION {
            return Err(KeySetError::Version(set.version));
        }
        match set.keys.len() {
            0 => return Err(KeySetError::Empty),
            1..=MAX_KEYS => {}
            count => return Err(KeySetError::TooMany(count)),
        }
        let keys: Vec<Key> = set
            .keys
            .iter()
            .zip(1..)
            .map(read)
            .collect::<Result<_, _>>()?;
        match repeated(&keys) {
            Some(id) => Err(KeySetError::Twice(id.to_owned())),
            None => Ok(Self { keys }),
        }
    }

    /// The JSON of the set's file, with the secrets in it.
    ///
    /// # Panics
    /// Never: such a set is always JSON.
    #[must_use]
    pub fn to_json(&self) -> Zeroizing<String> {
        let keys = self.keys.iter().map(|key| {
            let mut opening = key.opening.to_bytes();
            let opening_secret = Zeroizing::new(BASE64URL_NOPAD.encode(&opening));
            opening.zeroize();
            KeyText {
                id: key.public.id().to_owned(),
                signing_secret: Zeroizing::new(BASE64URL_NOPAD.encode(key.signing.as_bytes())),
                opening_secret,
            }
        });
        let set = SetText {
            version: VERSION,
            keys: keys.collect(),
        };
        let mut text = serde_json::to_string_pretty(&set).expect("texts and a number are JSON");
        text.push('\n');
        Zeroizing::new(text)
    }

    /// The public parts, the current one first.
    #[must_use]
    pub fn public(&self) -> Vec<PublicKey> {
        self.keys.iter().map(|key| key.public.clone()).collect()
    }

    /// The id of the current key.
    #[must_use]
    pub fn current_id(&self) -> &str {
        self.current().public.id()
    }

    pub(crate) fn current(&self) -> &Key {
        &self.keys[0]
    }

    pub(crate) fn find(&self, id: &str) -> Option<&Key> {
        self.keys.iter().find(|key| key.public.id() == id)
    }
}

impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.keys.iter().map(|key| key.public.id()))
            .finish()
    }
}

fn new_key() -> Result<Key, KeySetError> {
    Key::generate().map_err(|error| KeySetError::NoRandomness(error.to_string()))
}

fn read((text, number): (&KeyText, usize)) -> Result<Key, KeySetError> {
    let half = |field, text: &str| {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).map(Zeroizing::new);
        bytes
            .ok()
            .and_then(|bytes| <[u8; KEY_BYTES]>::try_from(bytes.as_slice()).ok())
            .map(Zeroizing::new)
            .ok_or(KeySetError::Secret { number, field })
    };
    let signing = half("signingSecret", &text.signing_secret)?;
    let opening = half("openingSecret", &text.opening_secret)?;
    let key = Key::new(&signing, *opening);
    if key.public.id() == text.id {
        return Ok(key);
    }
    Err(KeySetError::Damaged {
        number,
        id: text.id.clone(),
        is: key.public.id().to_owned(),
    })
}

fn repeated(keys: &[Key]) -> Option<&str> {
    keys.iter().enumerate().find_map(|(at, key)| {
        let id = key.public.id();
        let earlier = keys[..at].iter().any(|other| other.public.id() == id);
        earlier.then_some(id)
    })
}
