//! Dead letters: runs that failed as often as they may, by what they failed of.

use baton_domain::RunId;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Runs that failed alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeadLetterGroup {
    /// The kind of failure, stable.
    #[schema(example = "agent_failed")]
    pub code: String,
    /// The failure's message without folders, numbers and ids.
    #[schema(example = "the agent exited with #")]
    pub cause: String,
    /// How many runs.
    pub count: u64,
    /// When the first of them was dead-lettered.
    pub oldest: DateTime<Utc>,
    /// When the last of them was dead-lettered.
    pub newest: DateTime<Utc>,
    /// What the last one said, in full.
    pub message: String,
    /// Up to 5 of them, the last ones first.
    #[schema(value_type = Vec<String>)]
    pub samples: Vec<RunId>,
}

/// A page of groups, the largest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeadLetterPage {
    /// The groups.
    pub groups: Vec<DeadLetterGroup>,
    /// Give it as `cursor` for the next page; null on the last.
    pub next_cursor: Option<String>,
}

/// Which dead letters are to be tried again. Either `ids`, or at least one of `code`, `cause` and
/// `pool`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RedriveRequest {
    /// These runs; they may also be runs that failed for good. At most 1,000.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<String>)]
    pub ids: Vec<String>,
    /// Dead letters of this kind of failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Dead letters of this cause, as a group names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// Dead letters of this pool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pool: Option<String>,
    /// At most so many, the oldest first: 1 to 1,000, 100 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 1000)]
    pub limit: Option<u32>,
    /// Why, for the record; at most 2,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Only say which runs it would be.
    #[serde(default)]
    pub dry_run: bool,
}

/// What became of a wish to try runs again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RedriveAnswer {
    /// Whether nothing was done.
    pub dry_run: bool,
    /// The runs that are tried again (or would be), in the order in which they were found.
    #[schema(value_type = Vec<String>)]
    pub redriven: Vec<RunId>,
    /// Runs named by id that cannot be tried again.
    pub refused: Vec<RedriveRefusal>,
    /// How many dead letters fit the filter besides; ask again for them.
    pub remaining: u64,
}

/// A run that cannot be tried again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RedriveRefusal {
    /// What was given as its id.
    pub id: String,
    /// Why not.
    pub detail: String,
}
