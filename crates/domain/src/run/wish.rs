//! What operators wish of a run as a whole: that it ends, is tried again, or is given to another
//! worker.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::{
    names::Actor,
    run::{
        refusal::Refusal,
        state::{ReleaseWish, Run, RunState},
    },
};

impl Run {
    pub(super) fn cancel(&mut self, at: DateTime<Utc>) -> Result<(), Refusal> {
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

    /// From the start: no failure counts any more. What failed last is still told until the next
    /// attempt begins.
    pub(super) fn redrive(&mut self, at: DateTime<Utc>) -> Result<(), Refusal> {
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

    pub(super) fn release_lease(
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
