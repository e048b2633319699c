//! What happens to an attempt, as far as its control is concerned.

use std::time::Duration;

use baton_domain::{PauseMethod, Stage};
use baton_terminal::{Held, LetGo};
use baton_wire::{
    ControlMessage,
    event::{HelpClosed, HelpNeeded, MessageDelivered, MessageSeen},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::hand_back::{Before, HandedBack};

/// One thing that happened.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Input {
    /// An operator wishes something.
    Command(ControlMessage),
    /// What operators wish of the run's worker, pool or fleet; none: that it goes on.
    Scope(Option<ScopeHold>),
    /// The work waits to begin a stage.
    AtGate(Stage),
    /// There is an agent, or what is known of it has changed.
    Agent(AgentNow),
    /// An agent with a screen of its own waits for whoever types to it, so many prompts after its
    /// start; none: a turn goes on.
    TurnOver(Option<u32>),
    /// There is no agent any more.
    AgentOver,
    /// The agent stands still in a checkpoint.
    Held(Held),
    /// It waits there no more.
    LetGo(LetGo),
    /// The agent was handed a message.
    MessageDelivered(MessageDelivered),
    /// Its model has answered a request that holds a message.
    MessageSeen(MessageSeen),
    /// A message was taken back in time.
    MessageTakenBack(Uuid),
    /// The agent needs a person.
    HelpNeeded(HelpNeeded),
    /// It does no more.
    HelpClosed(HelpClosed),
    /// The agent has said what it has used up.
    Used(Used),
    /// So many lines were added and removed in the workspace.
    Changed(u64),
    /// How things are before an operator works in the run's place.
    Noted { takeover: Uuid, before: Before },
    /// What an operator has done is known.
    HandedBack(Box<HandedBack>),
    /// Time has passed.
    Tick,
    /// The attempt is to be cancelled.
    Cancelled,
    /// The attempt ends.
    End(End),
}

/// How an attempt ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// There will be no other attempt.
    Finally,
    /// There may be another one.
    ForNow,
}

/// How things are with the agent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct AgentNow {
    /// Whether its processes are stopped, and by what means they are or would be.
    pub(crate) frozen: bool,
    pub(crate) method: Option<PauseMethod>,
    /// Whether it waits for a person's answer.
    pub(crate) asking: bool,
    /// How long it has worked, without the time that it stood still.
    pub(crate) worked: Duration,
    /// What it has printed, in bytes.
    pub(crate) output: u64,
    /// What its processes have used of processors.
    pub(crate) cpu: Duration,
    /// How many checkpoints it has come to, and how many turns it has ended.
    pub(crate) checkpoints: u64,
    pub(crate) turns: u64,
}

/// What the agent says it has used up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Used {
    pub(crate) tokens: u64,
    pub(crate) spend_cents: Option<u64>,
    pub(crate) turns: Option<u64>,
}

/// A pause of a run's worker, pool or fleet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ScopeHold {
    /// Which, such as `pool.default`.
    pub(crate) scope: String,
    /// Who wishes it, and why.
    pub(crate) by: String,
    pub(crate) note: String,
}
