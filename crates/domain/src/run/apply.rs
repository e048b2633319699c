//! The one function that changes a run's state.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::{
    failure::{Failure, FailureCode},
    ids::{Attempt, EventSeq, Position, RunId},
    names::{Actor, WorkerId},
    retry::RetryPolicy,
    run::{
        control::{Control, ControlEvent, Said, Told},
        fact::{Command, Fact, FactKind, RunEvent},
        session::Session,
        state::{Lease, ReleaseWish, Run, RunState, StateName},
    },
};

/// A fact that does not fit the state it meets. It changes nothing; the recorder keeps it as
/// evidence, except duplicates, which were kept before.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a {state} run refuses '{fact}': {refusal}")]
pub struct IllegalStep {
    /// The state that it met.
    pub state: StateName,
    /// The kind of fact.
    pub fact: &'static str,
    /// Why it changes nothing.
    pub refusal: Refusal,
}

/// Why a fact changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It was applied before.
    #[error("it was applied before")]
    Duplicate,
    /// It speaks for an attempt that is over, or has not begun.
    #[error("it speaks for another attempt")]
    OtherAttempt,
    /// It comes from somebody who does not hold the lease.
    #[error("its sender does not hold the lease")]
    NotHolder,
    /// The state has no such step.
    #[error("the state has no such step")]
    WrongState,
    /// Its fence is not above that of the grant before.
    #[error("its fence does not rise")]
    StaleFence,
}

impl Refusal {
    /// The refusal as it is written in tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Duplicate => "duplicate",
            Self::OtherAttempt => "other_attempt",
            Self::NotHolder => "not_holder",
            Self::WrongState => "wrong_state",
            Self::StaleFence => "stale_fence",
        }
    }
}

impl Run {
    /// A run at its first offer.
    #[must_use]
    pub fn submitted(id: RunId, retry: RetryPolicy, position: Position) -> Self {
        Self {
            id,
            retry,
            attempt: Attempt::FIRST,
            failures: 0,
            cancel_requested_at: None,
            state: RunState::Queued,
            session: Session::default(),
            control: Arc::new(Control::default()),
            position,
        }
    }

    /// The run after a fact.
    ///
    /// # Errors
    /// When the fact does not fit; the run is as it was.
    pub fn apply(&self, fact: &Fact) -> Result<Self, IllegalStep> {
        Ok(self.step_with(fact)?.0)
    }

    /// The run after a fact, with the messages and requests for help that it changed.
    ///
    /// # Errors
    /// When the fact does not fit; the run is as it was.
    pub fn step_with(&self, fact: &Fact) -> Result<(Self, Told), IllegalStep> {
        let (mut next, mut told) = (self.clone(), Told::default());
        next.step(fact, &mut told).map_err(|refusal| IllegalStep {
            state: self.state.name(),
            fact: fact.kind.name(),
            refusal,
        })?;
        next.take_session_along(self, fact.at);
        next.take_control_along(self, fact, &mut told);
        next.position = fact.position;
        Ok((next, told))
    }

