//! Runs that failed as often as they may, by what they failed of.

mod count;
mod groups;

use baton_domain::{FailureCode, Pool, RunId};
use chrono::{DateTime, Utc};

pub use crate::runs::{DeadOrder as Order, dead as list};
pub use count::count;
pub use groups::groups;

/// Which dead letters: those that fit everything given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeadLetterFilter {
    /// Of this kind of failure.
    pub code: Option<FailureCode>,
    /// Of this cause, as a group names it.
    pub cause: Option<String>,
    /// In this pool.
    pub pool: Option<Pool>,
}

/// Dead letters that failed alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetterGroup {
    /// The kind of failure.
    pub code: FailureCode,
    /// The failure's message without folders, numbers and ids.
    pub cause: String,
    /// How many.
    pub count: u64,
    /// When the first was dead-lettered.
    pub oldest: DateTime<Utc>,
    /// When the last was dead-lettered.
    pub newest: DateTime<Utc>,
    /// What the last one said.
    pub message: String,
    /// Up to 5 of them, the last ones first.
    pub samples: Vec<RunId>,
}
