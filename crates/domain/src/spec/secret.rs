//! Secrets that a task asks for by name: the value stays on the worker that does it.

use std::fmt;

use super::text::InvalidText;

/// A secret for the agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskSecret {
    /// The variable in which the agent finds it.
    pub name: VariableName,
    /// Where the worker takes it from.
    pub from: SecretSource,
}

/// Where a worker takes a secret from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SecretSource {
    /// A variable of the worker's own environment.
    Environment(VariableName),
}

impl SecretSource {
    /// Reads `env:NAME`.
    ///
    /// # Errors
    /// When the text is of another form.
    pub fn parse(text: &str) -> Result<Self, InvalidText> {
        let Some(name) = text.strip_prefix("env:") else {
            return Err(InvalidText(
                "must be 'env:NAME', the name of a variable of the worker".to_owned(),
            ));
        };
        check_variable(name).map(|()| Self::Environment(VariableName(name.to_owned())))
    }
}

impl fmt::Display for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment(name) => write!(f, "env:{}", name.as_str()),
        }
    }
}

/// A variable's name: a letter or `_`, then letters, digits and `_`, at most 100.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct VariableName(String);

/// What would change how programs are found or run, rather than tell them something.
const RESERVED: &[&str] = &[
    "PATH",
    "HOME",
    "USER",
    "SHELL",
    "IFS",
    "ENV",
    "BASH_ENV",
    "TMPDIR",
    "CODEX_HOME",
    "NODE_OPTIONS",
];
const RESERVED_PREFIXES: &[&str] = &["BATON_", "GIT_", "LD_", "DYLD_"];

impl VariableName {
    /// Checks the form, and that the name is free for tasks.
    ///
    /// # Errors
    /// When the name has other characters, or means something to programs or to Baton.
    pub fn parse(text: &str) -> Result<Self, InvalidText> {
        check_variable(text)?;
        let reserved = RESERVED.contains(&text)
            || RESERVED_PREFIXES
                .iter()
                .any(|prefix| text.starts_with(prefix));
        if reserved {
            return Err(InvalidText(format!(
                "is '{text}', which steers programs: use another name"
            )));
        }
        Ok(Self(text.to_owned()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn check_variable(name: &str) -> Result<(), InvalidText> {
    let letters = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let good = letters
        && (1..=100).contains(&name.len())
        && !name.starts_with(|c: char| c.is_ascii_digit());
    if good {
        Ok(())
    } else {
        Err(InvalidText(
            "must name a variable: a letter or '_', then letters, digits and '_', at most 100"
                .to_owned(),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // W-09
    #[test]
    fn only_free_variables_are_taken() {
        for good in ["NPM_TOKEN", "_x", "a1"] {
            assert!(VariableName::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "1A",
            "A-B",
            "A=B",
            "PATH",
            "LD_PRELOAD",
            "GIT_DIR",
            "BATON_X",
            "ä",
        ] {
            assert!(VariableName::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(
            SecretSource::parse("env:A_B").unwrap().to_string(),
            "env:A_B"
        );
        for bad in ["A_B", "file:/etc/passwd", "env:", "env:A B"] {
            assert!(SecretSource::parse(bad).is_err(), "{bad}");
        }
    }
}