    fn step(&mut self, fact: &Fact, told: &mut Told) -> Result<(), Refusal> {
        if fact.position <= self.position {
            // Several events of one message share its position; their own sequence tells them apart.
            let same_message =
                fact.position == self.position && matches!(fact.kind, FactKind::Reported { .. });
            if !same_message {
                return Err(Refusal::Duplicate);
            }
        }
        match &fact.kind {
            FactKind::Offered { attempt } => self.offered(*attempt),
            FactKind::LeaseTaken { attempt, worker } => self.lease_taken(*attempt, worker, fact),
            FactKind::LeaseReleased { attempt, worker } => {
                self.check_holder(*attempt, Some(worker))?;
                self.released(fact.at);
                Ok(())
            }
            FactKind::LeaseLost { attempt, by } => {
                self.check_holder(*attempt, None)?;
                if !by.is_supervisor() {
                    return Err(Refusal::NotHolder);
                }
                if self.state.lease().is_some_and(|l| l.release.is_some()) {
                    // An operator took it away: that is no fault of the run.
                    self.released(fact.at);
                } else {
                    self.lost(fact.at);
                }
                Ok(())
            }
            FactKind::Reported {
                worker,
                attempt,
                seq,
                event,
            } => {
                self.check_holder(*attempt, Some(worker))?;
                self.note_seq(*seq)?;
                let at = fact.at;
                match event {
                    RunEvent::Session(event) => self.session_said(event, worker, *attempt, at),
                    // Nothing of it is bounded.
                    RunEvent::Control(ControlEvent::Used(_)) if self.control.budgets.is_empty() => {
                        Ok(())
                    }
                    RunEvent::Control(event) => {
                        let attempt = *attempt;
                        let said = Said {
                            worker,
                            attempt,
                            at,
                        };
                        Arc::make_mut(&mut self.control).said(event, &said, told)
                    }
                    event => self.reported(event, at),
                }
            }
            FactKind::Commanded(Command::Cancel) => self.cancel(fact.at),
            FactKind::Commanded(Command::Redrive) => self.redrive(fact.at),
            FactKind::Commanded(Command::ReleaseLease { by, note }) => {
                self.release_lease(fact.at, by, note.as_ref())
            }
            FactKind::Commanded(
                wish @ (Command::EnableSession { .. }
                | Command::RevokeSession { .. }
                | Command::ResealSession { .. }),
            ) => self.session_wish(wish, fact.at),
            FactKind::Commanded(Command::Control(wish)) => self.control_wish(wish, fact.at, told),
            FactKind::Granted(grant) => self.granted(grant, fact.at),
        }
    }

    fn offered(&mut self, attempt: Attempt) -> Result<(), Refusal> {
        if attempt <= self.attempt {
            return Err(Refusal::Duplicate);
        }
        match self.state {
            RunState::RetryScheduled { .. } if attempt == self.attempt.next() => {
                self.attempt = attempt;
                self.state = RunState::Queued;
                Ok(())
            }
            RunState::RetryScheduled { .. } => Err(Refusal::OtherAttempt),
            _ => Err(Refusal::WrongState),
        }
    }

    fn lease_taken(
        &mut self,
        attempt: Attempt,
        worker: &WorkerId,
        fact: &Fact,
    ) -> Result<(), Refusal> {
        match self.state {
            // The supervisors' name holds nothing.
            RunState::Queued if worker.is_supervisor() => Err(Refusal::NotHolder),
            RunState::Queued if attempt == self.attempt => {
                let (worker, position, taken_at) = (worker.clone(), fact.position, fact.at);
                let lease = Lease {
                    attempt,
                    worker,
                    position,
                    taken_at,
                    last_seq: None,
                    release: None,
                };
                self.state = RunState::Running { lease, stage: None };
                Ok(())
            }
            RunState::Queued => Err(Refusal::OtherAttempt),
            _ => Err(Refusal::WrongState),
        }
    }

    pub(super) fn check_holder(
        &self,
        attempt: Attempt,
        worker: Option<&WorkerId>,
    ) -> Result<(), Refusal> {
        let lease = self.state.lease().ok_or(Refusal::WrongState)?;
        if lease.attempt != attempt {
            return Err(Refusal::OtherAttempt);
        }
        if worker.is_some_and(|worker| *worker != lease.worker) {
            return Err(Refusal::NotHolder);
        }
        Ok(())
    }

    fn note_seq(&mut self, seq: EventSeq) -> Result<(), Refusal> {
        let (RunState::Running { lease, .. } | RunState::Paused { lease, .. }) = &mut self.state
        else {
            return Err(Refusal::WrongState);
        };
        if lease.last_seq.is_some_and(|last| seq <= last) {
            return Err(Refusal::Duplicate);
        }
        lease.last_seq = Some(seq);
        Ok(())
    }

