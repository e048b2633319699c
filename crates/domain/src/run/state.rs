//! The states of a run. Each holds what is true then; none holds more.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::{
    choices::choices,
    control::PauseKind,
    failure::Failure,
    ids::{Attempt, EventSeq, Position, RunId},
    names::{Actor, WorkerId},
    retry::RetryPolicy,
    run::{control::Control, session::Session},
};

/// A run as folded from its facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Which run.
    pub id: RunId,
    /// How often it may be tried.
    pub retry: RetryPolicy,
    /// The highest attempt that was offered.
    pub attempt: Attempt,
    /// Attempts that failed or were lost; attempts given back do not count.
    pub failures: u32,
    /// Since when an operator wants it ended.
    pub cancel_requested_at: Option<DateTime<Utc>>,
    /// Where it stands.
    pub state: RunState,
    /// Its live session.
    pub session: Session,
    /// What holds it, who has its place, and what waits for its agent or for a person. Shared: most
    /// facts leave it as it is.
    pub control: Arc<Control>,
    /// The last fact that changed it.
    pub position: Position,
}

/// Where a run stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunState {
    /// Waiting for a worker.
    Queued,
    /// A worker holds the lease.
    Running {
        /// Who, since when, under which attempt.
        lease: Lease,
        /// What it is doing.
        stage: Option<Stage>,
    },
    /// A worker holds the lease; its agent stands still.
    Paused {
        /// Who, since when, under which attempt.
        lease: Lease,
        /// What it was doing.
        stage: Option<Stage>,
        /// How it is held.
        kind: PauseKind,
    },
    /// Waiting for the time of its next attempt.
    RetryScheduled {
        /// When the next attempt is offered.
        due_at: DateTime<Utc>,
        /// What ended the last attempt, if it failed.
        cause: Option<Failure>,
    },
    /// Done.
    Succeeded,
    /// Failed in a way that no further attempt would mend.
    Failed(Failure),
    /// Ended because somebody asked for it.
    Cancelled,
    /// Failed as often as it may.
    DeadLettered(Failure),
}

/// The right to do a run, held by one worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// Which attempt it is.
    pub attempt: Attempt,
    /// Who holds it.
    pub worker: WorkerId,
    /// Where the broker keeps it; every report of the holder is fenced by this number.
    pub position: Position,
    /// When it was taken, by the worker's clock.
    pub taken_at: DateTime<Utc>,
    /// The last thing that was said under it.
    pub last_seq: Option<EventSeq>,
    /// That an operator wants it taken away.
    pub release: Option<ReleaseWish>,
}

/// An operator's wish that a lease be taken away from its holder; a supervisor carries it out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseWish {
    /// Since when, by the API's clock.
    pub at: DateTime<Utc>,
    /// Who wishes it.
    pub by: Actor,
    /// Why.
    pub note: Option<String>,
}

choices! {
    /// What a worker does with a run, in this order.
    Stage, "stage" {
        /// The workspace is made and the repository cloned.
        Prepare = "prepare",
        /// The agent works.
        Execute = "execute",
        /// Patch, artifacts and branch are written.
        Publish = "publish",
    }
}

choices! {
    /// A step of ending what an attempt has started, in this order; a step that is not needed is
    /// not taken.
    EndStep, "end step" {
        /// The worker heard of it, and asked the agent by SIGINT to stop.
        Asked = "asked",
        /// SIGTERM to every process.
        Terminated = "terminated",
        /// SIGKILL to every process.
        Killed = "killed",
        /// No process is left.
        Gone = "gone",
    }
}

choices! {
    /// The names of the states, as written in messages, tables and pages.
    StateName, "run state" {
        /// See [`RunState::Queued`].
        Queued = "queued",
        /// See [`RunState::Running`].
        Running = "running",
        /// See [`RunState::Paused`].
        Paused = "paused",
        /// See [`RunState::RetryScheduled`].
        RetryScheduled = "retry_scheduled",
        /// See [`RunState::Succeeded`].
        Succeeded = "succeeded",
        /// See [`RunState::Failed`].
        Failed = "failed",
        /// See [`RunState::Cancelled`].
        Cancelled = "cancelled",
        /// See [`RunState::DeadLettered`].
        DeadLettered = "dead_lettered",
    }
}

impl StateName {
    /// Whether nothing follows unless an operator tries the run again.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        matches!(
            self,
            Self::Succeeded | Self::Failed | Self::Cancelled | Self::DeadLettered
        )
    }
}

impl RunState {
    /// The state's name.
    #[must_use]
    pub const fn name(&self) -> StateName {
        match self {
            Self::Queued => StateName::Queued,
            Self::Running { .. } => StateName::Running,
            Self::Paused { .. } => StateName::Paused,
            Self::RetryScheduled { .. } => StateName::RetryScheduled,
            Self::Succeeded => StateName::Succeeded,
            Self::Failed(_) => StateName::Failed,
            Self::Cancelled => StateName::Cancelled,
            Self::DeadLettered(_) => StateName::DeadLettered,
        }
    }

    /// The lease, in the states that have one.
    #[must_use]
    pub const fn lease(&self) -> Option<&Lease> {
        match self {
            Self::Running { lease, .. } | Self::Paused { lease, .. } => Some(lease),
            _ => None,
        }
    }

    /// What went wrong, in the states that know.
    #[must_use]
    pub const fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Failed(failure) | Self::DeadLettered(failure) => Some(failure),
            Self::RetryScheduled { cause, .. } => cause.as_ref(),
            _ => None,
        }
    }
}
