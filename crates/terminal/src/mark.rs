//! Variables by which the processes of one agent are known, wherever they have gone.

use std::fs;

use serde::{Deserialize, Serialize};

/// In front of the names in a host's own environment.
const HOST_OF: &str = "HOST_OF_";

/// Names and values that every process of an agent has in its environment, unless it has cleared
/// them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark(Vec<(String, String)>);

impl Mark {
    /// A mark of these variables; together they must be one agent's alone.
    #[must_use]
    pub fn new<const N: usize>(variables: [(&str, String); N]) -> Self {
        Self(
            variables
                .map(|(name, value)| (name.to_owned(), value))
                .into(),
        )
    }

    /// Name and value of each variable.
    pub fn variables(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Whether a running process has these variables. Another user's cannot be read, and is none
    /// of ours.
    pub(crate) fn is_on(&self, pid: i32) -> bool {
        let Ok(bytes) = fs::read(format!("/proc/{pid}/environ")) else {
            return false;
        };
        let has = |wanted: &str| {
            bytes
                .split(|byte| *byte == 0)
                .any(|e| e == wanted.as_bytes())
        };
        self.variables().all(|(name, value)| {
            has(&format!("{name}={value}")) || has(&format!("{HOST_OF}{name}={value}"))
        })
    }

    /// The variables by which the agent's host is known: it is found where all is to be ended, and
    /// not taken for the agent.
    pub(crate) fn of_host(&self) -> impl Iterator<Item = (String, &str)> {
        self.variables()
            .map(|(name, value)| (format!("{HOST_OF}{name}"), value))
    }
}
