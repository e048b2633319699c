//! Secrets: made, written as text, read, hashed and compared.

use std::{fmt, fmt::Write as _};

use baton_domain::TokenKind;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

use crate::StoreError;

/// What a secret is for. Its word stands in the text, so that scanners for secrets find it and
/// people see what they hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Token(TokenKind),
    SignIn,
    Ticket,
}

impl Purpose {
    const ALL: [Self; 4] = [
        Self::Token(TokenKind::Operator),
        Self::Token(TokenKind::Worker),
        Self::SignIn,
        Self::Ticket,
    ];

    const fn word(self) -> &'static str {
        match self {
            Self::Token(kind) => kind.as_str(),
            Self::SignIn => "session",
            Self::Ticket => "ticket",
        }
    }
}

/// A secret as it is given out, once: `baton_<purpose>_<id>_<secret>`. Its `Debug` keeps it.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenText(String);

impl TokenText {
    /// The text: not for logs.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for TokenText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenText(…)")
    }
}

/// A secret that was shown: whose, and its hash.
pub(super) struct Shown {
    pub(super) purpose: Purpose,
    pub(super) id: Uuid,
    hash: [u8; 32],
}

/// Makes a secret; gives its text and its hash.
pub(super) fn make(purpose: Purpose, id: Uuid) -> Result<(TokenText, [u8; 32]), StoreError> {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).map_err(|_| StoreError::NoRandomness)?;
    let text = format!("baton_{}_{}_{}", purpose.word(), id.simple(), hex(&secret));
    Ok((TokenText(text), Sha256::digest(secret).into()))
}

/// A password that nobody chose and nobody has to type: 64 digits of hex.
///
/// # Errors
/// When the system gives no random bytes.
pub fn random_password() -> Result<String, StoreError> {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).map_err(|_| StoreError::NoRandomness)?;
    Ok(hex(&secret))
}

/// Reads a text that somebody shows; none if it is no secret of ours.
pub(super) fn read(text: &str) -> Option<Shown> {
    let rest = text.strip_prefix("baton_")?;
    let (word, rest) = rest.split_once('_')?;
    let (id, secret) = rest.split_once('_')?;
    let purpose = Purpose::ALL.into_iter().find(|p| p.word() == word)?;
    let is_plain = id.len() == 32 && secret.len() == 64;
    Some(Shown {
        purpose,
        id: Uuid::try_parse(id).ok().filter(|_| is_plain)?,
        hash: Sha256::digest(unhex(secret)?).into(),
    })
}

impl Shown {
    /// The hash of what was shown.
    pub(super) const fn hash(&self) -> &[u8; 32] {
        &self.hash
    }

    /// Whether this is the secret of that hash, in a time that does not tell how alike they are.
    pub(super) fn fits(&self, hash: &[u8]) -> bool {
        self.hash.ct_eq(hash).into()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    text.as_bytes()
        .chunks(2)
        .map(|pair| Some(digit(pair[0])? << 4 | digit(*pair.get(1)?)?))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_as_it_was_made_and_fits_only_its_own_hash() {
        for purpose in Purpose::ALL {
            let id = Uuid::now_v7();
            let (text, hash) = make(purpose, id).unwrap();
            let (_, other) = make(purpose, id).unwrap();
            let shown = read(text.reveal()).unwrap();
            assert_eq!((shown.purpose, shown.id), (purpose, id));
            assert!(shown.fits(&hash) && !shown.fits(&other) && !shown.fits(&[]));
        }
    }

    #[test]
    fn other_texts_are_nobodys() {
        let (text, _) = make(Purpose::SignIn, Uuid::nil()).unwrap();
        let good = text.reveal().to_owned();
        for bad in [
            String::new(),
            good.to_uppercase(),
            good.replace("session", "root"),
            good[..good.len() - 1].to_owned(),
            format!("{good}0"),
            format!(" {good}"),
            "baton_worker__".to_owned(),
        ] {
            assert!(read(&bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_secret_is_not_shown_by_debug() {
        let (text, _) = make(Purpose::SignIn, Uuid::nil()).unwrap();
        assert_eq!(format!("{text:?}"), "TokenText(…)");
    }
}
