//! A migrated database, and runs to put into it.

use baton_domain::{Attempt, Position, Priority, RetryPolicy, Run, RunId, RunType, Slots};
use baton_store::{Batch, Outcome, RunRecord, Store, StoreOptions, StoredRun, Submission, Through};
use baton_testkit::TestDatabase;
use chrono::{DateTime, TimeDelta, Utc};
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

pub(crate) struct Stage {
    pub(crate) store: Store,
    pub(crate) database: TestDatabase,
}

impl Stage {
    pub(crate) async fn start() -> Self {
        let database = TestDatabase::start().await;
        let store = store(&database, false);
        store
            .migrate()
            .await
            .expect("an empty database can be migrated");
        Self { store, database }
    }

    /// A connection for what the store has no words for.
    pub(crate) async fn raw(&self) -> PgConnection {
        PgConnection::connect(&self.database.url())
            .await
            .expect("the database answers")
    }

    pub(crate) async fn keep(&self, run: StoredRun) {
        let through = run.record.run.position;
        let batch = Batch {
            new_runs: vec![run],
            ..Batch::default()
        };
        let mut writer = self.store.writer().await.expect("nobody else writes");
        writer
            .write(&batch, self::through(through.get()))
            .await
            .expect("a sound batch");
        writer.release().await.expect("the database answers");
    }
}

pub(crate) fn store(database: &TestDatabase, read_only: bool) -> Store {
    let options = StoreOptions {
        url: database.url(),
        max_connections: 3,
        read_only,
        application_name: "test".to_owned(),
    };
    Store::connect(&options).expect("a good URL")
}

pub(crate) fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(1_780_000_000 + seconds)
}

pub(crate) fn position(n: u64) -> Position {
    Position::new(n).expect("small")
}

pub(crate) fn through(n: u64) -> Through {
    Through {
        position: position(n),
        stored_at: at(3),
    }
}

/// A run that was submitted at position 1 and changed last at position 2.
pub(crate) fn run() -> StoredRun {
    let retry = RetryPolicy {
        max_attempts: 4,
        first_delay_seconds: 6,
        max_delay_seconds: 700,
    };
    StoredRun {
        submission: Submission {
            run_type: RunType::Command,
            title: "say hello".to_owned(),
            pool: "default".parse().expect("a pool"),
            repository: Some("/srv/hello.git".to_owned()),
            slots: Slots::new(2).expect("two"),
            route: "default_command_W2".parse().expect("a route"),
            priority: Priority::High,
            submitted_by: "somebody".to_owned().try_into().expect("an actor"),
            submitted_at: at(0),
            position: position(1),
            idempotency: None,
            request: serde_json::json!({"type": "command"}),
        },
        record: RunRecord {
            run: Run {
                attempt: Attempt::new(2).expect("small"),
                failures: 1,
                position: position(2),
                ..Run::submitted(RunId::from_uuid(Uuid::now_v7()), retry, position(1))
            },
            last_lease: position(2),
            last_lost: position(1),
            started_at: Some(at(1)),
            finished_at: None,
            outcome: Outcome::default(),
        },
    }
}
