//! Holding a run, talking to its agent and answering it, as the API takes and shows it.

use baton_domain::{
    Actor, BudgetKind, HelpEnd, HelpKind, MessageKind, MessageState, PauseCause, PauseMethod,
    PauseMode, RunId,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::event::{AgentCapabilities, HelpOption};

/// What holds a run, who has its place, and what waits for its agent or for a person.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct RunControl {
    /// The pause that is wished or in force; null when the run goes on.
    pub pause: Option<PauseInfo>,
    /// Who has the run's place; null when nobody has.
    pub takeover: Option<TakeoverInfo>,
    /// The last takeover of the present attempt that was handed back, and what the agent has heard
    /// of it; of the last attempt when nobody holds the run. Null when none was.
    pub hand_back: Option<HandBackInfo>,
    /// Time that the run has stood still in its present attempt, before the pause in force, in
    /// milliseconds.
    pub paused_ms: u64,
    /// Messages that the agent was not handed yet.
    pub pending_messages: u32,
    /// Requests for help that nobody has answered.
    pub open_help_requests: u32,
    /// The agent of the present attempt; null before it started.
    pub agent: Option<AgentInfo>,
    /// What the attempt may use up, with what it has used; only bounded ones.
    pub budgets: Vec<BudgetInfo>,
}

/// A pause with the times of its phases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PauseInfo {
    /// `requested` (the broker has it), `delivered` (the worker holds it), `effective` (the run
    /// stands still) or `resuming` (going on is wished, and has not happened).
    pub phase: String,
    /// The command that wished it; null when no command did.
    pub command: Option<Uuid>,
    /// Who wished it; null when no person did.
    #[schema(value_type = Option<String>)]
    pub by: Option<Actor>,
    /// Why.
    #[schema(value_type = String, example = "operator")]
    pub cause: PauseCause,
    /// `soft` or `hard`.
    #[schema(value_type = String, example = "soft")]
    pub mode: PauseMode,
    /// Why, in words.
    pub note: Option<String>,
    /// When it was wished.
    pub requested_at: DateTime<Utc>,
    /// When the worker held it.
    pub delivered_at: Option<DateTime<Utc>>,
    /// Since when the run stands still.
    pub effective_at: Option<DateTime<Utc>>,
    /// By what means it stands still.
    #[schema(value_type = Option<String>, example = "checkpoint")]
    pub method: Option<PauseMethod>,
    /// Before which tool or stage.
    pub before: Option<String>,
    /// Whether no checkpoint came in time.
    pub escalated: bool,
    /// When it goes on by itself.
    pub resumes_at: Option<DateTime<Utc>>,
}

/// Who has a run's place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TakeoverInfo {
    /// The command that wished it.
    pub command: Uuid,
    /// Who.
    #[schema(value_type = String)]
    pub by: Actor,
    /// Why, in words.
    pub note: Option<String>,
    /// When it was wished.
    pub requested_at: DateTime<Utc>,
    /// When the worker let them; null before.
    pub began_at: Option<DateTime<Utc>>,
    /// When it is over if nobody hands the run back; null before it began.
    pub expires_at: Option<DateTime<Utc>>,
}

/// A takeover that was handed back. The agent is told what was done in a message of its own, with the
/// operator's summary and what has changed in the workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HandBackInfo {
    /// The command that handed the run back.
    pub command: Uuid,
    /// The command that had wished the takeover.
    pub takeover: Uuid,
    /// Who had the run's place.
    #[schema(value_type = String)]
    pub by: Actor,
    /// When the run was handed back.
    pub handed_back_at: DateTime<Utc>,
    /// How far the message has come: `queued`, `delivered`, `seen` or `undelivered`.
    #[schema(value_type = String, example = "seen")]
    pub state: MessageState,
    /// When the agent was handed it.
    pub delivered_at: Option<DateTime<Utc>>,
    /// By which of the agent's hooks.
    pub via: Option<String>,
    /// When the model had answered a request that it stands in.
    pub seen_at: Option<DateTime<Utc>>,
    /// When it was known that it does not reach the agent.
    pub ended_at: Option<DateTime<Utc>>,
    /// Why it did not reach the agent.
    pub reason: Option<String>,
}

/// The agent of an attempt, as it was started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgentInfo {
    /// `exec` or `interactive`.
    pub mode: Option<String>,
    /// The model, if it is known.
    pub model: Option<String>,
    /// The effort, if it is known.
    pub effort: Option<String>,
    /// What it is kept from, in the agent's own word.
    pub sandbox: Option<String>,
    /// When it asks for permission, in the agent's own word.
    pub approvals: Option<String>,
    /// What operators can do with it.
    pub capabilities: AgentCapabilities,
}

