//! What a worker says on the broker, for runs that have to be somewhere.

use baton_bus::{Bus, Fence, Patience};
use baton_domain::{Attempt, Clock as _, EventSeq, Position, RunId, SystemClock, WorkerId};
use baton_wire::{
    Event, EventsMessage, LeaseMessage, LeaseStep, MessageId, Offer, OfferReason, Reported,
    Subject, http::TaskRun,
};

pub(crate) struct Holder {
    bus: Bus,
    run: RunId,
    worker: WorkerId,
    attempt: Attempt,
    lease: Position,
    seq: EventSeq,
}

impl Holder {
    /// Takes the run's first lease.
    pub(crate) async fn take(bus: &Bus, run: &TaskRun) -> Self {
        Self::take_as(bus, run, "w-1", (Attempt::FIRST, Position::START)).await
    }

    /// Takes the lease of an attempt, which expects the run's last lease message somewhere.
    pub(crate) async fn take_as(
        bus: &Bus,
        run: &TaskRun,
        who: &str,
        (attempt, position): (Attempt, Position),
    ) -> Self {
        let worker: WorkerId = who.parse().unwrap();
        let message = LeaseMessage {
            run: run.id,
            attempt,
            worker: worker.clone(),
            step: LeaseStep::Taken,
            at: SystemClock.now(),
            reason: None,
        };
        let subject = Subject::Lease {
            run: run.id,
            worker: worker.clone(),
        };
        let id = MessageId::lease(run.id, attempt, "taken", who);
        let fence = Fence::Expect { position };
        let lease = bus
            .publish(&subject, &id, &message, fence, &Patience::Short)
            .await
            .unwrap();
        Self {
            bus: bus.clone(),
            run: run.id,
            worker,
            attempt,
            lease,
            seq: EventSeq::FIRST,
        }
    }

    /// The lease is lost, as a supervisor says it, and another attempt is offered; returns where
    /// the next taker expects the run's last lease message.
    pub(crate) async fn lose(&self, run: &TaskRun) -> Position {
        let worker = WorkerId::supervisor();
        let at = SystemClock.now();
        let message = LeaseMessage {
            run: self.run,
            attempt: self.attempt,
            worker: self.worker.clone(),
            step: LeaseStep::Lost,
            at,
            reason: None,
        };
        let run_id = self.run;
        let subject = Subject::Lease {
            run: run_id,
            worker,
        };
        let id = MessageId::lease(run_id, self.attempt, "lost", "supervisor");
        let fence = Fence::Expect {
            position: self.lease,
        };
        let patience = Patience::Short;
        let lost = self.bus.publish(&subject, &id, &message, fence, &patience);
        let lost = lost.await.unwrap();
        let first = self.bus.get(Position::new(run.position).unwrap()).await;
        let first = first.unwrap().unwrap();
        let attempt = self.attempt.next();
        let mut offer: Offer = serde_json::from_slice(&first.payload).unwrap();
        offer.attempt = attempt;
        offer.lease_position = lost;
        offer.lost_position = Some(lost);
        offer.reason = OfferReason::Retry;
        let subject: Subject = first.subject.parse().unwrap();
        let id = MessageId::offer(run_id, attempt);
        let offered = self
            .bus
            .publish(&subject, &id, &offer, Fence::None, &patience);
        offered.await.unwrap();
        lost
    }

    /// Says things in one message and returns its position.
    pub(crate) async fn say(&mut self, events: impl IntoIterator<Item = Event>) -> u64 {
        let first = self.seq;
        let events = events.into_iter().map(|event| {
            let seq = self.seq;
            self.seq = seq.next();
            Reported {
                seq,
                at: SystemClock.now(),
                event,
            }
        });
        let message = EventsMessage {
            run: self.run,
            attempt: self.attempt,
            events: events.collect(),
        };
        let subject = Subject::Events {
            run: self.run,
            worker: self.worker.clone(),
        };
        let id = MessageId::events(self.run, self.attempt, first);
        let fence = Fence::Expect {
            position: self.lease,
        };
        let kept = self
            .bus
            .publish(&subject, &id, &message, fence, &Patience::Short)
            .await;
        kept.unwrap().get()
    }

    /// Says so many small things, a message each, and returns the position of the last.
    pub(crate) async fn chatter(&mut self, count: u64) -> u64 {
        let mut last = self.lease.get();
        for offset in 0..count {
            last = self.say([output(offset)]).await;
        }
        last
    }
}

pub(crate) fn output(offset: u64) -> Event {
    Event::Output {
        offset,
        text: format!("line {offset}\n"),
    }
}

pub(crate) fn succeeded() -> Event {
    Event::Succeeded {
        summary: "done".to_owned(),
    }
}
