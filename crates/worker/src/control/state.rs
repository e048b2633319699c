//! What is known of an attempt's control: all of it is kept for a worker started again. Times are
//! durations since the control began, whoever kept it.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use baton_domain::{
    Actor, BudgetKind, MessageKind, MessageState, PauseCause, PauseMethod, PauseMode, Stage,
    run::PauseKind,
};
use baton_terminal::{AgentMessage, HelpAnswer};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{hand_back::Before, input::ScopeHold};

/// How control stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct State {
    /// The commands that are settled.
    pub(super) obeyed: BTreeSet<Uuid>,
    /// The newest of those that hold a run or let it go.
    pub(super) decided: Option<Uuid>,
    /// When that was wished.
    #[serde(default)]
    pub(super) decided_at: Option<DateTime<Utc>>,
    /// What an operator wishes.
    pub(super) wish: Option<Wish>,
    /// What is wished of the run's worker, pool or fleet.
    pub(super) scope: Option<(Uuid, ScopeHold)>,
    /// The stage that a person has to let begin, and the request for that.
    pub(super) policy: Option<(Stage, Uuid)>,
    /// The stages that a person has let begin.
    pub(super) passed: BTreeSet<Stage>,
    /// Limits that were raised.
    pub(super) raised: BTreeMap<BudgetKind, u64>,
    /// Budgets that are used up, and the requests for more.
    pub(super) reached: BTreeMap<BudgetKind, Uuid>,
    /// For which hold it is wanted to stand still, and since when.
    pub(super) wanted: Option<(Uuid, Duration)>,
    /// How it stands still.
    pub(super) standing: Option<Standing>,
    /// Whether the agent's processes are to be stopped, and whether because no checkpoint came.
    pub(super) forced: bool,
    pub(super) escalated: bool,
    /// What operators have told the agent, in order.
    pub(super) messages: Vec<Message>,
    /// Open requests for help.
    pub(super) helps: BTreeMap<Uuid, Help>,
    /// The requests that are closed.
    pub(super) closed: BTreeSet<Uuid>,
    /// How often the run was handed back.
    pub(super) hand_backs: u32,
    /// The command that ends the run.
    pub(super) cancel: Option<Uuid>,
    /// Whether the agent has come and gone.
    pub(super) agent_over: bool,
    /// Whether the attempt ends.
    pub(super) over: bool,
}

/// What an operator wishes of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Wish {
    /// The command.
    pub(super) command: Uuid,
    /// Whose.
    pub(super) by: Actor,
    /// Why.
    pub(super) note: Option<String>,
    /// How.
    pub(super) mode: PauseMode,
    /// How long a checkpoint is waited for; the worker's setting if absent.
    pub(super) deadline: Option<Duration>,
    /// After how long a standstill it ends by itself.
    pub(super) resume_after: Option<Duration>,
    /// What for.
    pub(super) purpose: Purpose,
}

/// What a run is held for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Purpose {
    /// To stand still.
    Pause,
    /// For an operator to work in its place.
    Takeover {
        /// For how long at most.
        expires_after: Duration,
        /// How far it has come.
        phase: Phase,
    },
}

/// How far a takeover has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Phase {
    /// The run does not stand still yet.
    Asked,
    /// It does; the workspace's state is being noted.
    Noting,
    /// The operator has its place.
    Began {
        /// Since when.
        at: Duration,
        /// How things were before.
        before: Before,
    },
    /// The operator has handed it back; what was done is being found out.
    HandingBack {
        /// How things were before.
        before: Before,
        /// The command.
        command: Uuid,
        /// The operator's words.
        summary: String,
        /// Whose.
        by: Actor,
    },
}

/// A standstill, as it was said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Standing {
    /// Which hold.
    pub(super) hold: Uuid,
    /// Why.
    pub(super) cause: PauseCause,
    /// By what means.
    pub(super) method: PauseMethod,
    /// Since when it stands still at all.
    pub(super) since: Duration,
    /// Since when because of this hold.
    pub(super) hold_since: Duration,
}

impl Standing {
    pub(super) const fn kind(&self) -> PauseKind {
        match self.method {
            PauseMethod::Checkpoint | PauseMethod::Stage => PauseKind::Checkpoint,
            PauseMethod::Cgroup | PauseMethod::Signal => PauseKind::Frozen,
        }
    }
}

/// An open request for help.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Help {
    /// The agent asks; the answer on its way to it.
    Agent(Option<HelpAnswer>),
    /// The worker itself asks.
    Own(OwnHelp),
}

/// What the worker asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum OwnHelp {
    /// That a stage begins.
    Stage(Stage),
    /// That a budget is raised.
    Budget(BudgetKind),
    /// That somebody looks at an agent to which nothing happens.
    Stall,
    /// That somebody decides about a run whose takeover nobody has ended.
    Abandoned,
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Message {
    /// The command that brought it.
    pub(super) id: Uuid,
    /// When the agent hears it.
    pub(super) kind: MessageKind,
    /// Who writes, for the agent.
    pub(super) from: String,
    /// What.
    pub(super) text: String,
    /// How far it has come.
    pub(super) state: MessageState,
    /// The command that takes it back.
    pub(super) taken_back_by: Option<Uuid>,
    /// The takeover that it hands back; none of an operator's own words.
    #[serde(default)]
    pub(super) takeover: Option<Uuid>,
}

impl Message {
    /// One that waits for the agent.
    pub(super) const fn new(id: Uuid, kind: MessageKind, from: String, text: String) -> Self {
        Self {
            id,
            kind,
            from,
            text,
            state: MessageState::Queued,
            taken_back_by: None,
            takeover: None,
        }
    }

    pub(super) fn for_agent(&self) -> AgentMessage {
        AgentMessage {
            id: self.id,
            kind: self.kind,
            from: self.from.clone(),
            text: self.text.clone(),
        }
    }
}
