//! What a worker says on the broker, for runs that have to be somewhere.

use baton_bus::{Bus, Fence, Patience};
use baton_domain::{Attempt, Clock as _, EventSeq, Position, RunId, SystemClock, WorkerId};
use baton_wire::{
    Event, EventsMessage, LeaseMessage, LeaseStep, MessageId, Reported, Subject, http::TaskRun,
};

pub(crate) struct Holder {
    bus: Bus,
    run: RunId,
    worker: WorkerId,
    lease: Position,
    seq: EventSeq,
}

impl Holder {
    /// Takes the run's first lease.
    pub(crate) async fn take(bus: &Bus, run: &TaskRun) -> Self {
        let worker: WorkerId = "w-1".parse().unwrap();
        let message = LeaseMessage {
            run: run.id,
            attempt: Attempt::FIRST,
            worker: worker.clone(),
            step: LeaseStep::Taken,
            at: SystemClock.now(),
            reason: None,
        };
        let subject = Subject::Lease {
            run: run.id,
            worker: worker.clone(),
        };
        let id = MessageId::lease(run.id, Attempt::FIRST, "taken", "w-1");
        let fence = Fence::Expect {
            position: Position::START,
        };
        let lease = bus
            .publish(&subject, &id, &message, fence, &Patience::Short)
            .await
            .unwrap();
        Self {
            bus: bus.clone(),
            run: run.id,
            worker,
            lease,
            seq: EventSeq::FIRST,
        }
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
            attempt: Attempt::FIRST,
            events: events.collect(),
        };
        let subject = Subject::Events {
            run: self.run,
            worker: self.worker.clone(),
        };
        let id = MessageId::events(self.run, Attempt::FIRST, first);
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
