//! A broker, a database and a recorder of a test's own, and what workers and the API would say.
#![expect(clippy::unwrap_used, reason = "a test's way of failing")]

use std::{pin::Pin, sync::Arc, time::Duration};

use baton_bus::{Bus, BusOptions, Fence, OfferScope, Patience, TailStart};
use baton_domain::{
    Attempt, Clock, EventSeq, Failure, FailureCode, Position, RunId, RunSpec, SystemClock, WorkerId,
};
use baton_recorder::{Recorder, RecorderOptions};
use baton_store::{Store, StoreOptions};
use baton_supervisor::{Duty, Supervisor, SupervisorDeps, SupervisorOptions};
use baton_testkit::{TestBroker, TestDatabase};
use baton_wire::{
    Beat, ControlCommand, ControlMessage, Decoded, Event, EventsMessage, LeaseMessage, LeaseStep,
    MessageId, Offer, OfferReason, Reported, Subject, TaskRunRequest, beat::HeldRun,
};
use futures::{Stream, StreamExt};
use serde_json::json;
use tokio::{sync::watch, task::JoinSet, time::timeout};
use tokio_util::sync::CancellationToken;

/// Long enough for a slow machine, short enough for a person.
const PATIENCE: Duration = Duration::from_secs(60);
pub(crate) const LEASE: Duration = Duration::from_secs(2);

/// Everything but supervisors.
pub(crate) struct House {
    pub(crate) broker: TestBroker,
    pub(crate) database: TestDatabase,
    pub(crate) bus: Bus,
    tail: Pin<Box<dyn Stream<Item = baton_bus::RawMessage> + Send>>,
    parts: JoinSet<()>,
    stop: CancellationToken,
}

/// A supervisor at work.
pub(crate) struct OnDuty {
    pub(crate) duty: watch::Receiver<Duty>,
    soft: CancellationToken,
    running: JoinSet<()>,
}

/// A lease that a worker of the test holds.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    pub(crate) run: RunId,
    pub(crate) attempt: Attempt,
    pub(crate) position: Position,
    pub(crate) worker: WorkerId,
}

impl House {
    pub(crate) async fn open() -> Self {
        let broker = TestBroker::start().await;
        let database = TestDatabase::start().await;
        let bus = connect(&broker).await;
        bus.apply_topology().await.unwrap();
        let store = store(&database);
        store.migrate().await.unwrap();
        let stop = CancellationToken::new();
        let recorder = Recorder::new(connect(&broker).await, store, RecorderOptions::default());
        let mut parts = JoinSet::new();
        let recording = recorder.run(stop.clone(), stop.clone());
        parts.spawn(async move { recording.await.unwrap() });
        let tail = Box::pin(bus.tail(TailStart::After(Position::START)));
        Self {
            broker,
            database,
            bus,
            tail,
            parts,
            stop,
        }
    }

    /// Starts a supervisor.
    pub(crate) async fn supervisor(&self) -> OnDuty {
        let deps = SupervisorDeps {
            bus: connect(&self.broker).await,
            store: store(&self.database),
            clock: Arc::new(SystemClock),
        };
        let options = SupervisorOptions {
            lease: LEASE,
            tick: Duration::from_millis(50),
            sweep: Duration::from_millis(100),
        };
        let role = Supervisor::new(deps, options);
        let duty = role.duty();
        let soft = CancellationToken::new();
        let mut running = JoinSet::new();
        let serving = role.run(soft.clone(), CancellationToken::new());
        running.spawn(async move { serving.await.unwrap() });
        OnDuty {
            duty,
            soft,
            running,
        }
    }

    /// Submits a run, as the API does.
    pub(crate) async fn submit(&self) -> RunId {
        self.submit_at("normal").await
    }

