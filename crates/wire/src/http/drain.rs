//! Drains as the API takes and shows them.

use baton_domain::{Actor, DrainScope, DrainedRuns};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A wish that workers take no more runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DrainRequest {
    /// Who: `fleet`, `pool.<pool>` or `worker.<worker>`.
    #[schema(example = "pool.gpu")]
    pub scope: String,
    /// Why, for whoever finds idle workers; 1 to 2,000 characters.
    pub note: String,
    /// After how many seconds the drain ends by itself, 1 to 31,536,000; never if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 31_536_000)]
    pub for_seconds: Option<u32>,
    /// What becomes of the runs that are held: `finish` (the default) or `pause` until the drain ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runs: Option<String>,
}

/// A drain in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DrainInfo {
    /// Who is drained: `fleet`, `pool.<pool>` or `worker.<worker>`.
    #[schema(value_type = String, example = "pool.gpu")]
    pub scope: DrainScope,
    /// Why.
    pub note: String,
    /// Who wished it.
    #[schema(value_type = String)]
    pub actor: Actor,
    /// When it was wished.
    pub since: DateTime<Utc>,
    /// When it ends by itself; null if it does not.
    pub until: Option<DateTime<Utc>>,
    /// What becomes of the runs that are held: `finish` or `pause`.
    #[serde(default = "finish")]
    #[schema(value_type = String, example = "finish")]
    pub runs: DrainedRuns,
    /// Workers of the scope that were heard lately.
    pub workers: u32,
    /// Runs that these workers still hold.
    pub running: u32,
}

/// What an older API means.
const fn finish() -> DrainedRuns {
    DrainedRuns::Finish
}

/// The drains in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DrainList {
    /// By scope.
    pub drains: Vec<DrainInfo>,
}
