//! Steps of a lease, published by compare-and-set on the run's lease subjects.

use baton_domain::{Attempt, RunId, WorkerId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A step of a run's lease. The subject's last token says who published it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LeaseMessage {
    /// The run.
    pub run: RunId,
    /// Whose lease: the holder's attempt.
    pub attempt: Attempt,
    /// The holder.
    pub worker: WorkerId,
    /// What happened to it.
    pub step: LeaseStep,
    /// When.
    pub at: DateTime<Utc>,
    /// Why, for a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What happened to a lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeaseStep {
    /// The publisher won it.
    Taken,
    /// The holder gave it back.
    Released,
    /// A supervisor declared the holder dead.
    Lost,
}

impl LeaseStep {
    /// The step as it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Released => "released",
            Self::Lost => "lost",
        }
    }
}
