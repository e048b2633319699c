//! Taking known secrets out of everything that leaves the machine. Each secret is looked for as it
//! is and in the forms that programs print it in. What this does not know, it does not find: a
//! secret that is compressed, encrypted or printed letter by letter passes. Nothing here reads a
//! file or an environment: secrets are handed in.

mod forms;
mod patterns;
mod secret;
mod stream;
mod telling;

use std::sync::Arc;

pub use secret::Secret;
pub use stream::{Search, Stream};
pub use telling::{in_login, in_setting, is_telling, password_in_url};

use patterns::Patterns;

/// The shortest value that is taken for a secret, in characters. Shorter ones occur by chance, and
/// a log without them could not be read.
pub const SHORTEST: usize = 8;

/// Finds secrets and puts something else in their places; clones know the same ones.
#[derive(Debug, Clone, Default)]
pub struct Redactor {
    patterns: Option<Arc<Patterns>>,
    cover: Cover,
}

/// What stands in a secret's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Cover {
    /// A mark with its name, such as `[redacted:NAME]`: for logs.
    #[default]
    Mark,
    /// A `*` for every byte, so that what comes after stays where it was: for terminals.
    SameLength,
}

impl Redactor {
    /// A redactor that puts marks into the places of these secrets; those shorter than
    /// [`SHORTEST`] are left out.
    #[must_use]
    pub fn new(secrets: &[Secret]) -> Self {
        Self {
            patterns: Patterns::new(secrets).map(Arc::new),
            cover: Cover::Mark,
        }
    }

    /// The same secrets under another cover.
    #[must_use]
    pub fn covering(&self, cover: Cover) -> Self {
        Self {
            patterns: self.patterns.clone(),
            cover,
        }
    }

    /// For a text that comes in pieces.
    #[must_use]
    pub fn stream(&self) -> Stream {
        Stream::new(self.patterns.clone(), self.cover)
    }

    /// A whole text without its secrets.
    #[must_use]
    pub fn text(&self, text: &str) -> String {
        if self.find(text.as_bytes()).is_none() {
            return text.to_owned();
        }
        let mut stream = self.stream();
        let mut clean = stream.push(text.as_bytes());
        clean.extend(stream.finish());
        String::from_utf8_lossy(&clean).into_owned()
    }

    /// The name of a secret that stands in these bytes.
    #[must_use]
    pub fn find(&self, bytes: &[u8]) -> Option<&str> {
        self.patterns.as_ref()?.find(bytes)
    }

    /// Looks for a secret in bytes that come in pieces.
    #[must_use]
    pub fn search(&self) -> Search {
        Search::new(self.patterns.clone())
    }

    /// Whether no secret is known.
    #[must_use]
    pub const fn knows_nothing(&self) -> bool {
        self.patterns.is_none()
    }
}

#[cfg(test)]
mod tests;
