//! What a holder says about pauses, takeovers, messages, requests for help and budgets.

use baton_domain::{
    Actor, BudgetKind, HelpEnd, HelpKind, PauseCause, PauseMethod, ResumeCause, TakeoverEnd,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// What operators can do with an agent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct AgentCapabilities {
    /// It stops between two tool calls; otherwise it can only be held by force.
    pub checkpoints: bool,
    /// It can be told something in the middle of its turn.
    pub steering: bool,
    /// It can be told something at the end of its turn, and goes on with it.
    pub queued: bool,
    /// It asks for permission, and hears the answer.
    pub permissions: bool,
    /// Its own screen is in the terminal: who may type there, types to the agent itself.
    pub interactive: bool,
}

/// Why, by what means and where an agent stands still. All absent from an older Baton.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct PausedHow {
    /// By what means.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "cgroup")]
    pub method: Option<PauseMethod>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "operator")]
    pub cause: Option<PauseCause>,
    /// The command that wished it, if one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<Uuid>,
    /// Where: the tool that the agent was about to use, or the stage that was about to begin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// Whether no checkpoint came before the deadline of a soft pause.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub escalated: bool,
    /// In how many milliseconds it goes on by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resumes_in_ms: Option<u64>,
}

/// Why an agent goes on. All absent from an older Baton.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ResumedHow {
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "operator")]
    pub cause: Option<ResumeCause>,
    /// The command that wished it, if one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<Uuid>,
    /// How long it stood still, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paused_ms: Option<u64>,
}

/// The worker holds a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Delivered {
    /// Which.
    pub command: Uuid,
    /// Why it will have no effect, if it will have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

/// An operator has the run's place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TakeoverBegan {
    /// The command that wished it.
    pub command: Uuid,
    /// Who.
    #[schema(value_type = String)]
    pub by: Actor,
    /// For how long at most, in seconds.
    pub expires_in_seconds: u64,
}

/// A takeover is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TakeoverOver {
    /// The command that began it.
    pub takeover: Uuid,
    /// How.
    #[schema(value_type = String, example = "handed_back")]
    pub end: TakeoverEnd,
    /// The command that ended it, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<Uuid>,
    /// What the operator has done, in their words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// Files that were changed meanwhile.
    pub files: u32,
    /// Added lines.
    pub insertions: u32,
    /// Removed lines.
    pub deletions: u32,
    /// Commands that were typed meanwhile.
    pub commands: u32,
    /// The artifact that holds changes and commands, such as `handback/1/changes.patch`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact: Option<String>,
}

/// The agent was handed a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessageDelivered {
    /// The command that brought it.
    pub message: Uuid,
    /// By which of the agent's hooks, such as `PreToolUse`.
    pub via: String,
    /// The takeover that the message hands back; none of an operator's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub takeover: Option<Uuid>,
}

/// A message stands in a request that the model has answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessageSeen {
    /// The command that brought it.
    pub message: Uuid,
    /// The takeover that the message hands back; none of an operator's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub takeover: Option<Uuid>,
}

/// A message will not reach the agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessageDropped {
    /// The command that brought it.
    pub message: Uuid,
    /// The command that took it back, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<Uuid>,
    /// Why, for a person.
    pub reason: String,
    /// The takeover that the message hands back; none of an operator's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub takeover: Option<Uuid>,
}

/// A person is needed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HelpNeeded {
    /// Its own id, chosen where it is asked for.
    pub help: Uuid,
    /// Why.
    #[schema(value_type = String, example = "question")]
    pub kind: HelpKind,
    /// What is asked, for a person; at most 4,000 characters.
    pub question: String,
    /// The tool and what it would do, for a permission; at most 4,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Answers to choose from, at most 9; the first is the careful one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<HelpOption>,
    /// Whether an answer may be in one's own words.
    pub free_text: bool,
    /// Whether the agent waits for the answer.
    pub blocking: bool,
}

/// An answer to choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HelpOption {
    /// What is answered, such as `allow`.
    pub answer: String,
    /// What a person reads.
    pub label: String,
}

/// A person is needed for that no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HelpClosed {
    /// Which request.
    pub help: Uuid,
    /// Why.
    #[schema(value_type = String, example = "answered")]
    pub end: HelpEnd,
    /// The command that answered it, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<Uuid>,
}

/// A budget and how much of it is used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BudgetReached {
    /// Of what.
    #[schema(value_type = String, example = "tokens")]
    pub budget: BudgetKind,
    /// The limit, in the budget's own unit.
    pub limit: u64,
    /// How much of it is used.
    pub used: u64,
    /// The command that changed the limit, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<Uuid>,
}
