//! The sign of life of a worker and of every run that it holds. Core NATS, kept by nobody.

use std::collections::BTreeSet;

use baton_domain::{
    Attempt, Capability, DrainScope, EventSeq, PauseCause, Pool, Position, RunId, RunType,
    SessionStatus, Stage, WorkerId, run::PauseKind,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A worker's beat, every 3 s.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Beat {
    /// Who lives.
    pub worker: WorkerId,
    /// On which machine.
    pub hostname: String,
    /// Which Baton.
    pub version: String,
    /// Since when.
    pub started_at: DateTime<Utc>,
    /// By the worker's clock.
    pub at: DateTime<Utc>,
    /// Runs it can do at once.
    pub slots: u32,
    /// Slots that no run takes; absent from an older Baton, whose runs take one each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub free_slots: Option<u32>,
    /// Whose queues it serves.
    pub pools: BTreeSet<Pool>,
    /// What work it does.
    pub run_types: BTreeSet<RunType>,
    /// What it has besides.
    pub capabilities: BTreeSet<Capability>,
    /// Whether it takes no more.
    pub draining: bool,
    /// The operator's wish because of which it takes no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drain: Option<DrainedBy>,
    /// The runs that it holds.
    pub runs: Vec<HeldRun>,
}

/// A drain, as the worker obeys it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DrainedBy {
    /// Who is drained: `fleet`, `pool.<pool>` or `worker.<worker>`.
    pub scope: DrainScope,
    /// Why, for a person.
    pub note: String,
    /// When it ends by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<DateTime<Utc>>,
}

/// A run as its holder sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HeldRun {
    /// The run.
    pub run: RunId,
    /// The attempt held.
    pub attempt: Attempt,
    /// Where the broker keeps the lease.
    pub lease_position: Position,
    /// What it is doing.
    pub stage: Option<Stage>,
    /// The last event that the broker has.
    pub last_seq: Option<EventSeq>,
    /// What its agent has done so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<HeldProgress>,
    /// Where its live session stands, once there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionStatus>,
    /// How it stands still, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<HeldStill>,
    /// Whether its agent waits for a person's answer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub asking: bool,
}

/// A run that stands still because somebody wishes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HeldStill {
    /// How.
    pub kind: PauseKind,
    /// Since when, by the worker's clock.
    pub since: DateTime<Utc>,
    /// Why; absent of an older worker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<PauseCause>,
}

/// What the agent of a held run has done since the attempt began: numbers that stand still when
/// it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HeldProgress {
    /// What it has printed, in bytes.
    pub output_bytes: u64,
    /// Time that its processes have spent on processors, in milliseconds.
    pub child_cpu_ms: u64,
    /// When something but output was last told of it, by the worker's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_step_at: Option<DateTime<Utc>>,
}
