//! What an agent's side and a host say to each other at `agent.sock`: one JSON object a line, one
//! call a connection. Readers pass over fields and words that they do not know.

mod told;

use baton_domain::MessageKind;
use baton_wire::event::HelpOption;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The version of these words. It rises when an old reader could misunderstand them.
pub(crate) const AGENT_PROTOCOL: u32 = 1;
/// The socket in the host's folder.
pub(crate) const AGENT_SOCKET: &str = "agent.sock";
/// In the environment of everything that a host starts: where that socket is.
pub const AGENT_SOCKET_VARIABLE: &str = "BATON_AGENT_SOCKET";
/// The most that a line may hold, in bytes.
pub(crate) const LINE_BYTES: usize = 1 << 20;

/// From the agent's side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "say", rename_all = "camelCase")]
pub(crate) enum AgentWord {
    /// The first word of a call: the agent has come to a checkpoint.
    Checkpoint(Checkpoint),
    /// The first word of a call: the agent asks a person.
    Help(HelpAsk),
    /// What the host gave was handed to the agent.
    Done(Done),
    /// Nobody has answered in the time that the agent waits.
    TimedOut,
    /// A word of a later version.
    #[serde(other)]
    Unknown,
}

/// Where an agent is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Moment {
    /// About to use a tool.
    BeforeTool,
    /// It has used a tool.
    AfterTool,
    /// It wants to do what needs permission.
    Permission,
    /// Its model has nothing more to do.
    TurnEnd,
    /// A turn or a session begins: it can be told something, and is not held.
    Context,
    /// Between two steps of a program that calls itself.
    Step,
    /// A moment of a later version.
    #[serde(other)]
    Unknown,
}

/// A checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Checkpoint {
    /// The version of these words.
    pub(crate) baton: u32,
    pub(crate) at: Moment,
    /// The agent's own word for it, such as `PreToolUse`.
    pub(crate) via: String,
    /// Its tool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tool: Option<String>,
    /// Its tool's call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tool_use: Option<String>,
    /// Its session with the model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) session: Option<String>,
    /// What the tool would do, for a permission.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) detail: Option<String>,
    /// Whether no message can be handed over here.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) deaf: bool,
}

/// A question to a person.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HelpAsk {
    /// The version of these words.
    #[serde(default)]
    pub(crate) baton: u32,
    /// What is asked; at most 4,000 characters, the rest is cut off.
    pub question: String,
    /// What a person should know besides; at most 4,000 characters, the rest is cut off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Answers to choose from, at most 9; the first is the careful one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<HelpOption>,
    /// Whether the agent waits for the answer. Otherwise it gets it as a message.
    #[serde(default)]
    pub wait: bool,
}

impl HelpAsk {
    /// A question that nobody waits for, answered in free words.
    #[must_use]
    pub fn new(question: impl Into<String>) -> Self {
        Self {
            baton: AGENT_PROTOCOL,
            question: question.into(),
            ..Self::default()
        }
    }
}

/// What was handed over.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Done {
    /// Messages, or the answered question.
    pub(crate) ids: Vec<Uuid>,
    /// Calls of tools whose result the model has answered, among the `unproven` ones.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) answered: Vec<String>,
}

/// From the host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "say", rename_all = "camelCase")]
pub(crate) enum HostWord {
    /// The agent may go on. Given something, it says `done` once that is handed over.
    Go(Go),
    /// A person is asked.
    Asked { help: Uuid },
    /// A person has answered.
    Answer(Answered),
    /// What was said to be done is on record.
    Noted,
    /// The run is being ended: nothing more may be done.
    Ending,
    /// That cannot be.
    Refused { reason: String },
    /// A word of a later version.
    #[serde(other)]
    Unknown,
}

/// What an agent takes with it as it goes on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Go {
    /// Messages, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) messages: Vec<Handed>,
    /// The answer to a permission.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) decision: Option<Answered>,
    /// Calls of tools with which messages went to the model, and no request with them is known to
    /// be answered.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) unproven: Vec<String>,
}

impl Go {
    /// Whether there is nothing to take.
    pub(crate) const fn is_empty(&self) -> bool {
        self.messages.is_empty() && self.decision.is_none() && self.unproven.is_empty()
    }
}

/// A message, as the agent gets it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Handed {
    /// Its id.
    pub id: Uuid,
    /// At a checkpoint, or at the end of a turn.
    pub kind: MessageKind,
    /// Who writes, such as `operator anna`.
    pub from: String,
    /// What.
    pub text: String,
}

/// An answer, as the agent gets it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Answered {
    /// What was asked.
    pub help: Uuid,
    /// The answer.
    pub answer: String,
    /// What is said besides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Who answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
}
