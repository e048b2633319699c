//! Runs and their events as the API shows them.

use baton_domain::{Activity, Actor, RunId, RunType, Stage, StateName, WorkerId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{LiveSessionSummary, RunControl};
use crate::spec::TaskRunRequest;

/// A run as it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TaskRun {
    /// UUID version 7.
    #[schema(value_type = String, format = Uuid)]
    pub id: RunId,
    /// `queued`, `running`, `paused`, `retry_scheduled`, `succeeded`, `failed`, `cancelled` or `dead_lettered`.
    #[schema(value_type = String, example = "running")]
    pub state: StateName,
    /// `codex_exec`, `claude_code` or `command`.
    #[serde(rename = "type")]
    #[schema(value_type = String, example = "codex_exec")]
    pub run_type: RunType,
    /// A name for people: the one given, otherwise the first line of the instruction or command.
    pub title: String,
    /// Slots of a worker that it occupies.
    #[serde(default = "one")]
    pub slots: u32,
    /// Who submitted it.
    #[schema(value_type = String)]
    pub submitted_by: Actor,
    /// When it was submitted.
    pub submitted_at: DateTime<Utc>,
    /// When a worker first took it.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
    /// The attempt that is queued, running or was the last.
    pub attempt: u32,
    /// Attempts that failed or were lost.
    pub failures: u32,
    /// Failures after which it is dead-lettered.
    pub max_attempts: u32,
    /// The stage it is in, while a worker holds it.
    #[schema(value_type = Option<String>, example = "execute")]
    pub stage: Option<Stage>,
    /// Who holds it, while somebody does: the evidence for "running".
    pub lease: Option<LeaseInfo>,
    /// When the next attempt is due, while one is scheduled.
    pub due_at: Option<DateTime<Utc>>,
    /// Since when somebody wants it ended.
    pub cancel_requested_at: Option<DateTime<Utc>>,
    /// What came of it.
    pub result: Option<RunResult>,
    /// What went wrong, in states that know.
    pub error: Option<RunError>,
    /// What was asked for.
    pub request: TaskRunRequest,
    /// Its live session; null when nobody ever asked for one.
    #[serde(default)]
    pub live_session: Option<LiveSessionSummary>,
    /// What holds it, who has its place, and what waits for its agent or for a person.
    #[serde(default)]
    pub control: RunControl,
    /// The last position that changed it; resume from here.
    pub position: u64,
}

/// What a run occupies as an older API shows it.
const fn one() -> u32 {
    1
}

/// The lease of a run, with its evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LeaseInfo {
    /// Which attempt.
    pub attempt: u32,
    /// Who holds it.
    #[schema(value_type = String)]
    pub worker: WorkerId,
    /// Where the broker keeps it.
    pub position: u64,
    /// When it was taken.
    pub taken_at: DateTime<Utc>,
    /// How long ago the API heard the holder speak of this run, in milliseconds; null if never.
    pub beat_age_ms: Option<u64>,
    /// How the run gets on, as far as is heard: `working`, `quiet`, `stalled` or `unheard`.
    #[serde(default = "unheard")]
    #[schema(value_type = String, example = "working")]
    pub activity: Activity,
    /// How long it has said nothing new, in milliseconds; null if never heard.
    #[serde(default)]
    pub quiet_for_ms: Option<u64>,
    /// Since when an operator wants the run taken away from this holder.
    #[serde(default)]
    pub release_requested_at: Option<DateTime<Utc>>,
}

const fn unheard() -> Activity {
    Activity::Unheard
}

/// What came of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunResult {
    /// The agent's last words, or what was done.
    pub summary: Option<String>,
    /// The branch that was pushed.
    pub branch: Option<String>,
    /// The commit that the branch points to.
    pub commit: Option<String>,
    /// The pull request for the branch, with publish mode `pr`.
    pub pull_request: Option<PullRequestInfo>,
    /// Files that the patch changes.
    pub files_changed: Option<u32>,
    /// Lines that the patch adds.
    pub insertions: Option<u32>,
    /// Lines that the patch removes.
    pub deletions: Option<u32>,
    /// Tokens, as the agent counted them, of all attempts.
    pub usage: Option<UsageInfo>,
}

