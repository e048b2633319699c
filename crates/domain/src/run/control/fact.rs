//! What can happen to a run's control.

use uuid::Uuid;

use super::Agent;
use crate::{
    control::{
        BudgetKind, HelpEnd, HelpKind, MessageKind, PauseCause, PauseMethod, PauseMode,
        ResumeCause, TakeoverEnd,
    },
    names::Actor,
};

/// What an operator wishes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ControlWish {
    /// The command's own id.
    pub id: Uuid,
    /// Who wishes it.
    pub by: Actor,
    /// What.
    pub kind: WishKind,
}

/// What an operator can wish of a run's control.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WishKind {
    /// Hold the run.
    Pause {
        /// How.
        mode: PauseMode,
        /// Why.
        note: Option<String>,
    },
    /// Let it go on.
    Resume,
    /// Hold it for the operator who wishes this.
    Takeover {
        /// Why.
        note: Option<String>,
    },
    /// End a takeover.
    HandBack,
    /// Tell the agent something.
    SendMessage(MessageKind),
    /// Take back a message.
    CancelMessage(Uuid),
    /// Answer a request for help.
    AnswerHelp {
        /// Which.
        help: Uuid,
        /// What.
        answer: String,
        /// What is said besides.
        note: Option<String>,
    },
    /// Let the run use up more.
    RaiseBudget {
        /// Of what.
        budget: BudgetKind,
        /// The new limit.
        limit: u64,
    },
}

/// What the holder of a run says about its control, beside that it stands still or goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ControlEvent {
    /// It holds a command.
    Delivered {
        /// Which.
        command: Uuid,
        /// Why it will have no effect, if it will have none.
        refused: Option<String>,
    },
    /// An operator has the run's place.
    TakeoverBegan {
        /// The command that wished it.
        command: Uuid,
        /// Who.
        by: Actor,
        /// For how long at most.
        expires_in_seconds: u64,
    },
    /// Nobody has the run's place any more.
    TakeoverEnded {
        /// The command that began it.
        takeover: Uuid,
        /// How.
        end: TakeoverEnd,
        /// The command that handed the run back, if one did.
        command: Option<Uuid>,
    },
    /// The agent was handed a message.
    MessageDelivered {
        /// Which.
        message: Uuid,
        /// By which of its hooks.
        via: String,
    },
    /// The model has answered a request that a message stands in.
    MessageSeen(Uuid),
    /// A message will not reach the agent.
    MessageDropped {
        /// Which.
        message: Uuid,
        /// The command that took it back, if one did.
        command: Option<Uuid>,
        /// Why.
        reason: String,
    },
    /// A person is needed.
    HelpNeeded {
        /// The request.
        help: Uuid,
        /// What for.
        kind: HelpKind,
    },
    /// A person is needed for that no more.
    HelpClosed {
        /// The request.
        help: Uuid,
        /// Why not.
        end: HelpEnd,
    },
    /// A budget is used up.
    BudgetReached {
        /// Which.
        budget: BudgetKind,
        /// Its limit.
        limit: u64,
        /// What is used.
        used: u64,
    },
    /// A budget has another limit.
    BudgetRaised {
        /// Which.
        budget: BudgetKind,
        /// Its limit by now.
        limit: u64,
        /// What is used.
        used: u64,
    },
    /// The agent runs.
    AgentStarted(Box<Agent>),
    /// The agent has used something up.
    Used(Used),
}

/// What an agent has used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Used {
    /// Tokens read and written since it was last told.
    pub tokens: u64,
    /// US cents in the attempt so far, if that is told.
    pub spent_cents: Option<u64>,
    /// Turns in the attempt so far, if that is told.
    pub turns: Option<u64>,
    /// Changed lines in the attempt so far, if that is told.
    pub diff_lines: Option<u64>,
}

/// Why, by what means and where a run stands still; nothing of an older worker.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PausedSaid {
    /// By what means.
    pub method: Option<PauseMethod>,
    /// Why.
    pub cause: Option<PauseCause>,
    /// The command that wished it, if one did.
    pub command: Option<Uuid>,
    /// Before which tool or stage.
    pub before: Option<String>,
    /// Whether no checkpoint came in time.
    pub escalated: bool,
    /// In how many milliseconds it goes on by itself.
    pub resumes_in_ms: Option<u64>,
}

/// Why a run goes on; nothing of an older worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ResumedSaid {
    /// Why.
    pub cause: Option<ResumeCause>,
    /// The command that wished it, if one did.
    pub command: Option<Uuid>,
    /// How long it stood still.
    pub paused_ms: Option<u64>,
}

impl ControlWish {
    /// What it is on record as.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self.kind {
            WishKind::Pause { .. } => "pause_requested",
            WishKind::Resume => "resume_requested",
            WishKind::Takeover { .. } => "takeover_requested",
            WishKind::HandBack => "hand_back_requested",
            WishKind::SendMessage(_) => "message_sent",
            WishKind::CancelMessage(_) => "message_cancel_requested",
            WishKind::AnswerHelp { .. } => "help_answered",
            WishKind::RaiseBudget { .. } => "budget_raise_requested",
        }
    }
}

impl ControlEvent {
    /// The event's name, for messages and tables.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Delivered { .. } => "control_delivered",
            Self::TakeoverBegan { .. } => "takeover_began",
            Self::TakeoverEnded { .. } => "takeover_ended",
            Self::MessageDelivered { .. } => "message_delivered",
            Self::MessageSeen(_) => "message_seen",
            Self::MessageDropped { .. } => "message_dropped",
            Self::HelpNeeded { .. } => "operator_needed",
            Self::HelpClosed { .. } => "operator_not_needed",
            Self::BudgetReached { .. } => "budget_reached",
            Self::BudgetRaised { .. } => "budget_raised",
            Self::AgentStarted(_) => "agent_started",
            Self::Used(_) => "used",
        }
    }
}