    fn reported(&mut self, event: &RunEvent, at: DateTime<Utc>) -> Result<(), Refusal> {
        self.state = match (&mut self.state, event) {
            (_, RunEvent::Progress) => return Ok(()),
            (RunState::Running { stage, .. }, RunEvent::StageStarted(begun)) => {
                *stage = Some(*begun);
                return Ok(());
            }
            (
                RunState::Running { lease, stage } | RunState::Paused { lease, stage, .. },
                RunEvent::Paused(kind, said),
            ) => {
                let is_cancelled = self.cancel_requested_at.is_some();
                Arc::make_mut(&mut self.control).paused(*kind, said, at, is_cancelled);
                RunState::Paused {
                    lease: lease.clone(),
                    stage: *stage,
                    kind: *kind,
                }
            }
            (RunState::Paused { lease, stage, .. }, RunEvent::Resumed(said)) => {
                Arc::make_mut(&mut self.control).resumed(said, at);
                RunState::Running {
                    lease: lease.clone(),
                    stage: *stage,
                }
            }
            (RunState::Running { .. }, RunEvent::Succeeded) => RunState::Succeeded,
            (_, RunEvent::Failed(failure)) => self.after_failure(failure, at),
            (_, RunEvent::Cancelled) => RunState::Cancelled,
            _ => return Err(Refusal::WrongState),
        };
        Ok(())
    }

    fn lost(&mut self, at: DateTime<Utc>) {
        let failure = Failure::new(
            FailureCode::LeaseLost,
            "the worker was not heard of for the length of its lease",
        );
        if self.cancel_requested_at.is_some() {
            self.state = RunState::Cancelled;
            return;
        }
        self.failures += 1;
        self.state = if self.retry.allows_another(self.failures) {
            // The lease already was a wait: the first loss is offered again at once.
            let due_at = at + self.retry.delay(self.id, self.failures - 1);
            RunState::RetryScheduled {
                due_at,
                cause: Some(failure),
            }
        } else {
            RunState::DeadLettered(failure)
        };
    }

    fn after_failure(&mut self, failure: &Failure, at: DateTime<Utc>) -> RunState {
        self.failures += 1;
        if self.cancel_requested_at.is_some() {
            RunState::Cancelled
        } else if !failure.retryable {
            RunState::Failed(failure.clone())
        } else if self.retry.allows_another(self.failures) {
            let due_at = at + self.retry.delay(self.id, self.failures);
            RunState::RetryScheduled {
                due_at,
                cause: Some(failure.clone()),
            }
        } else {
            RunState::DeadLettered(failure.clone())
        }
    }

    fn released(&mut self, at: DateTime<Utc>) {
        self.state = if self.cancel_requested_at.is_some() {
            RunState::Cancelled
        } else {
            RunState::RetryScheduled {
                due_at: at,
                cause: None,
            }
        };
    }

    fn cancel(&mut self, at: DateTime<Utc>) -> Result<(), Refusal> {
        if self.state.name().is_terminal() {
            return Err(Refusal::WrongState);
        }
        if self.cancel_requested_at.is_some() {
            return Err(Refusal::Duplicate);
        }
        self.cancel_requested_at = Some(at);
        if self.control.pause.is_some() {
            Arc::make_mut(&mut self.control).cancelled(at);
        }
        // Nobody works on it: the wish is the end.
        if self.state.lease().is_none() {
            self.state = RunState::Cancelled;
        }
        Ok(())
    }
}

/// Operators' wishes that do not end the run.
impl Run {
    /// From the start: no failure counts any more. What failed last is still told until the next
    /// attempt begins.
    fn redrive(&mut self, at: DateTime<Utc>) -> Result<(), Refusal> {
        let (RunState::Failed(failure) | RunState::DeadLettered(failure)) = &self.state else {
            return Err(Refusal::WrongState);
        };
        self.state = RunState::RetryScheduled {
            due_at: at,
            cause: Some(failure.clone()),
        };
        self.failures = 0;
        Ok(())
    }

    fn release_lease(
        &mut self,
        at: DateTime<Utc>,
        by: &Actor,
        note: Option<&String>,
    ) -> Result<(), Refusal> {
        let (RunState::Running { lease, .. } | RunState::Paused { lease, .. }) = &mut self.state
        else {
            return Err(Refusal::WrongState);
        };
        if lease.release.is_some() {
            return Err(Refusal::Duplicate);
        }
        lease.release = Some(ReleaseWish {
            at,
            by: by.clone(),
            note: note.cloned(),
        });
        Ok(())
    }
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