/// A pull request that a run ended in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PullRequestInfo {
    /// Where people find it.
    pub url: String,
    /// Its number in its repository.
    pub number: u64,
}

/// Tokens, as the agent counted them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsageInfo {
    /// Tokens read.
    pub input_tokens: u64,
    /// Of these, read from a cache.
    pub cached_input_tokens: u64,
    /// Tokens written.
    pub output_tokens: u64,
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunError {
    /// The kind of failure, stable.
    pub code: String,
    /// What happened and what to do.
    pub message: String,
    /// Whether another attempt may succeed.
    pub retryable: bool,
}

/// A page of runs, newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TaskRunPage {
    /// The runs.
    pub runs: Vec<TaskRun>,
    /// Give it as `cursor` for the next page; null on the last.
    pub next_cursor: Option<String>,
}

/// One thing that happened to a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventRecord {
    /// The message's place in the total order.
    pub position: u64,
    /// The event's place in its message, from 0.
    pub index: u16,
    /// The run.
    #[schema(value_type = String, format = Uuid)]
    pub run_id: RunId,
    /// The attempt it speaks of; null for commands.
    pub attempt: Option<u32>,
    /// The event's place in its attempt; null for offers, leases and commands.
    pub seq: Option<u32>,
    /// Who said it: a worker, a supervisor or an operator.
    pub source: String,
    /// What happened: `submitted`, `offered`, `lease_taken`, `lease_released`, `lease_lost`,
    /// `cancel_requested`, `redriven`, `release_requested`, or the `type` of a worker's event.
    #[serde(rename = "type")]
    pub kind: String,
    /// When, by the clock of whoever said it.
    pub at: DateTime<Utc>,
    /// Whether it was taken into the run's state. A late report of a former holder is kept and
    /// changes nothing; null while the recorder has not seen it.
    pub effective: Option<bool>,
    /// Why it changed nothing.
    pub refusal: Option<String>,
    /// The event's own fields.
    pub data: Value,
}

/// Events of a run, oldest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventPage {
    /// The events; those of one message are never split over pages.
    pub events: Vec<EventRecord>,
    /// Give it as `after` to go on.
    pub next_after: u64,
    /// Whether there is more at this moment.
    pub has_more: bool,
}

/// A wish of an operator.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ControlRequest {
    /// `cancel`, `redrive`, `release_lease`, `pause`, `resume`, `takeover`, `hand_back` or
    /// `raise_budget`.
    pub action: String,
    /// Why, for the record; at most 2,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// With `pause`: `soft` (the default) or `hard`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// With `pause` and `takeover`: how long a soft pause waits for a tool call before the agent is
    /// held by force, 0 to 86,400 seconds; the worker's setting if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline_seconds: Option<u32>,
    /// With `pause`: after how long the run goes on by itself, 1 to 604,800 seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resume_after_seconds: Option<u32>,
    /// With `takeover`: after how long it is over if nobody hands the run back, 60 to 86,400
    /// seconds; the server's default if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_after_seconds: Option<u32>,
    /// With `hand_back`: what was done, for the agent; 1 to 20,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// With `raise_budget`: `wall_seconds`, `turns`, `tokens`, `spend_cents` or `diff_lines`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<String>,
    /// With `raise_budget`: the new limit, in the budget's unit; higher than the one before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
}

/// A wish of an operator, as taken down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ControlEvent {
    /// Its own id.
    pub id: Uuid,
    /// The run.
    #[schema(value_type = String, format = Uuid)]
    pub task_run_id: RunId,
    /// Who wishes it.
    #[schema(value_type = String)]
    pub actor: Actor,
    /// What is wished, such as `cancel`, `pause` or `send_message`.
    pub action: String,
    /// What belongs to the action, such as `note`.
    pub metadata: Value,
    /// When the server took it.
    pub created_at: DateTime<Utc>,
}
