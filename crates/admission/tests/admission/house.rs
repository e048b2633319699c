//! A broker with Baton's streams, and messages about runs to put into it.

use std::{future::Future, time::Duration};

use baton_bus::{Bus, BusOptions, Credentials, Fence, Patience, PublishError};
use baton_domain::{
    Attempt, EventSeq, Fence as GateFence, GrantId, Position, Priority, Route, RunId, WorkerId,
};
use baton_wire::{
    ControlCommand, ControlMessage, Event, EventsMessage, GrantMessage, GrantStep, HeldLease,
    LeaseMessage, LeaseStep, MessageId, Offer, OfferReason, Reported, SignedGate, Subject,
    TaskRunRequest,
};
use chrono::{DateTime, Utc};
use uuid::Uuid;

pub(crate) const ROUTE: &str = "default_command";

pub(crate) async fn connect(url: &str, name: &str, credentials: Option<Credentials>) -> Bus {
    Bus::connect(BusOptions {
        url: url.to_owned(),
        name: name.to_owned(),
        credentials,
    })
    .await
    .expect("a connection")
}

/// What must happen within moments; a test that hangs says so.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), future)
        .await
        .expect("it took longer than a minute")
}

pub(crate) fn run(n: u128) -> RunId {
    RunId::from_uuid(Uuid::from_u128(n))
}

pub(crate) fn worker(name: &str) -> WorkerId {
    name.parse().expect("a worker id")
}

fn at() -> DateTime<Utc> {
    "2026-01-02T03:04:05Z".parse().expect("a time")
}

pub(crate) async fn say(
    bus: &Bus,
    subject: &Subject,
    id: &MessageId,
    message: &(impl serde::Serialize + Sync),
    fence: Fence,
) -> Result<Position, PublishError> {
    bus.publish(subject, id, message, fence, &Patience::Short)
        .await
}

/// Offers a run's attempt to whoever speaks first after a point.
pub(crate) async fn offer(bus: &Bus, n: u128, attempt: u64, lease: Position) -> Position {
    let route: Route = ROUTE.parse().expect("a route");
    bus.ensure_queue(&route).await.expect("a queue");
    let attempt = Attempt::new(attempt).expect("an attempt");
    let message = Offer {
        run: run(n),
        attempt,
        lease_position: lease,
        lost_position: Some(Position::START),
        reason: OfferReason::Submitted,
        at: at(),
        submitted_at: at(),
        submitted_by: "anna".to_owned().try_into().expect("an actor"),
        idempotency_key: None,
        request_digest: None,
        seen_messages: Vec::new(),
        spec: TaskRunRequest::default(),
    };
    let subject = Subject::Offer {
        run: run(n),
        route,
        priority: Priority::Normal,
    };
    let id = MessageId::offer(run(n), attempt);
    say(bus, &subject, &id, &message, Fence::None)
        .await
        .expect("an offer")
}

/// A step of a lease, said by one of another (or of himself).
pub(crate) async fn step(
    bus: &Bus,
    n: u128,
    (by, holder): (&str, &str),
    (attempt, step): (u64, LeaseStep),
    fence: Fence,
) -> Result<Position, PublishError> {
    let attempt = Attempt::new(attempt).expect("an attempt");
    let message = LeaseMessage {
        run: run(n),
        attempt,
        worker: worker(holder),
        step,
        at: at(),
        reason: None,
    };
    let subject = Subject::Lease {
        run: run(n),
        worker: worker(by),
    };
    let id = MessageId::lease(run(n), attempt, step.as_str(), by);
    say(bus, &subject, &id, &message, fence).await
}

/// Takes the first attempt.
pub(crate) async fn take(
    bus: &Bus,
    n: u128,
    who: &str,
    expected: Position,
) -> Result<Position, PublishError> {
    let fence = Fence::Expect { position: expected };
    step(bus, n, (who, who), (1, LeaseStep::Taken), fence).await
}

/// Reports one event of the first attempt.
pub(crate) async fn report(
    bus: &Bus,
    n: u128,
    who: &str,
    seq: u64,
    fence: Fence,
) -> Result<Position, PublishError> {
    let seq = EventSeq::new(seq).expect("a sequence");
    let subject = Subject::Events {
        run: run(n),
        worker: worker(who),
    };
    let message = EventsMessage {
        run: run(n),
        attempt: Attempt::FIRST,
        events: vec![Reported {
            seq,
            at: at(),
            event: Event::Warning {
                message: format!("warning {seq}"),
            },
        }],
    };
    let id = MessageId::events(run(n), Attempt::FIRST, seq);
    say(bus, &subject, &id, &message, fence).await
}

pub(crate) fn cancel(n: u128, id: u128) -> ControlMessage {
    ControlMessage {
        run: run(n),
        id: Uuid::from_u128(id),
        actor: "anna".to_owned().try_into().expect("an actor"),
        at: at(),
        command: ControlCommand::Cancel { note: None },
    }
}

pub(crate) async fn command(bus: &Bus, n: u128, id: u128) -> Result<Position, PublishError> {
    let message = cancel(n, id);
    let subject = Subject::Control { run: run(n) };
    let id = MessageId::control(run(n), message.id);
    say(bus, &subject, &id, &message, Fence::None).await
}

pub(crate) fn held(n: u128, lease: Position) -> HeldLease {
    HeldLease {
        run: run(n),
        attempt: Attempt::FIRST,
        lease_position: lease,
        lost_position: Some(Position::START),
        commands_after: None,
    }
}

/// Says that nobody may type any more.
pub(crate) async fn grant(
    bus: &Bus,
    n: u128,
    fence: u64,
    after: Position,
) -> (GrantMessage, Position) {
    let message = GrantMessage {
        run: run(n),
        id: Uuid::from_u128(u128::from(fence)),
        actor: "anna".to_owned().try_into().expect("an actor"),
        at: at(),
        step: GrantStep::Revoked,
        fence: GateFence::new(fence).expect("a fence"),
        grant: GrantId::from_uuid(Uuid::from_u128(7)),
        writer: None,
        note: None,
        signed: SignedGate {
            key_id: "k".to_owned(),
            payload: "e30".to_owned(),
            signature: "AA".to_owned(),
        },
    };
    let subject = Subject::Grant { run: run(n) };
    let id = MessageId::grant(run(n), message.id);
    let fence = Fence::Own { position: after };
    let position = say(bus, &subject, &id, &message, fence).await;
    (message, position.expect("a grant"))
}
