//! A broker with Baton's streams, and messages to put into it.

use std::{future::Future, time::Duration};

use baton_bus::{Bus, BusOptions, Connection, Fence, OfferScope, Patience, PublishError};
use baton_domain::{Attempt, EventSeq, Position, Priority, Route, RunId, RunType, WorkerId};
use baton_testkit::TestBroker;
use baton_wire::{
    Event, EventsMessage, LeaseMessage, LeaseStep, MessageId, Offer, OfferReason, Reported,
    Subject, TaskRunRequest,
};
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// A broker and a connection to it.
pub(crate) struct House {
    pub(crate) broker: TestBroker,
    pub(crate) bus: Bus,
}

impl House {
    pub(crate) async fn start() -> Self {
        let broker = TestBroker::start().await;
        let bus = connect(&broker, "test/1").await;
        bus.apply_topology().await.expect("the topology applies");
        Self { broker, bus }
    }

    /// Kills the broker, waits until the client has noticed, starts it again, and waits until the
    /// client has noticed that too.
    pub(crate) async fn restart(&mut self) {
        self.broker.kill9().await;
        self.reach(Connection::Down).await;
        self.broker.start_again().await;
        self.reach(Connection::Up).await;
    }

    pub(crate) async fn reach(&self, wanted: Connection) {
        let mut connection = self.bus.connection();
        soon(connection.wait_for(|now| *now == wanted))
            .await
            .expect("the watch lives");
    }

    pub(crate) async fn offer(&self, n: u128, route: &str, priority: Priority) -> Position {
        let route: Route = route.parse().expect("a route");
        self.bus.ensure_queue(&route).await.expect("a queue");
        let subject = Subject::Offer {
            run: run(n),
            route,
            priority,
        };
        let id = MessageId::offer(run(n), Attempt::FIRST);
        self.publish(&subject, &id, &offer(n), Fence::None)
            .await
            .expect("an offer")
    }

    pub(crate) async fn take(
        &self,
        n: u128,
        who: &str,
        expected: Position,
    ) -> Result<Position, PublishError> {
        let message = lease(n, who, LeaseStep::Taken);
        let subject = Subject::Lease {
            run: run(n),
            worker: worker(who),
        };
        let id = MessageId::lease(run(n), Attempt::FIRST, "taken", who);
        self.publish(
            &subject,
            &id,
            &message,
            Fence::Expect { position: expected },
        )
        .await
    }

    /// Reports one event, the `seq`-th of the attempt.
    pub(crate) async fn report(
        &self,
        n: u128,
        who: &str,
        seq: u64,
        fence: Fence,
    ) -> Result<Position, PublishError> {
        let (subject, id, message) = events(n, who, seq);
        self.publish(&subject, &id, &message, fence).await
    }

    pub(crate) async fn publish(
        &self,
        subject: &Subject,
        id: &MessageId,
        message: &(impl serde::Serialize + Sync),
        fence: Fence,
    ) -> Result<Position, PublishError> {
        self.bus
            .publish(subject, id, message, fence, &Patience::Short)
            .await
    }
}

pub(crate) async fn connect(broker: &TestBroker, name: &str) -> Bus {
    Bus::connect(BusOptions {
        url: broker.url(),
        name: name.to_owned(),
        credentials: None,
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

pub(crate) fn at() -> DateTime<Utc> {
    "2026-01-02T03:04:05Z".parse().expect("a time")
}

pub(crate) fn position(n: u64) -> Position {
    Position::new(n).expect("a position")
}

pub(crate) fn scope(pools: &[&str], capabilities: &[&str]) -> OfferScope {
    OfferScope {
        pools: pools.iter().map(|p| p.parse().expect("a pool")).collect(),
        run_types: RunType::ALL.iter().copied().collect(),
        capabilities: capabilities
            .iter()
            .map(|c| c.parse().expect("a capability"))
            .collect(),
    }
}

pub(crate) fn offer(n: u128) -> Offer {
    Offer {
        run: run(n),
        attempt: Attempt::FIRST,
        lease_position: Position::START,
        lost_position: Some(Position::START),
        reason: OfferReason::Submitted,
        at: at(),
        submitted_at: at(),
        submitted_by: "anna".to_owned().try_into().expect("an actor"),
        idempotency_key: None,
        request_digest: None,
        seen_messages: Vec::new(),
        spec: TaskRunRequest::default(),
    }
}

pub(crate) fn lease(n: u128, who: &str, step: LeaseStep) -> LeaseMessage {
    LeaseMessage {
        run: run(n),
        attempt: Attempt::FIRST,
        worker: worker(who),
        step,
        at: at(),
        reason: None,
    }
}

pub(crate) fn events(n: u128, who: &str, seq: u64) -> (Subject, MessageId, EventsMessage) {
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
    (
        subject,
        MessageId::events(run(n), Attempt::FIRST, seq),
        message,
    )
}
