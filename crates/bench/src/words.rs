//! Messages as the roles send them, made up for measuring.

use baton_domain::{
    Actor, Attempt, EventSeq, Pool, Position, Priority, Route, RunId, RunType, Slots, WorkerId,
};
use baton_wire::{
    Event, EventsMessage, LeaseMessage, LeaseStep, Offer, OfferReason, Subject, TaskRunRequest,
    event::Reported,
};
use chrono::{DateTime, Utc};

/// When everything happens.
const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

/// A run of its own.
pub(crate) fn new_run() -> RunId {
    RunId::from_uuid(uuid::Uuid::now_v7())
}

/// The only worker there is.
pub(crate) fn worker() -> WorkerId {
    "bench".parse().expect("a name of small letters")
}

/// The only queue there is.
pub(crate) fn route() -> Route {
    Route {
        pool: Pool::default_pool(),
        run_type: RunType::Command,
        slots: Slots::ONE,
        capabilities: [].into(),
    }
}

pub(crate) fn offer(run: RunId) -> (Subject, Offer) {
    let subject = Subject::Offer {
        run,
        route: route(),
        priority: Priority::Normal,
    };
    let spec: TaskRunRequest = serde_json::from_value(serde_json::json!({
        "type": "command",
        "task": {"argv": ["true"]},
    }))
    .expect("a request as the documents show it");
    let offer = Offer {
        run,
        attempt: Attempt::FIRST,
        lease_position: Position::START,
        lost_position: Some(Position::START),
        reason: OfferReason::Submitted,
        at: NOW,
        submitted_at: NOW,
        submitted_by: Actor::try_from("bench".to_owned()).expect("a printable name"),
        idempotency_key: None,
        request_digest: None,
        seen_messages: Vec::new(),
        spec,
    };
    (subject, offer)
}

pub(crate) fn taken(run: RunId) -> (Subject, LeaseMessage) {
    let subject = Subject::Lease {
        run,
        worker: worker(),
    };
    let message = LeaseMessage {
        run,
        attempt: Attempt::FIRST,
        worker: worker(),
        step: LeaseStep::Taken,
        at: NOW,
        reason: None,
    };
    (subject, message)
}

/// `count` events, the first numbered `first`: what a talking agent makes.
pub(crate) fn events(run: RunId, first: u64, count: u64) -> (Subject, EventsMessage) {
    let subject = Subject::Events {
        run,
        worker: worker(),
    };
    let event = |seq: u64| Reported {
        seq: EventSeq::new(seq).expect("at least one"),
        at: NOW,
        event: Event::AgentMessage {
            step_id: format!("item_{seq}"),
            text: "The parser reads one line more than it should; the test shows it.".to_owned(),
        },
    };
    let message = EventsMessage {
        run,
        attempt: Attempt::FIRST,
        events: (first..first + count).map(event).collect(),
    };
    (subject, message)
}
