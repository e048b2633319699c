//! Steps of a run's lease, each by compare-and-set: exactly one worker can hold an attempt.

use std::sync::Arc;

use baton_bus::{Bus, Fence, Patience, PublishError};
use baton_domain::{Attempt, Clock, Position, RunId, WorkerId};
use baton_wire::{LeaseMessage, LeaseStep, MessageId, Offer, Subject};
use tokio_util::sync::CancellationToken;

/// Who takes and releases leases.
#[derive(Debug, Clone)]
pub(crate) struct Leases {
    pub(crate) bus: Bus,
    pub(crate) worker: WorkerId,
    /// Tells this process from another one of the same name.
    pub(crate) instance: String,
    pub(crate) clock: Arc<dyn Clock>,
    /// Ends the waiting for a broker that is away.
    pub(crate) give_up: CancellationToken,
}

/// The outcome of a step.
#[derive(Debug)]
pub(crate) enum Stepped {
    /// The broker keeps it here.
    Done(Position),
    /// Somebody else was first.
    Fenced,
    /// Nothing is known to have happened.
    Unclear(PublishError),
}

impl Leases {
    /// Takes the lease that an offer promises.
    pub(crate) async fn take(&self, offer: &Offer) -> Stepped {
        let expected = offer.lease_position;
        // What may have been taken has to be known: nobody would beat for it.
        let patience = Patience::Until(self.give_up.clone());
        let step = (LeaseStep::Taken, None);
        self.step(offer.run, offer.attempt, expected, step, patience)
            .await
    }

    /// Gives a lease back.
    pub(crate) async fn release(
        &self,
        run: RunId,
        attempt: Attempt,
        lease: Position,
        reason: &str,
    ) -> Stepped {
        let step = (LeaseStep::Released, Some(reason.to_owned()));
        self.step(run, attempt, lease, step, Patience::Short).await
    }

    async fn step(
        &self,
        run: RunId,
        attempt: Attempt,
        expected: Position,
        (step, reason): (LeaseStep, Option<String>),
        patience: Patience,
    ) -> Stepped {
        let worker = self.worker.clone();
        let subject = Subject::Lease {
            run,
            worker: worker.clone(),
        };
        // A worker of the same name that was started again must not be told that it has what the
        // one before it took.
        let by = format!("{worker}:{}", self.instance);
        let id = MessageId::lease(run, attempt, step.as_str(), &by);
        let message = LeaseMessage {
            run,
            attempt,
            worker,
            step,
            at: self.clock.now(),
            reason,
        };
        let fence = Fence::Expect { position: expected };
        let published = self
            .bus
            .publish(&subject, &id, &message, fence, &patience)
            .await;
        match published {
            Ok(position) => Stepped::Done(position),
            Err(PublishError::Fenced) => Stepped::Fenced,
            Err(error) => Stepped::Unclear(error),
        }
    }
}