/// A budget.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BudgetInfo {
    /// `wall_seconds`, `turns`, `tokens`, `spend_cents` or `diff_lines`.
    #[schema(value_type = String, example = "tokens")]
    pub budget: BudgetKind,
    /// What an attempt may use, in the budget's unit.
    pub limit: u64,
    /// What the present attempt had used when that was last told.
    pub used: u64,
    /// Whether it was reached, and not raised since.
    pub reached: bool,
}

/// Tell a run's agent something.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MessageRequest {
    /// What, 1 to 20,000 characters.
    pub message: String,
    /// `steering` (at its next tool call, the default) or `queued` (at the end of its turn).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
}

/// A message to a run's agent, and how far it has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OperatorMessage {
    /// The id of the command that brought it.
    pub id: Uuid,
    /// The run.
    #[schema(value_type = String, format = Uuid)]
    pub task_run_id: RunId,
    /// Who wrote it.
    #[schema(value_type = String)]
    pub actor: Actor,
    /// `steering` or `queued`.
    #[schema(value_type = String, example = "steering")]
    pub kind: MessageKind,
    /// What it says.
    pub message: String,
    /// `queued`, `delivered`, `seen`, `cancelled` or `undelivered`.
    #[schema(value_type = String, example = "delivered")]
    pub state: MessageState,
    /// When the server took it.
    pub created_at: DateTime<Utc>,
    /// When the agent was handed it.
    pub delivered_at: Option<DateTime<Utc>>,
    /// By which of the agent's hooks.
    pub via: Option<String>,
    /// When the model had answered a request that it stands in.
    pub seen_at: Option<DateTime<Utc>>,
    /// When it was taken back, or its run ended before.
    pub ended_at: Option<DateTime<Utc>>,
    /// Why it did not reach the agent.
    pub reason: Option<String>,
    /// The attempt whose agent was handed it.
    pub attempt: Option<u32>,
}

/// Messages to a run's agent, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OperatorMessagePage {
    /// The messages.
    pub messages: Vec<OperatorMessage>,
    /// Give it as `cursor` for the next page; null on the last.
    pub next_cursor: Option<String>,
}

/// A request for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HelpRequest {
    /// Its own id.
    pub id: Uuid,
    /// The run.
    #[schema(value_type = String, format = Uuid)]
    pub task_run_id: RunId,
    /// The run's name for people.
    pub run_title: String,
    /// The attempt that asks.
    pub attempt: u32,
    /// The worker that asks; null when the run itself does.
    pub worker_id: Option<String>,
    /// `question`, `permission`, `retries_used_up`, `policy`, `budget` or `stall`.
    #[schema(value_type = String, example = "question")]
    pub kind: HelpKind,
    /// What is asked.
    pub question: String,
    /// The tool and what it would do, for a permission.
    pub detail: Option<String>,
    /// Answers to choose from; the first is the careful one.
    pub options: Vec<HelpOption>,
    /// Whether an answer may be in one's own words.
    pub free_text: bool,
    /// Whether the agent waits for the answer.
    pub blocking: bool,
    /// `open`, or how it ended: `answered`, `withdrawn`, `timed_out` or `run_ended`.
    pub state: String,
    /// Since when.
    pub opened_at: DateTime<Utc>,
    /// When somebody answered, by the server's clock.
    pub answered_at: Option<DateTime<Utc>>,
    /// When it was over.
    pub closed_at: Option<DateTime<Utc>>,
    /// How it ended.
    #[schema(value_type = Option<String>, example = "answered")]
    pub end: Option<HelpEnd>,
    /// What was answered.
    pub answer: Option<String>,
    /// What was said besides.
    pub note: Option<String>,
    /// Who answered.
    #[schema(value_type = Option<String>)]
    pub answered_by: Option<Actor>,
}

/// Requests for a person, the open ones oldest first, the others newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HelpRequestPage {
    /// The requests.
    pub help_requests: Vec<HelpRequest>,
    /// Give it as `cursor` for the next page; null on the last.
    pub next_cursor: Option<String>,
    /// How many are open over the whole fleet.
    pub open: u64,
}

/// Answer a request for a person.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HelpAnswerRequest {
    /// One of its options, or, where it takes them, one's own words; 1 to 20,000 characters.
    pub answer: String,
    /// For the record, and for the agent where it hears reasons; at most 2,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}
