//! Patterns of names: of workers, and of repositories.

use std::{fmt, str::FromStr};

use crate::{InvalidName, WorkerId};

/// One worker's name, or the beginning of several followed by `*`. It never means the supervisor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerPattern(String);

impl WorkerPattern {
    /// Every worker.
    #[must_use]
    pub fn any() -> Self {
        Self("*".to_owned())
    }

    /// The pattern as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a worker of this name is meant.
    #[must_use]
    pub fn matches(&self, worker: &WorkerId) -> bool {
        !worker.is_supervisor()
            && match self.0.strip_suffix('*') {
                Some(beginning) => worker.as_str().starts_with(beginning),
                None => worker.as_str() == self.0,
            }
    }
}

impl FromStr for WorkerPattern {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let beginning = text.strip_suffix('*').unwrap_or(text);
        let is_good = text == "*"
            || beginning
                .parse::<WorkerId>()
                .is_ok_and(|name| !name.is_supervisor() || text.ends_with('*'));
        if is_good {
            return Ok(Self(text.to_owned()));
        }
        Err(InvalidName {
            what: "worker pattern",
            name: text.chars().take(100).collect(),
            rule: "use a worker's name, the beginning of several followed by '*', or '*' alone; \
                   'supervisor' is no worker",
        })
    }
}

impl fmt::Display for WorkerPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A repository's location in which each `*` stands for any text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepositoryPattern(String);

impl RepositoryPattern {
    /// The pattern as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this repository is meant, spelled as in the request.
    #[must_use]
    pub fn matches(&self, repository: &str) -> bool {
        let mut parts = self.0.split('*');
        let first = parts.next().unwrap_or_default();
        let Some(mut rest) = repository.strip_prefix(first) else {
            return false;
        };
        let mut parts: Vec<&str> = parts.collect();
        let Some(last) = parts.pop() else {
            return rest.is_empty();
        };
        for part in parts {
            match rest.find(part) {
                Some(at) => rest = &rest[at + part.len()..],
                None => return false,
            }
        }
        rest.ends_with(last)
    }
}

impl FromStr for RepositoryPattern {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let is_good = (1..=2000).contains(&text.len())
            && !text.chars().any(|c| c.is_control() || c.is_whitespace());
        if is_good {
            return Ok(Self(text.to_owned()));
        }
        Err(InvalidName {
            what: "repository pattern",
            name: text.chars().filter(|c| !c.is_control()).take(100).collect(),
            rule: "use a repository's location, with '*' for any text, of at most 2000 characters \
                   without spaces",
        })
    }
}

impl fmt::Display for RepositoryPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_pattern_means_a_name_or_a_beginning_and_never_the_supervisor() {
        for (pattern, name, is_meant) in [
            ("build-1", "build-1", true),
            ("build-1", "build-10", false),
            ("build-*", "build-10", true),
            ("build-*", "build", false),
            ("*", "anything", true),
            ("*", "supervisor", false),
            ("super*", "supervisor", false),
            ("supervisor*", "supervisor-2", true),
        ] {
            let pattern: WorkerPattern = pattern.parse().unwrap();
            assert_eq!(
                pattern.matches(&name.parse().unwrap()),
                is_meant,
                "{pattern} {name}"
            );
        }
        for bad in ["", "supervisor", "Build-*", "a*b", "**", "-*", "a b*"] {
            assert!(bad.parse::<WorkerPattern>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, repository, is_meant) in [
            ("/srv/a.git", "/srv/a.git", true),
            ("/srv/a.git", "/srv/a.git2", false),
            (
                "https://example.org/team/*",
                "https://example.org/team/a.git",
                true,
            ),
            (
                "https://example.org/team/*",
                "https://example.org/other/a.git",
                false,
            ),
            ("*/team/*.git", "ssh://git@example.org/team/a.git", true),
            ("*/team/*.git", "ssh://git@example.org/team/a", false),
            ("*", "/srv/a.git", true),
            ("a*a", "a", false),
            ("a*b*b", "ab", false),
        ] {
            let pattern: RepositoryPattern = pattern.parse().unwrap();
            assert_eq!(
                pattern.matches(repository),
                is_meant,
                "{pattern} {repository}"
            );
        }
        for bad in ["", "a b", "a\n"] {
            assert!(bad.parse::<RepositoryPattern>().is_err(), "{bad:?}");
        }
    }
}
