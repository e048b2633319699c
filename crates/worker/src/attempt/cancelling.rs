//! Saying step by step how a cancelled attempt is ended.

use std::sync::{Arc, Mutex, PoisonError};

use baton_domain::EndStep;
use baton_wire::Event;

use crate::{
    report::Reporter,
    stop::{Stop, StopReason},
};

/// How much of it was said; clones know the same.
#[derive(Debug, Clone, Default)]
pub(super) struct Cancelling(Arc<Mutex<Vec<EndStep>>>);

impl Cancelling {
    /// Says each step when it is taken.
    pub(super) async fn watch(self, stop: Stop, reporter: Reporter) {
        let mut steps = stop.steps();
        stop.requested().await;
        loop {
            self.say(&stop, &reporter);
            // The sender lives in `stop`.
            let _ = steps.changed().await;
        }
    }

    /// Says what was not said yet, and that nothing is left.
    pub(super) fn finish(&self, stop: &Stop, reporter: &Reporter) {
        self.say(stop, reporter);
        self.tell(EndStep::Gone, reporter);
    }

    fn say(&self, stop: &Stop, reporter: &Reporter) {
        if stop.reason() != Some(StopReason::Cancelled) {
            return;
        }
        self.tell(EndStep::Asked, reporter);
        let steps = stop.steps();
        let taken = steps.borrow().clone();
        for step in taken {
            self.tell(step, reporter);
        }
    }

    /// Each step once, and none before one that was said.
    fn tell(&self, step: EndStep, reporter: &Reporter) {
        let mut said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if said.last().is_none_or(|last| *last < step) {
            said.push(step);
            reporter.say(Event::CancelStep { step });
        }
    }
}