    /// Takes a run's offer from its queue and throws it away, as no worker does.
    pub(crate) async fn swallow(&self, run: RunId) -> Position {
        let mut offers = self.bus.offers(OfferScope {
            pools: ["default".parse().unwrap()].into(),
            run_types: ["command".parse().unwrap()].into(),
            capabilities: std::collections::BTreeSet::new(),
        });
        let found = timeout(PATIENCE, offers.next(&self.stop)).await;
        let found = found.expect("an offer in time").expect("nobody stops it");
        assert_eq!(found.value().run, run);
        let position = found.position();
        found.ack().await;
        position
    }

    pub(crate) async fn submit_at(&self, priority: &str) -> RunId {
        let run = RunId::from_uuid(uuid::Uuid::now_v7());
        let body = json!({
            "type": "command", "task": {"argv": ["true"]}, "maxAttempts": 5, "priority": priority,
            "retry": {"firstDelaySeconds": 0},
        });
        let spec: TaskRunRequest = serde_json::from_value(body).unwrap();
        let checked = RunSpec::try_from(&spec).unwrap();
        self.bus.ensure_queue(&checked.route()).await.unwrap();
        let offer = Offer {
            run,
            attempt: Attempt::FIRST,
            lease_position: Position::START,
            lost_position: Some(Position::START),
            reason: OfferReason::Submitted,
            at: SystemClock.now(),
            submitted_at: SystemClock.now(),
            submitted_by: "tester".to_owned().try_into().unwrap(),
            idempotency_key: None,
            request_digest: None,
            seen_messages: Vec::new(),
            spec,
        };
        let subject = Subject::Offer {
            run,
            route: checked.route(),
            priority: checked.priority,
        };
        let id = MessageId::offer(run, Attempt::FIRST);
        let sent = self
            .bus
            .publish(&subject, &id, &offer, Fence::None, &Patience::Short);
        sent.await.unwrap();
        run
    }

    /// Takes a lease, as a worker does.
    pub(crate) async fn take(&self, offer: (RunId, Attempt, Position), worker: &str) -> Held {
        let (run, attempt, position) = offer;
        let worker: WorkerId = worker.parse().unwrap();
        let message = LeaseMessage {
            run,
            attempt,
            worker: worker.clone(),
            step: LeaseStep::Taken,
            at: SystemClock.now(),
            reason: None,
        };
        let subject = Subject::Lease {
            run,
            worker: worker.clone(),
        };
        let id = MessageId::lease(run, attempt, "taken", worker.as_str());
        let fence = Fence::Expect { position };
        let sent = self
            .bus
            .publish(&subject, &id, &message, fence, &Patience::Short);
        let position = sent.await.unwrap();
        Held {
            run,
            attempt,
            position,
            worker,
        }
    }

    /// A run, submitted and taken.
    pub(crate) async fn running(&self, worker: &str) -> Held {
        let run = self.submit().await;
        self.take((run, Attempt::FIRST, Position::START), worker)
            .await
    }

    /// Reports a failure that another attempt may mend.
    pub(crate) async fn fail(&self, held: &Held) {
        let failure = Failure::new(FailureCode::WorkerFault, "disk full");
        let message = EventsMessage {
            run: held.run,
            attempt: held.attempt,
            events: vec![Reported {
                seq: EventSeq::FIRST,
                at: SystemClock.now(),
                event: Event::from(failure),
            }],
        };
        let subject = Subject::Events {
            run: held.run,
            worker: held.worker.clone(),
        };
        let id = MessageId::events(held.run, held.attempt, EventSeq::FIRST);
        let fence = Fence::Expect {
            position: held.position,
        };
        let sent = self
            .bus
            .publish(&subject, &id, &message, fence, &Patience::Short);
        sent.await.unwrap();
    }

    /// Wishes that a lease be taken away, as the API does.
    pub(crate) async fn release(&self, held: &Held, note: &str) {
        let id = uuid::Uuid::now_v7();
        let message = ControlMessage {
            run: held.run,
            id,
            actor: "ada".to_owned().try_into().unwrap(),
            at: SystemClock.now(),
            command: ControlCommand::ReleaseLease {
                note: Some(note.to_owned()),
            },
        };
        let subject = Subject::Control { run: held.run };
        let id = MessageId::control(held.run, id);
        let sent = self
            .bus
            .publish(&subject, &id, &message, Fence::None, &Patience::Short);
        sent.await.unwrap();
    }

