//! Names of artifacts: plain relative paths, the same on every system.

use std::fmt;

/// A path among an attempt's artifacts, such as `logs/agent.log`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ArtifactName(String);

/// The rule that a name breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidName {
    #[error("must have 1 to 300 bytes")]
    Length,
    #[error("must be relative, without empty parts")]
    EmptyPart,
    #[error("must not have '.' or '..' as a part")]
    DotPart,
    #[error("must not hold backslashes or control characters")]
    Character,
    #[error("must not have a part of more than 80 bytes")]
    LongPart,
}

impl ArtifactName {
    /// Checks a name as it stands, percent escapes undone once by the router.
    pub(crate) fn parse(text: &str) -> Result<Self, InvalidName> {
        if !(1..=300).contains(&text.len()) {
            return Err(InvalidName::Length);
        }
        if text.chars().any(|c| c.is_control() || c == '\\') {
            return Err(InvalidName::Character);
        }
        for part in text.split('/') {
            match part {
                "" => return Err(InvalidName::EmptyPart),
                "." | ".." => return Err(InvalidName::DotPart),
                // Stored with escapes of three bytes a byte, in file systems that take 255.
                part if part.len() > 80 => return Err(InvalidName::LongPart),
                _ => {}
            }
        }
        Ok(Self(text.to_owned()))
    }

    /// The name as text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The parts between slashes.
    pub(crate) fn parts(&self) -> impl Iterator<Item = &str> {
        self.0.split('/')
    }

    /// The last part, for the client's file name.
    pub(crate) fn file_name(&self) -> &str {
        self.parts().last().unwrap_or_default()
    }
}

impl fmt::Display for ArtifactName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // W-09
    #[test]
    fn names_are_plain_relative_paths() {
        for good in ["a", "logs/agent.log", "a b/ü.txt", "..a", "a..", "%2e%2e"] {
            assert!(ArtifactName::parse(good).is_ok(), "{good}");
        }
        let long = "a".repeat(81);
        let deep = "a/".repeat(150) + "a";
        for bad in [
            "",
            "/",
            "/etc/passwd",
            "a/",
            "a//b",
            ".",
            "..",
            "../a",
            "a/../b",
            "a/./b",
            "a\\b",
            "..\\a",
            "a\0b",
            "a\nb",
            "a\u{7f}",
            "a\u{85}",
            &long,
            &deep,
        ] {
            assert!(ArtifactName::parse(bad).is_err(), "{bad:?}");
        }
    }
}
