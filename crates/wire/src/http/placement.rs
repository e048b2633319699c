//! Why a run has not started, as the API tells it.

use baton_domain::{StateName, WorkerId, placement::Rule};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Why a run has not started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlacementInfo {
    /// Where the run stands; only queued runs have a queue.
    #[schema(value_type = String, example = "queued")]
    pub state: StateName,
    /// Where it waits, while it is queued.
    pub queue: Option<QueuePlace>,
    /// When its next attempt is due, while one is scheduled.
    pub due_at: Option<DateTime<Utc>>,
    /// Who holds it, while somebody does.
    #[schema(value_type = Option<String>)]
    pub held_by: Option<WorkerId>,
    /// Every worker heard of lately, with the first rule that keeps it from the run, while it is
    /// queued.
    pub workers: Vec<WorkerVerdict>,
    /// What would have to change, for a person; the likeliest first.
    pub advice: Vec<String>,
}

/// A place in a queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct QueuePlace {
    /// The queue: pool, kind of run, slots when more than one, and capabilities.
    #[schema(example = "default_command_W2_docker")]
    pub route: String,
    /// Its urgency there.
    #[schema(example = "normal")]
    pub priority: String,
    /// Its rank there, from 1.
    pub position: u64,
    /// Runs of this queue that are before it.
    pub ahead: u64,
}

/// What keeps a worker from a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkerVerdict {
    /// The worker.
    #[schema(value_type = String)]
    pub worker: WorkerId,
    /// `unheard`, `draining`, `not_permitted`, `pool`, `run_type`, `repository`, `capabilities`,
    /// `too_small`, `busy`, `behind`, or `can_take_now`: the first that applies, in this order.
    #[schema(value_type = String, example = "busy")]
    pub verdict: Rule,
    /// The same for a person.
    pub detail: String,
}