    /// Beats for a lease from now on, ten times a second.
    pub(crate) fn keep_alive(&mut self, held: &Held) {
        let (bus, beat, stop) = (self.bus.clone(), beat(held), self.stop.clone());
        self.parts.spawn(async move {
            let mut beats = tokio::time::interval(Duration::from_millis(100));
            while stop.run_until_cancelled(beats.tick()).await.is_some() {
                // While the broker is away, nobody can be told.
                let _ = bus.beat(&beat).await;
            }
        });
    }

    /// The next message of the stream that is what is looked for.
    pub(crate) async fn until<T>(
        &mut self,
        what: &str,
        mut wanted: impl FnMut(&Decoded, Position) -> Option<T>,
    ) -> T {
        let search = async {
            loop {
                let raw = self.tail.next().await.expect("a tail has no end");
                let (_, message) = Decoded::read(&raw.subject, &raw.payload).unwrap();
                if let Some(found) = wanted(&message, raw.position) {
                    return found;
                }
            }
        };
        let found = timeout(PATIENCE, search).await;
        found.unwrap_or_else(|_| panic!("waited for {what}"))
    }

    /// Waits until a run's lease is declared lost; nobody else's may be.
    pub(crate) async fn until_lost(&mut self, held: &Held) -> Position {
        self.until("a lost lease", |message, position| match message {
            Decoded::Lease(lease) if lease.step == LeaseStep::Lost => {
                assert_eq!((lease.run, lease.attempt), (held.run, held.attempt));
                assert_eq!(lease.worker, held.worker);
                Some(position)
            }
            _ => None,
        })
        .await
    }

    /// Waits until a run is offered again; the attempt and what its taker must expect.
    pub(crate) async fn until_offered_again(&mut self, run: RunId) -> (RunId, Attempt, Position) {
        self.until("an offer", |message, _| match message {
            Decoded::Offer(offer) if offer.run == run && offer.reason == OfferReason::Retry => {
                assert_eq!(offer.submitted_by.as_str(), "tester");
                Some((run, offer.attempt, offer.lease_position))
            }
            _ => None,
        })
        .await
    }

    /// Stops everything and waits for it.
    pub(crate) async fn close(mut self) {
        self.stop.cancel();
        while let Some(ended) = self.parts.join_next().await {
            ended.unwrap();
        }
    }
}

impl OnDuty {
    pub(crate) async fn is(&mut self, duty: Duty) {
        let seen = timeout(PATIENCE, self.duty.wait_for(|now| *now == duty)).await;
        seen.expect("a duty in time").expect("a living supervisor");
    }

    pub(crate) async fn stop(mut self) {
        self.soft.cancel();
        while let Some(ended) = self.running.join_next().await {
            ended.unwrap();
        }
    }
}

async fn connect(broker: &TestBroker) -> Bus {
    let options = BusOptions {
        url: broker.url(),
        name: "test".to_owned(),
        credentials: None,
    };
    Bus::connect(options).await.unwrap()
}

fn store(database: &TestDatabase) -> Store {
    Store::connect(&StoreOptions {
        url: database.url(),
        max_connections: 3,
        read_only: false,
        application_name: "test".to_owned(),
    })
    .unwrap()
}

fn beat(held: &Held) -> Beat {
    Beat {
        worker: held.worker.clone(),
        hostname: "host".to_owned(),
        version: "0".to_owned(),
        started_at: SystemClock.now(),
        at: SystemClock.now(),
        slots: 1,
        free_slots: None,
        pools: std::collections::BTreeSet::new(),
        run_types: std::collections::BTreeSet::new(),
        capabilities: std::collections::BTreeSet::new(),
        draining: false,
        drain: None,
        runs: vec![HeldRun {
            run: held.run,
            attempt: held.attempt,
            lease_position: held.position,
            stage: None,
            last_seq: None,
            progress: None,
            session: None,
            held: None,
            asking: false,
        }],
    }
}
