//! A broker, a database, and recorders between them.

use std::time::Duration;

use baton_bus::{Bus, BusOptions, Fence, Patience};
use baton_domain::{Position, RunId};
use baton_recorder::{Progress, Recorder, RecorderError, RecorderOptions};
use baton_store::{Store, StoreOptions};
use baton_testkit::{TestBroker, TestDatabase};
use baton_wire::{LeaseStep, MessageId, Subject};
use serde::Serialize;
use tokio::{sync::watch, task::JoinSet, time::timeout};
use tokio_util::sync::CancellationToken;

use crate::words::{events, lease, offer, output, run, succeeded, usage};

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Stage {
    pub(crate) bus: Bus,
    pub(crate) store: Store,
    pub(crate) database: TestDatabase,
    pub(crate) broker: TestBroker,
}

impl Stage {
    pub(crate) async fn start() -> Self {
        let (broker, database) = tokio::join!(TestBroker::start(), TestDatabase::start());
        let bus = Bus::connect(BusOptions {
            url: broker.url(),
            name: "test".to_owned(),
            credentials: None,
        });
        let bus = bus.await.expect("the broker answers");
        bus.apply_topology().await.expect("streams can be made");
        let store = store(&database, Access::Full);
        store.migrate().await.expect("the database can be migrated");
        Self {
            bus,
            store,
            database,
            broker,
        }
    }

    /// Starts a recorder with connections of its own.
    pub(crate) fn recorder(&self) -> Recording {
        self.recorder_with(RecorderOptions::default())
    }

    pub(crate) fn recorder_with(&self, options: RecorderOptions) -> Recording {
        let recorder = Recorder::new(
            self.bus.clone(),
            store(&self.database, Access::Full),
            options,
        );
        let progress = recorder.progress();
        let (soft, hard) = (CancellationToken::new(), CancellationToken::new());
        let mut task = JoinSet::new();
        task.spawn(recorder.run(soft.clone(), hard.clone()));
        Recording {
            progress,
            soft,
            hard,
            task,
        }
    }

    pub(crate) async fn publish(&self, said: (Subject, impl Serialize + Sync)) -> Position {
        let (subject, body) = said;
        // An id of its own for every message, so that the same may be said twice.
        let id = MessageId::control(run(0), uuid::Uuid::now_v7());
        let patience = Patience::Until(CancellationToken::new());
        let published = self
            .bus
            .publish(&subject, &id, &body, Fence::None, &patience);
        published.await.expect("the broker takes it")
    }

    /// The whole life of a run.
    pub(crate) async fn life(&self, run: RunId) -> Position {
        self.publish(offer(run, 1)).await;
        self.publish(lease(run, 1, LeaseStep::Taken, "w1")).await;
        let said = [usage(10), output("some\u{0}text"), usage(5)];
        self.publish(events(run, 1, "w1", 1, said)).await;
        self.publish(events(run, 1, "w1", 4, [succeeded()])).await
    }
}

#[derive(PartialEq, Eq)]
pub(crate) enum Access {
    Full,
    ReadOnly,
}

pub(crate) fn store(database: &TestDatabase, access: Access) -> Store {
    let options = StoreOptions {
        url: database.url(),
        max_connections: 4,
        read_only: access == Access::ReadOnly,
        application_name: "test".to_owned(),
    };
    Store::connect(&options).expect("a good URL")
}

/// A recorder at work.
pub(crate) struct Recording {
    pub(crate) progress: watch::Receiver<Progress>,
    pub(crate) soft: CancellationToken,
    hard: CancellationToken,
    task: JoinSet<Result<(), RecorderError>>,
}

impl Recording {
    pub(crate) async fn has_recorded(&mut self, position: Position) {
        let arrived = self.progress.wait_for(|now| now.has_recorded(position));
        let arrived = timeout(PATIENCE, arrived).await;
        assert!(matches!(arrived, Ok(Ok(_))), "{position} was not recorded");
    }

    pub(crate) async fn is(&mut self, wanted: fn(Progress) -> bool) {
        let arrived = self.progress.wait_for(|now| wanted(*now));
        let arrived = timeout(PATIENCE, arrived).await;
        assert!(matches!(arrived, Ok(Ok(_))), "it did not come to that");
    }

    pub(crate) async fn stop(self) {
        self.soft.cancel();
        self.end().await.expect("it ends well");
    }

    pub(crate) async fn leave_now(self) {
        self.hard.cancel();
        self.end().await.expect("it ends well");
    }

    pub(crate) async fn end(mut self) -> Result<(), RecorderError> {
        let ended = timeout(PATIENCE, self.task.join_next()).await;
        let ended = ended.expect("it ends in time").expect("it was running");
        ended.expect("it does not panic")
    }
}
