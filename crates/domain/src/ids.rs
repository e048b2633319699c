//! Numbers and ids that mean one thing each, built by constructors that can refuse.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A run's id: a UUIDv7, so that ids sort by the time of submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(Uuid);

impl RunId {
    /// Wraps a UUID made by the caller (the API makes version 7; readers accept any).
    #[must_use]
    pub const fn from_uuid(id: Uuid) -> Self {
        Self(id)
    }

    /// The id as a UUID.
    #[must_use]
    pub const fn as_uuid(&self) -> Uuid {
        self.0
    }

    /// The last hex digit of the id: one of 16 shards that anyone can derive.
    #[must_use]
    pub fn shard(&self) -> char {
        let digit = self.0.as_bytes()[15] & 0x0f;
        char::from_digit(u32::from(digit), 16).unwrap_or('0')
    }

    /// The last 8 hex digits: short enough for a branch name, and random in a version 7 id.
    #[must_use]
    pub fn short(&self) -> String {
        let hex = self.0.simple().to_string();
        hex[24..].to_owned()
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl FromStr for RunId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        // Only the canonical form: two spellings of one id would be two subjects.
        let id = Uuid::try_parse(text).map_err(|_| InvalidId("run id", text.to_owned()))?;
        if id.hyphenated().to_string() == text {
            Ok(Self(id))
        } else {
            Err(InvalidId("run id", text.to_owned()))
        }
    }
}

/// A text or number that is no id of its kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{1}' is not a valid {0}")]
pub struct InvalidId(pub &'static str, pub String);

macro_rules! number {
    ($(#[$doc:meta])* $name:ident($inner:ty), $min:literal, $what:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "u64", into = "u64")]
        pub struct $name($inner);

        impl $name {
            /// Refuses numbers out of range.
            ///
            /// # Errors
            /// When the number is too small, or too large for the database's column.
            pub fn new(n: u64) -> Result<Self, InvalidId> {
                <$inner>::try_from(n)
                    .ok()
                    .filter(|n| (*n as i128) >= $min && (*n as i128) <= (<$inner>::MAX as i128) / 2)
                    .map(Self)
                    .ok_or_else(|| InvalidId($what, n.to_string()))
            }

            /// The number.
            #[must_use]
            pub const fn get(self) -> $inner {
                self.0
            }
        }

        impl TryFrom<u64> for $name {
            type Error = InvalidId;

            fn try_from(n: u64) -> Result<Self, InvalidId> {
                Self::new(n)
            }
        }

        impl From<$name> for u64 {
            fn from(n: $name) -> u64 {
                u64::from(n.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number!(
    /// The n-th lease of a run, from 1. It fences everything that the attempt's worker says.
    Attempt(u32), 1, "attempt"
);
number!(
    /// The n-th event of an attempt, from 1.
    EventSeq(u32), 1, "event sequence"
);
number!(
    /// A sequence of the RUNS stream: the one total order. 0 stands before the first message.
    Position(u64), 0, "position"
);

number!(
    /// Stands on everything that is said about typing into a run's terminals; it only rises.
    Fence(u64), 1, "fence"
);
number!(
    /// The n-th time that a run's live session was begun, from 1.
    Generation(u32), 1, "generation"
);

impl Fence {
    /// The first fence of a run.
    pub const FIRST: Self = Self(1);

    /// The fence after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl Generation {
    /// A run's first session.
    pub const FIRST: Self = Self(1);

    /// The session after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl Attempt {
    /// The first attempt of every run.
    pub const FIRST: Self = Self(1);

    /// The attempt after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl EventSeq {
    /// The first event of an attempt.
    pub const FIRST: Self = Self(1);

    /// The event after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl Position {
    /// Before the first message.
    pub const START: Self = Self(0);
}
