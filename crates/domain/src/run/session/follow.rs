//! How a run's session follows the run: it begins with an attempt and ends with it.

use chrono::{DateTime, Utc};

use super::{GrantFact, SessionEvent, SessionWish, said::Said};
use crate::{
    ids::Attempt,
    names::{Actor, WorkerId},
    run::{Refusal, Run, RunState, fact::Command},
};

impl Run {
    /// The run with a session that its submitter wants: it begins as soon as a worker has the run.
    #[must_use]
    pub fn with_session(mut self, wish: SessionWish, by: &Actor, at: DateTime<Utc>) -> Self {
        // A run that is new has none.
        let _ = self.session.enable(wish, by, at);
        self
    }

    pub(in crate::run) fn session_wish(
        &mut self,
        command: &Command,
        at: DateTime<Utc>,
    ) -> Result<(), Refusal> {
        if self.state.name().is_terminal() {
            return Err(Refusal::WrongState);
        }
        match command {
            Command::EnableSession { by, wish } => self.session.enable(*wish, by, at),
            Command::RevokeSession { by, note } => self.session.revoke(by, note.as_ref(), at),
            Command::ResealSession { generation, sealed } => {
                self.session.reseal(*generation, sealed)
            }
            Command::Cancel
            | Command::Redrive
            | Command::ReleaseLease { .. }
            | Command::Control(_) => Err(Refusal::WrongState),
        }
    }

    pub(in crate::run) fn granted(
        &mut self,
        grant: &GrantFact,
        at: DateTime<Utc>,
    ) -> Result<(), Refusal> {
        self.check_holder(grant.attempt, None)?;
        self.session.grant(grant, at)
    }

    pub(in crate::run) fn session_said(
        &mut self,
        event: &SessionEvent,
        worker: &WorkerId,
        attempt: Attempt,
        at: DateTime<Utc>,
    ) -> Result<(), Refusal> {
        let said = Said {
            worker,
            attempt,
            at,
        };
        self.session.said(event, &said)
    }

    /// After a step of the run: a session begins with a lease, and ends with it.
    pub(in crate::run) fn take_session_along(&mut self, before: &Self, at: DateTime<Utc>) {
        let held = before.state.lease().is_some();
        if self.state.lease().is_some() {
            if !held {
                self.session.attempt_began(at);
            }
        } else if held || self.state.name().is_terminal() {
            let (code, reason) = why_over(&self.state);
            self.session.attempt_over(code, reason, at);
        }
    }
}

/// Why a session is over whose run has come to this state: for machines, and for people.
fn why_over(state: &RunState) -> (&'static str, &'static str) {
    match state {
        RunState::Succeeded => ("finished", "the run succeeded"),
        RunState::Cancelled => ("cancelled", "the run was cancelled"),
        RunState::Failed(_) | RunState::DeadLettered(_) => ("failed", "the run failed"),
        RunState::RetryScheduled { cause: None, .. } => (
            "lease_released",
            "the run was taken from its worker; its next attempt has a session of its own",
        ),
        RunState::RetryScheduled { .. } => (
            "attempt_over",
            "the attempt failed or was lost; the next one has a session of its own",
        ),
        RunState::Queued | RunState::Running { .. } | RunState::Paused { .. } => {
            ("attempt_over", "the attempt is over")
        }
    }
}
