//! What can happen to a run, as far as its state is concerned.

use chrono::{DateTime, Utc};

use crate::{
    control::PauseKind,
    failure::Failure,
    ids::{Attempt, EventSeq, Generation, Position},
    names::{Actor, WorkerId},
    run::{
        control::{ControlEvent, ControlWish, PausedSaid, ResumedSaid},
        session::{GrantFact, SealedText, SessionEvent, SessionWish},
        state::Stage,
    },
};

/// One thing that happened, with its place in the total order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// Where the broker keeps it.
    pub position: Position,
    /// When it happened, by the clock of whoever said it.
    pub at: DateTime<Utc>,
    /// What happened.
    pub kind: FactKind,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FactKind {
    /// The run was put before the fleet.
    Offered {
        /// The attempt that is to be taken.
        attempt: Attempt,
    },
    /// A worker won the lease.
    LeaseTaken {
        /// The attempt it holds.
        attempt: Attempt,
        /// The holder.
        worker: WorkerId,
    },
    /// The holder gave the run back, undone, through no fault of the run.
    LeaseReleased {
        /// The attempt it held.
        attempt: Attempt,
        /// The former holder.
        worker: WorkerId,
    },
    /// The lease was taken away from its holder.
    LeaseLost {
        /// The attempt that ended.
        attempt: Attempt,
        /// Who says so; only a supervisor may.
        by: WorkerId,
    },
    /// The holder said something.
    Reported {
        /// Who said it.
        worker: WorkerId,
        /// Under which attempt.
        attempt: Attempt,
        /// The n-th thing said under it.
        seq: EventSeq,
        /// What was said.
        event: RunEvent,
    },
    /// An operator wished something.
    Commanded(Command),
    /// The API let somebody type into the run's terminals, or no longer.
    Granted(GrantFact),
}

/// What a holder can say, as far as the run's state is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunEvent {
    /// A stage began.
    StageStarted(Stage),
    /// Work was done that changes no state.
    Progress,
    /// Something about the live session; the run's own state does not change.
    Session(SessionEvent),
    /// Something about its control; the run's own state does not change.
    Control(ControlEvent),
    /// The agent stands still.
    Paused(PauseKind, PausedSaid),
    /// The agent goes on.
    Resumed(ResumedSaid),
    /// The work is done.
    Succeeded,
    /// The attempt failed.
    Failed(Failure),
    /// The run was ended because somebody asked for it.
    Cancelled,
}

/// What an operator can wish, as far as the run's state is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// End the run.
    Cancel,
    /// Try a run again that has failed for good.
    Redrive,
    /// Take the lease away from its holder.
    ReleaseLease {
        /// Who wishes it.
        by: Actor,
        /// Why.
        note: Option<String>,
    },
    /// Let people watch the run's terminals.
    EnableSession {
        /// Who wishes it.
        by: Actor,
        /// How.
        wish: SessionWish,
    },
    /// End the live session; the run goes on.
    RevokeSession {
        /// Who wishes it.
        by: Actor,
        /// Why.
        note: Option<String>,
    },
    /// The session's secrets, sealed to another key.
    ResealSession {
        /// Whose secrets.
        generation: Generation,
        /// The same as before, sealed anew.
        sealed: SealedText,
    },
    /// Hold the run, tell its agent something, or answer it.
    Control(ControlWish),
}

impl FactKind {
    /// The kind's name, for messages and tables.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Offered { .. } => "offered",
            Self::LeaseTaken { .. } => "lease_taken",
            Self::LeaseReleased { .. } => "lease_released",
            Self::LeaseLost { .. } => "lease_lost",
            Self::Reported { event, .. } => event.name(),
            Self::Commanded(Command::Cancel) => "cancel_requested",
            Self::Commanded(Command::Redrive) => "redriven",
            Self::Commanded(Command::ReleaseLease { .. }) => "release_requested",
            Self::Commanded(Command::EnableSession { .. }) => "session_requested",
            Self::Commanded(Command::RevokeSession { .. }) => "session_revoke_requested",
            Self::Commanded(Command::ResealSession { .. }) => "session_resealed",
            Self::Commanded(Command::Control(wish)) => wish.name(),
            Self::Granted(grant) => grant.name,
        }
    }
}

impl RunEvent {
    const fn name(&self) -> &'static str {
        match self {
            Self::StageStarted(_) => "stage_started",
            Self::Progress => "progress",
            Self::Session(event) => event.name(),
            Self::Control(event) => event.name(),
            Self::Paused(..) => "paused",
            Self::Resumed(_) => "resumed",
            Self::Succeeded => "succeeded",
            Self::Failed(_) => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}
