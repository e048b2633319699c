//! Workers as the API hears them.

use baton_domain::Activity;
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
    /// Of these, free; a run may take several.
    pub free_slots: u32,
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
    /// How it gets on: `working` (it prints or tells of steps), `quiet` (nothing new for a minute),
    /// `stalled` (neither words nor computing for ten minutes), `unheard` (its worker is silent),
    /// or, of a run that is not meant to work at present, `paused`, `taken_over` (an operator has its
    /// place) or `awaiting_input` (a person is asked).
    #[schema(value_type = String, example = "working")]
    pub activity: Activity,
    /// How long it has said nothing new, in milliseconds.
    pub quiet_for_ms: u64,
    /// What its agent has printed, in bytes; null if its worker does not say.
    pub output_bytes: Option<u64>,
    /// Time that its agent's processes have spent on processors, in milliseconds.
    pub cpu_ms: Option<u64>,
}

/// The workers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkerList {
    /// Heard within the last minute.
    pub workers: Vec<WorkerInfo>,
}
