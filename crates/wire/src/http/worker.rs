//! Workers as the API hears them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A worker that was heard of lately.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkerInfo {
    /// Its id.
    pub id: String,
    /// Its machine.
    pub hostname: String,
    /// Its Baton.
    pub version: String,
    /// Since when it runs.
    pub started_at: DateTime<Utc>,
    /// How long ago it was heard, in milliseconds.
    pub beat_age_ms: u64,
    /// Runs it can do at once.
    pub slots: u32,
    /// Whose queues it serves.
    pub pools: Vec<String>,
    /// What work it does.
    pub run_types: Vec<String>,
    /// What it has besides.
    pub capabilities: Vec<String>,
    /// Whether it takes no more.
    pub draining: bool,
    /// The drain because of which it takes no more; null when it takes runs, or is leaving.
    pub drain: Option<WorkerDrain>,
    /// What it holds.
    pub runs: Vec<WorkerRun>,
}

/// A drain, as a worker obeys it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkerDrain {
    /// Who is drained: `fleet`, `pool.<pool>` or `worker.<worker>`.
    #[schema(example = "pool.gpu")]
    pub scope: String,
    /// Why.
    pub note: String,
    /// When it ends by itself; null if it does not.
    pub until: Option<DateTime<Utc>>,
}

/// A run that a worker holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkerRun {
    /// The run.
    pub id: String,
    /// The attempt held.
    pub attempt: u32,
    /// What it is doing.
    pub stage: Option<String>,
}

/// The workers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkerList {
    /// Heard within the last minute.
    pub workers: Vec<WorkerInfo>,
}
