//! Bytes that nobody is to see.

use std::fmt;

use zeroize::Zeroizing;

/// Bytes that are wiped when they are dropped and that no `Debug` shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    pub(crate) const fn new(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub fn reveal(&self) -> &[u8] {
        &self.0
    }

    /// The bytes as text; none unless they are UTF-8.
    #[must_use]
    pub fn reveal_text(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}
