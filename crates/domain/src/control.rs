//! The words of control: how a run is held, what operators say to its agent, what its agent asks
//! of them, and what it may use up.

use std::collections::BTreeMap;

use crate::choices::choices;

choices! {
    /// How a pause is wished.
    PauseMode, "pause mode" {
        /// At the agent's next tool call; by force if none comes in time.
        Soft = "soft",
        /// At once, by force.
        Hard = "hard",
    }
}

choices! {
    /// How an agent is held.
    PauseKind, "pause kind" {
        /// It waits between two tool calls.
        Checkpoint = "checkpoint",
        /// Its processes are stopped.
        Frozen = "frozen",
    }
}

choices! {
    /// By what means a run stands still.
    PauseMethod, "pause method" {
        /// The agent waits in its checkpoint.
        Checkpoint = "checkpoint",
        /// The next stage is not begun.
        Stage = "stage",
        /// The kernel's freezer holds the agent's control group.
        Cgroup = "cgroup",
        /// SIGSTOP holds every process of the agent.
        Signal = "signal",
    }
}

choices! {
    /// Why a run is held.
    PauseCause, "pause cause" {
        /// An operator wishes it.
        Operator = "operator",
        /// An operator takes the run over.
        Takeover = "takeover",
        /// An operator wishes it of a worker, a pool or the fleet.
        Scope = "scope",
        /// A budget is used up.
        Budget = "budget",
        /// The run was submitted with a wish to be held here.
        Policy = "policy",
    }
}

choices! {
    /// Why a run goes on.
    ResumeCause, "resume cause" {
        /// An operator wishes it.
        Operator = "operator",
        /// The time that the pause was wished for is over.
        Timer = "timer",
        /// The operator who had taken it over has handed it back.
        HandBack = "hand_back",
        /// The pause of its worker, pool or fleet is over.
        Scope = "scope",
        /// The budget was raised.
        Budget = "budget",
        /// It is cancelled: the end comes before the pause.
        Cancel = "cancel",
    }
}

choices! {
    /// How a takeover ended.
    TakeoverEnd, "end of a takeover" {
        /// The operator has handed the run back.
        HandedBack = "handed_back",
        /// Its time was over; the run stays held.
        Expired = "expired",
        /// The run ended, was cancelled, or its lease was lost.
        RunEnded = "run_ended",
    }
}

choices! {
    /// When an agent is told a message.
    MessageKind, "kind of message" {
        /// At its next checkpoint, in the middle of its turn.
        Steering = "steering",
        /// When its turn ends: it goes on with it.
        Queued = "queued",
    }
}

choices! {
    /// How far a message has come.
    MessageState, "state of a message" {
        /// It waits for the agent's next checkpoint, or the end of its turn.
        Queued = "queued",
        /// The agent was handed it.
        Delivered = "delivered",
        /// It stands in a request to the model that the model has answered.
        Seen = "seen",
        /// An operator took it back in time.
        Cancelled = "cancelled",
        /// The run ended before.
        Undelivered = "undelivered",
    }
}

choices! {
    /// Why a person is needed.
    HelpKind, "kind of help" {
        /// The agent asks something.
        Question = "question",
        /// The agent wants to do what needs permission.
        Permission = "permission",
        /// The run failed as often as it may.
        RetriesUsedUp = "retries_used_up",
        /// The run is held by its own rules, or by a takeover that nobody ended.
        Policy = "policy",
        /// A budget is used up.
        Budget = "budget",
        /// Nothing happens any more.
        Stall = "stall",
    }
}

choices! {
    /// How a request for help ended.
    HelpEnd, "end of a request for help" {
        /// An operator has answered.
        Answered = "answered",
        /// It is not needed any more.
        Withdrawn = "withdrawn",
        /// Nobody answered in the time that the agent waits.
        TimedOut = "timed_out",
        /// The attempt ended.
        RunEnded = "run_ended",
    }
}

choices! {
    /// What an attempt may use up.
    BudgetKind, "budget" {
        /// Seconds that the agent works.
        WallSeconds = "wall_seconds",
        /// Turns of the agent.
        Turns = "turns",
        /// Tokens that the agent says it has read and written.
        Tokens = "tokens",
        /// US cents that the agent says it has spent.
        SpendCents = "spend_cents",
        /// Lines added and removed in the workspace.
        DiffLines = "diff_lines",
    }
}

choices! {
    /// What becomes of the runs that a drained scope holds.
    DrainedRuns, "rule for drained runs" {
        /// They are finished.
        Finish = "finish",
        /// They are paused until the drain ends.
        Pause = "pause",
    }
}

/// What an attempt may use up, by kind, in the kind's own unit. What is not named is not bounded.
pub type Budgets = BTreeMap<BudgetKind, u64>;

impl BudgetKind {
    /// The highest limit that makes sense, in its own unit.
    #[must_use]
    pub const fn most(self) -> u64 {
        match self {
            Self::WallSeconds => 604_800,
            Self::Turns => 100_000,
            Self::Tokens => 10_000_000_000,
            Self::SpendCents | Self::DiffLines => 10_000_000,
        }
    }

    /// So much of it, in words for people.
    #[must_use]
    pub fn amount(self, n: u64) -> String {
        let unit = match self {
            Self::WallSeconds => "s of work",
            Self::Turns if n == 1 => "turn",
            Self::Turns => "turns",
            Self::Tokens if n == 1 => "token",
            Self::Tokens => "tokens",
            Self::SpendCents => return format!("US$ {}.{:02}", n / 100, n % 100),
            Self::DiffLines if n == 1 => "changed line",
            Self::DiffLines => "changed lines",
        };
        format!("{n} {unit}")
    }
}
