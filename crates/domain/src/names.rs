//! Names that people choose and machines route by. Every name here is safe as one subject token.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A name that cannot be used, with the rule it breaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{name}' is not a valid {what}: {rule}")]
pub struct InvalidName {
    /// What the name was meant to be.
    pub what: &'static str,
    /// The name as given, cut to 100 characters.
    pub name: String,
    /// The rule, for the person who has to mend it.
    pub rule: &'static str,
}

const RULE: &str = "use 1 to 63 of a-z, 0-9 and '-', starting with a letter or digit";

fn check(what: &'static str, name: &str) -> Result<(), InvalidName> {
    let good = (1..=63).contains(&name.len())
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !name.starts_with('-');
    if good {
        Ok(())
    } else {
        Err(InvalidName {
            what,
            name: name.chars().take(100).collect(),
            rule: RULE,
        })
    }
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidName;

            fn from_str(text: &str) -> Result<Self, InvalidName> {
                check($what, text).map(|()| Self(text.to_owned()))
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidName;

            fn try_from(text: String) -> Result<Self, InvalidName> {
                check($what, &text).map(|()| Self(text))
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name!(
    /// Who speaks on the broker: a worker, or a supervisor. One subject token, so that broker
    /// permissions say who reported what.
    WorkerId, "worker id"
);
name!(
    /// A set of workers that share a queue.
    Pool, "pool"
);
name!(
    /// Something a worker must have to take a run, such as `docker` or `gpu`.
    Capability, "capability"
);

const SUPERVISOR: &str = "supervisor";

impl WorkerId {
    /// The one name under which every supervisor speaks. Only it may declare a lease lost; no
    /// worker may have it.
    #[must_use]
    pub fn supervisor() -> Self {
        Self(SUPERVISOR.to_owned())
    }

    /// Whether this is the supervisors' name.
    #[must_use]
    pub fn is_supervisor(&self) -> bool {
        self.0 == SUPERVISOR
    }
}

impl Pool {
    /// Where runs go that name no pool.
    #[must_use]
    pub fn default_pool() -> Self {
        Self("default".to_owned())
    }
}

/// Who asked for something: an operator or a service. Free text of 1 to 200 characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Actor(String);

impl Actor {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Actor {
    type Error = InvalidName;

    fn try_from(name: String) -> Result<Self, InvalidName> {
        let count = name.chars().count();
        if (1..=200).contains(&count) && !name.chars().any(char::is_control) {
            return Ok(Self(name));
        }
        let name = name.chars().filter(|c| !c.is_control()).take(100).collect();
        Err(InvalidName {
            what: "actor",
            name,
            rule: "use 1 to 200 printable characters",
        })
    }
}

impl From<Actor> for String {
    fn from(actor: Actor) -> String {
        actor.0
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
