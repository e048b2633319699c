//! Taking known secrets out of everything that leaves the worker. What is known is gathered once
//! for an attempt; each secret is looked for as it is and in the forms that programs print it in.
//! What this does not know, it does not find: a secret that is compressed, encrypted or printed
//! letter by letter passes.

mod event;
mod file;
mod forms;
mod known;
mod patterns;
mod stream;

use std::sync::Arc;

pub(crate) use file::{Kind, clean_copy, scan};
pub(crate) use known::known;
pub(crate) use stream::{Search, Stream};

use patterns::Patterns;

/// The shortest value that is taken for a secret, in characters. Shorter ones occur by chance, and
/// a log without them could not be read.
pub(crate) const SHORTEST: usize = 8;

/// A secret that the worker knows.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret {
    /// How people know it, such as the name of its variable.
    pub(crate) name: String,
    /// What must not be seen.
    pub(crate) value: Vec<u8>,
}

impl Secret {
    pub(crate) fn new(name: impl Into<String>, value: impl Into<Vec<u8>>) -> Self {
        let (name, value) = (name.into(), value.into());
        Self { name, value }
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Secret").field(&self.name).finish()
    }
}

/// Replaces secrets by marks such as `[redacted:NAME]`; clones know the same ones.
#[derive(Debug, Clone, Default)]
pub(crate) struct Redactor(Option<Arc<Patterns>>);

impl Redactor {
    /// A redactor for these secrets; those shorter than [`SHORTEST`] are left out.
    pub(crate) fn new(secrets: &[Secret]) -> Self {
        Self(Patterns::new(secrets).map(Arc::new))
    }

    /// For a text that comes in pieces.
    pub(crate) fn stream(&self) -> Stream {
        Stream::new(self.0.clone())
    }

    /// A whole text without its secrets.
    pub(crate) fn text(&self, text: &str) -> String {
        if self.find(text.as_bytes()).is_none() {
            return text.to_owned();
        }
        let mut stream = self.stream();
        let mut clean = stream.push(text.as_bytes());
        clean.extend(stream.finish());
        String::from_utf8_lossy(&clean).into_owned()
    }

    /// The name of a secret that stands in these bytes.
    pub(crate) fn find(&self, bytes: &[u8]) -> Option<&str> {
        self.0.as_ref()?.find(bytes)
    }

    /// Looks for a secret in bytes that come in pieces.
    pub(crate) fn search(&self) -> Search {
        Search::new(self.0.clone())
    }

    /// Whether no secret is known.
    pub(crate) const fn knows_nothing(&self) -> bool {
        self.0.is_none()
    }
}

#[cfg(test)]
mod tests;
