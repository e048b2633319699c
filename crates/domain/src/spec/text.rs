//! Texts with bounds.

use crate::choices::choices;

/// Why a text cannot be used; reads on after the field's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidText(pub String);

/// What an agent is told: 1 to 100,000 characters, not only spaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instructions(String);

impl Instructions {
    /// Checks the bounds.
    ///
    /// # Errors
    /// When the text is blank, too long, or holds a NUL character.
    pub fn parse(text: &str) -> Result<Self, InvalidText> {
        if text.trim().is_empty() {
            return Err(InvalidText(
                "must not be empty: say what is to be done".to_owned(),
            ));
        }
        check_bounded(text, 100_000)?;
        Ok(Self(text.to_owned()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One line for people: 1 to 200 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line(String);

impl Line {
    /// Checks the bounds.
    ///
    /// # Errors
    /// When the text is blank, too long, or has control characters.
    pub fn parse(text: &str) -> Result<Self, InvalidText> {
        let text = text.trim();
        let good = (1..=200).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        if good {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidText(
                "must be one line of 1 to 200 characters".to_owned(),
            ))
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A program and its arguments: 1 to 256 words, 100,000 characters in all, no NUL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Argv(Vec<String>);

impl Argv {
    /// Checks the bounds.
    ///
    /// # Errors
    /// When there is no program, or too much of anything.
    pub fn parse(words: &[String]) -> Result<Self, InvalidText> {
        if words
            .first()
            .is_none_or(|program| program.trim().is_empty())
        {
            return Err(InvalidText("must start with a program".to_owned()));
        }
        if words.len() > 256 {
            return Err(InvalidText(format!(
                "has {} words: 256 are allowed",
                words.len()
            )));
        }
        check_bounded(&words.concat(), 100_000)?;
        Ok(Self(words.to_vec()))
    }

    /// The program.
    #[must_use]
    pub fn program(&self) -> &str {
        &self.0[0]
    }

    /// Program and arguments.
    #[must_use]
    pub fn words(&self) -> &[String] {
        &self.0
    }
}

/// A model's name: 1 to 100 of letters, digits and `._:/@-`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelName(String);

impl ModelName {
    /// Checks the form, not whether anybody serves such a model.
    ///
    /// # Errors
    /// When the name has other characters, or starts like an option.
    pub fn parse(text: &str) -> Result<Self, InvalidText> {
        let good = (1..=100).contains(&text.len())
            && text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "._:/@-".contains(c))
            && !text.starts_with('-');
        if good {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidText(
                "must be 1 to 100 of letters, digits and ._:/@- and not start with '-'".to_owned(),
            ))
        }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

choices! {
    /// How long a model thinks.
    Effort, "effort" {
        /// Not at all.
        None = "none",
        /// Barely.
        Minimal = "minimal",
        /// A little.
        Low = "low",
        /// The usual.
        Medium = "medium",
        /// Much.
        High = "high",
        /// As much as it can.
        Xhigh = "xhigh",
    }
}

pub(in crate::spec) fn check_bounded(text: &str, max: usize) -> Result<(), InvalidText> {
    let count = text.chars().count();
    if count > max {
        return Err(InvalidText(format!(
            "has {count} characters: {max} are allowed"
        )));
    }
    if text.contains('\0') {
        return Err(InvalidText("holds a NUL character".to_owned()));
    }
    Ok(())
}
