//! Messages as API, workers and supervisors publish them.

// By their paths: the unit tests of the fold read this file too, from where they are.
#[path = "words/control.rs"]
mod control;
#[path = "words/session.rs"]
mod session;

use baton_domain::{
    Attempt, EventSeq, FailureCode, Position, Priority, Route, RunId, RunSpec, WorkerId,
};
use baton_wire::{
    ControlCommand, ControlMessage, DrainAction, DrainMessage, Event, EventsMessage, LeaseMessage,
    LeaseStep, Offer, OfferReason, Reported, Subject, TaskRunRequest, spec::TaskBody,
};
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

pub(crate) use control::*;
pub(crate) use session::*;

/// A run's id; `n` tells runs apart, and orders them.
pub(crate) fn run(n: u128) -> RunId {
    RunId::from_uuid(Uuid::from_u128(
        0x0197_0000_0000_7000_8000_0000_0000_0000 + n,
    ))
}

/// A moment, in seconds after the start of every test.
pub(crate) fn at(seconds: i64) -> DateTime<Utc> {
    let start = DateTime::from_timestamp(1_780_000_000, 123_456_789).expect("a time of our days");
    start + TimeDelta::seconds(seconds)
}

pub(crate) fn attempt(n: u64) -> Attempt {
    Attempt::new(n).expect("an attempt")
}

pub(crate) fn worker(name: &str) -> WorkerId {
    name.parse().expect("a worker's id")
}

pub(crate) fn request() -> TaskRunRequest {
    TaskRunRequest {
        run_type: Some("command".to_owned()),
        title: Some("say hello".to_owned()),
        task: TaskBody {
            argv: Some(vec!["echo".to_owned(), "hello".to_owned()]),
            ..TaskBody::default()
        },
        ..TaskRunRequest::default()
    }
}

pub(crate) fn offer(run: RunId, n: u64) -> (Subject, Offer) {
    let spec = RunSpec::try_from(&request()).expect("a good request");
    let subject = Subject::Offer {
        run,
        route: Route::clone(&spec.route()),
        priority: Priority::Normal,
    };
    let first = n == 1;
    let offer = Offer {
        run,
        attempt: attempt(n),
        lease_position: Position::START,
        lost_position: Some(Position::START),
        reason: if first {
            OfferReason::Submitted
        } else {
            OfferReason::Retry
        },
        at: at(0),
        submitted_at: at(0),
        submitted_by: "somebody".to_owned().try_into().expect("an actor"),
        idempotency_key: None,
        request_digest: None,
        seen_messages: Vec::new(),
        spec: request(),
    };
    (subject, offer)
}

pub(crate) fn lease(run: RunId, n: u64, step: LeaseStep, by: &str) -> (Subject, LeaseMessage) {
    let message = LeaseMessage {
        run,
        attempt: attempt(n),
        worker: worker(by),
        step,
        at: at(1),
        reason: None,
    };
    let worker = worker(by);
    (Subject::Lease { run, worker }, message)
}

pub(crate) fn cancel(run: RunId) -> (Subject, ControlMessage) {
    wish(run, ControlCommand::Cancel { note: None })
}

pub(crate) fn wish(run: RunId, command: ControlCommand) -> (Subject, ControlMessage) {
    let message = ControlMessage {
        run,
        id: Uuid::from_u128(7),
        actor: "somebody".to_owned().try_into().expect("an actor"),
        at: at(2),
        command,
    };
    (Subject::Control { run }, message)
}

pub(crate) fn drain(scope: &str, note: &str) -> (Subject, DrainMessage) {
    let message = DrainMessage {
        scope: scope.parse().expect("a scope"),
        id: Uuid::from_u128(8),
        action: DrainAction::Drain,
        note: note.to_owned(),
        actor: "somebody".to_owned().try_into().expect("an actor"),
        at: at(3),
        until: Some(at(3600)),
        runs: None,
    };
    let scope = message.scope.clone();
    (Subject::Drain { scope }, message)
}

pub(crate) fn undrain(scope: &str) -> (Subject, DrainMessage) {
    let (subject, message) = drain(scope, "done");
    let action = DrainAction::Undrain;
    (subject, DrainMessage { action, ..message })
}

/// Events of an attempt, their sequences from `first` on.
pub(crate) fn events(
    run: RunId,
    n: u64,
    by: &str,
    first: u64,
    events: impl IntoIterator<Item = Event>,
) -> (Subject, EventsMessage) {
    let said = events.into_iter().zip(first..);
    let message = EventsMessage {
        run,
        attempt: attempt(n),
        events: said
            .map(|(event, seq)| Reported {
                seq: EventSeq::new(seq).expect("a sequence"),
                at: at(2 + seq.cast_signed()),
                event,
            })
            .collect(),
    };
    let worker = worker(by);
    (Subject::Events { run, worker }, message)
}

pub(crate) fn succeeded() -> Event {
    Event::Succeeded {
        summary: "said hello".to_owned(),
    }
}

pub(crate) fn failed(code: FailureCode) -> Event {
    Event::Failed {
        code,
        message: "it broke".to_owned(),
        retryable: code.usually_retryable(),
    }
}

pub(crate) fn usage(input_tokens: u64) -> Event {
    Event::Usage {
        input_tokens,
        cached_input_tokens: 1,
        output_tokens: 2,
        spent_cents: None,
        turns: None,
    }
}

pub(crate) fn output(text: &str) -> Event {
    Event::Output {
        offset: 0,
        text: text.to_owned(),
    }
}

pub(crate) fn stored(name: &str, size: u64) -> Event {
    Event::ArtifactStored {
        name: name.to_owned(),
        size,
        sha256: "00".repeat(32),
        content_type: "text/plain".to_owned(),
    }
}
