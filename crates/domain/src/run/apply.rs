//! The one function that changes a run's state.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::{
    failure::{Failure, FailureCode},
    ids::{Attempt, EventSeq, Position, RunId},
    names::WorkerId,
    retry::RetryPolicy,
    run::{
        control::{Control, ControlEvent, Said, Told},
        fact::{Command, Fact, FactKind, RunEvent},
        refusal::{IllegalStep, Refusal},
        session::Session,
        state::{Lease, Run, RunState},
    },
};

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
}
