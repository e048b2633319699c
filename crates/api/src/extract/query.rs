//! Query parameters, each taken once by name; what nobody takes is refused.

use std::{collections::BTreeMap, fmt::Display, str::FromStr};

use axum::{
    extract::{FromRequestParts, Query},
    http::request::Parts,
};
use baton_domain::Position;
use baton_wire::FieldError;

use crate::problem::{Kind, Problem};

/// The parameters of a request, with what is wrong so far.
#[derive(Debug)]
pub(crate) struct Pairs {
    given: BTreeMap<String, String>,
    errors: Vec<FieldError>,
}

impl<S: Send + Sync> FromRequestParts<S> for Pairs {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Query(given) = Query::<Vec<(String, String)>>::from_request_parts(parts, state)
            .await
            .map_err(|error| Problem::new(Kind::InvalidQuery, error.body_text()))?;
        let mut pairs = Self {
            given: BTreeMap::new(),
            errors: Vec::new(),
        };
        for (name, value) in given {
            if pairs.given.insert(name.clone(), value).is_some() {
                pairs.note(&name, "is given more than once");
            }
        }
        Ok(pairs)
    }
}

impl Pairs {
    /// Takes a parameter as text of at most so many characters; an empty one counts as absent.
    pub(crate) fn text(&mut self, name: &str, max: usize) -> Option<String> {
        let value = self.given.remove(name).filter(|value| !value.is_empty())?;
        if value.chars().count() <= max && !value.contains('\0') {
            return Some(value);
        }
        self.note(name, format!("must have at most {max} characters"));
        None
    }

    /// Takes a parameter as another type; the rule is what is said if it is none.
    pub(crate) fn parsed<T: FromStr>(&mut self, name: &str, rule: &str) -> Option<T> {
        let value = self.given.remove(name).filter(|value| !value.is_empty())?;
        let parsed = value.parse().ok();
        if parsed.is_none() {
            self.note(name, rule);
        }
        parsed
    }

    /// Takes a parameter by a check that says itself what is wrong.
    pub(crate) fn checked<T, E: Display>(
        &mut self,
        name: &str,
        check: impl FnOnce(String) -> Result<T, E>,
    ) -> Option<T> {
        let value = self.given.remove(name).filter(|value| !value.is_empty())?;
        match check(value) {
            Ok(value) => Some(value),
            Err(error) => {
                self.note(name, error);
                None
            }
        }
    }

    /// Takes a position.
    pub(crate) fn position(&mut self, name: &str) -> Option<Position> {
        let rule = "must be a position, as events carry it";
        let number: u64 = self.parsed(name, rule)?;
        let position = Position::new(number).ok();
        if position.is_none() {
            self.note(name, rule);
        }
        position
    }

    /// Takes a list of values separated by commas.
    pub(crate) fn list<T: FromStr>(&mut self, name: &str, rule: &str) -> Vec<T> {
        let value = self.given.remove(name).unwrap_or_default();
        let words = value.split(',').filter(|word| !word.is_empty());
        let parsed: Option<Vec<T>> = words.map(|word| word.parse().ok()).collect();
        parsed.unwrap_or_else(|| {
            self.note(name, rule);
            Vec::new()
        })
    }

    /// Takes a number within bounds, or the default if it is absent.
    pub(crate) fn number(&mut self, name: &str, min: u32, max: u32, default: u32) -> u32 {
        let rule = format!("must be a number from {min} to {max}");
        let value = self.parsed(name, &rule).unwrap_or(default);
        if (min..=max).contains(&value) {
            return value;
        }
        self.note(name, &rule);
        default
    }

    /// Notes that a parameter is wrong.
    pub(crate) fn note(&mut self, name: &str, message: impl Display) {
        self.errors.push(FieldError {
            field: name.chars().take(100).collect(),
            message: message.to_string(),
        });
    }

    /// Ends the taking: what is left is unknown.
    pub(crate) fn finish(mut self) -> Result<(), Problem> {
        let unknown: Vec<String> = self.given.keys().cloned().collect();
        for name in unknown {
            self.note(&name, "is unknown here");
        }
        if self.errors.is_empty() {
            return Ok(());
        }
        Err(Problem::with_fields(Kind::InvalidQuery, self.errors))
    }
}
