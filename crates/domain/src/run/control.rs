//! What holds a run, who has its place, what its agent is told and asks, and what it may use up.
//! Part of [`Run`](super::Run), and changed by [`Run::apply`](super::Run::apply) alone.

mod budget;
mod fact;
mod follow;
mod hand_back;
mod help;
mod message;
mod pause;
mod said;
#[cfg(test)]
mod tests;
mod wish;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;

pub use budget::Budget;
pub use fact::{ControlEvent, ControlWish, PausedSaid, ResumedSaid, Used, WishKind};
pub use hand_back::HandBack;
pub use help::{Help, HelpAnswer, HelpOver};
pub use message::{Delivery, Message, MessageStanding};
pub use pause::{Pause, PausePhase, Resuming, Standing};
pub(in crate::run) use said::Said;

use crate::{control::BudgetKind, names::Actor};

/// What holds a run, who has its place, and what waits for its agent or for a person.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Control {
    /// The pause that is wished or in force.
    pub pause: Option<Pause>,
    /// Who has the run's place, or is to have it; only of a run that is to stand still.
    pub takeover: Option<Takeover>,
    /// Time that the run has stood still in its present attempt, in milliseconds, before the pause
    /// in force.
    pub paused_ms: u64,
    /// The agent of the present attempt, once it was started; of the last one when none is held.
    pub agent: Option<Agent>,
    /// What an attempt may use up; only what is bounded.
    pub budgets: BTreeMap<BudgetKind, Budget>,
    /// Takeovers of the present attempt that were handed back, the oldest first: those of whose
    /// message something is still to be heard, and the last one; of the last attempt when none is
    /// held.
    pub hand_backs: Vec<HandBack>,
    /// Messages of which something is still to be heard, in the order in which they were sent.
    pub messages: Vec<Message>,
    /// Requests for help that are open, in the order in which they were asked.
    pub help: Vec<Help>,
}

/// Who has a run's place, or is to have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Takeover {
    /// The command that wished it.
    pub command: Uuid,
    /// Who.
    pub by: Actor,
    /// Why, in words.
    pub note: Option<String>,
    /// When it was wished.
    pub requested_at: DateTime<Utc>,
    /// When the worker let them, and when it is over if nobody hands the run back; none before.
    pub began: Option<Began>,
}

/// The time of a takeover that has begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Began {
    /// Since when.
    pub at: DateTime<Utc>,
    /// Until when, if nobody hands the run back.
    pub expires_at: DateTime<Utc>,
}

/// An agent, as it was started. Words are the agent's own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Agent {
    /// `exec`, or `interactive` when its own screen runs in the terminal.
    pub mode: Option<String>,
    /// The model, if it is known.
    pub model: Option<String>,
    /// The effort, if it is known.
    pub effort: Option<String>,
    /// What it is kept from.
    pub sandbox: Option<String>,
    /// When it asks for permission.
    pub approvals: Option<String>,
    /// What operators can do with it.
    pub capabilities: Capabilities,
}

/// What operators can do with an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each stands for itself: no two of them make a state"
)]
pub struct Capabilities {
    /// It stops between two tool calls.
    pub checkpoints: bool,
    /// It can be told something in the middle of its turn.
    pub steering: bool,
    /// It can be told something at the end of its turn.
    pub queued: bool,
    /// It asks for permission, and hears the answer.
    pub permissions: bool,
    /// Its own screen is in the terminal.
    pub interactive: bool,
}

/// Messages and requests for help that one step changed, as they stand after it. What is settled
/// by a step is in no run any more: whoever keeps it hears of it here, and only here.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Told {
    /// Messages.
    pub messages: Vec<Message>,
    /// Requests for help.
    pub help: Vec<Help>,
}

impl Control {
    /// Messages that the agent was not handed yet.
    #[must_use]
    pub fn pending_messages(&self) -> usize {
        let pending = |it: &&Message| matches!(it.standing, MessageStanding::Queued { .. });
        self.messages.iter().filter(pending).count()
    }

    /// Time that the run has stood still in its present attempt, in milliseconds, also by the pause
    /// in force.
    #[must_use]
    pub fn paused_ms_at(&self, now: DateTime<Utc>) -> u64 {
        let standing = self.pause.as_ref().and_then(|it| it.standing.as_ref());
        let since = standing.map_or(0, |it| pause::ms_between(it.since, now));
        self.paused_ms.saturating_add(since)
    }
}
