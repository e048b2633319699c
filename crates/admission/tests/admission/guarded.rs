//! A broker that lets nobody in without a key or a token, with a gate and a desk at it.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use baton_admission::{
    Gate, GateDeps, GateOptions, desk,
    keys::{KeyFolder, Seed},
};
use baton_bus::{
    Bus, BusError, BusOptions, Credentials,
    access::{Role, worker_login},
};
use baton_domain::{Actor, Clock, SystemClock, WorkerScope};
use baton_store::{
    Store, StoreOptions,
    accounts::{self, Authority, Deed, NewToken, Token},
};
use baton_testkit::{TestBroker, TestDatabase};
use chrono::{DateTime, Utc};
use tempfile::TempDir;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::house::{connect, soon, worker};

pub(crate) struct Guarded {
    pub(crate) broker: TestBroker,
    pub(crate) api: Bus,
    pub(crate) supervisor: Bus,
    pub(crate) store: Store,
    _database: TestDatabase,
    _folder: TempDir,
    _tasks: JoinSet<()>,
}

impl Guarded {
    /// With sessions of an hour.
    pub(crate) async fn start() -> Self {
        Self::with_sessions(Duration::from_secs(3600)).await
    }

    pub(crate) async fn with_sessions(session: Duration) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let keys = KeyFolder::make(folder.path()).expect("keys");
        let accounts = std::fs::read_to_string(keys.config_file()).expect("the configuration");
        let config = format!("jetstream {{}}\n{accounts}");
        let database = TestDatabase::start();
        let (broker, database) =
            soon(async { tokio::join!(TestBroker::with_config(&config), database) }).await;
        let store = Store::connect(&StoreOptions {
            url: database.url(),
            max_connections: 4,
            read_only: false,
            application_name: "test".to_owned(),
        })
        .expect("a store");
        store.migrate().await.expect("the tables");
        let by = |role: Role, name: &'static str| {
            let seed = Seed::of_user(&keys.seed_file(role)).expect("a seed");
            let url = broker.url();
            async move {
                let seed = Credentials::Seed(seed.reveal().to_owned());
                connect(&url, name, Some(seed)).await
            }
        };
        let provisioner = by(Role::Provisioner, "baton-nats-apply/1").await;
        provisioner.apply_topology().await.expect("the topology");
        assert_eq!(provisioner.verify_topology().await.expect("an answer"), []);
        let api = by(Role::Api, "baton-api/1").await;
        let supervisor = by(Role::Supervisor, "baton-supervisor/1").await;
        let deps = GateDeps {
            bus: api.clone(),
            system: by(Role::Admission, "baton-admission/1").await,
            store: store.clone(),
            clock: Arc::new(SystemClock),
        };
        let issuer = Seed::of_issuer(&keys.issuer_file()).expect("a seed");
        let gate = Gate::new(deps, &GateOptions { issuer, session }).expect("a gate");
        let mut tasks = JoinSet::new();
        tasks.spawn(gate.serve(CancellationToken::new()));
        tasks.spawn(desk::serve(supervisor.clone(), CancellationToken::new()));
        Self {
            broker,
            api,
            supervisor,
            store,
            _database: database,
            _folder: folder,
            _tasks: tasks,
        }
    }

    /// Makes a worker's token for every pool and kind of run.
    pub(crate) async fn token(&self, workers: &str) -> (Token, String) {
        let scope = WorkerScope::everything(workers.parse().expect("a pattern"));
        self.make(scope, None).await
    }

    pub(crate) async fn make(
        &self,
        scope: WorkerScope,
        expires_at: Option<DateTime<Utc>>,
    ) -> (Token, String) {
        let new = NewToken {
            id: Uuid::now_v7(),
            name: anna(),
            authority: Authority::Worker(scope),
            created: Deed {
                by: anna(),
                at: SystemClock.now(),
            },
            expires_at,
        };
        let (token, text) = accounts::create(&self.store, new).await.expect("a token");
        (token, text.reveal().to_owned())
    }

    pub(crate) async fn revoke(&self, token: &Token) {
        let deed = Deed {
            by: anna(),
            at: SystemClock.now(),
        };
        accounts::revoke(&self.store, token.id, &deed)
            .await
            .expect("an answer")
            .expect("a token");
    }

    /// A worker's connection, once the gate is open.
    pub(crate) async fn worker(&self, id: &str, token: &str) -> Bus {
        soon(async {
            loop {
                match self.try_worker(id, token).await {
                    Ok(bus) => return bus,
                    Err(_) => tokio::task::yield_now().await,
                }
            }
        })
        .await
    }

    pub(crate) async fn try_worker(&self, id: &str, token: &str) -> Result<Bus, BusError> {
        Bus::connect(BusOptions {
            url: self.broker.url(),
            name: format!("baton-worker/{id}"),
            credentials: Some(Credentials::Worker {
                worker: worker(id),
                token: token.to_owned(),
            }),
        })
        .await
    }

    /// A worker's connection as an attacker would make it: with no client of ours in between.
    pub(crate) async fn thief(&self, id: &str, token: &str) -> async_nats::Client {
        async_nats::ConnectOptions::with_user_and_password(
            worker_login(&worker(id), token),
            token.to_owned(),
        )
        .custom_inbox_prefix(format!("_INBOX.baton-worker.{id}"))
        .request_timeout(Some(Duration::from_millis(300)))
        .connect(self.broker.url())
        .await
        .expect("a connection")
    }
}

pub(crate) fn anna() -> Actor {
    "anna".to_owned().try_into().expect("an actor")
}

/// Everything, of some pools.
pub(crate) fn pools(workers: &str, pools: &[&str]) -> WorkerScope {
    let pools: BTreeSet<_> = pools.iter().map(|p| p.parse().expect("a pool")).collect();
    WorkerScope {
        pools,
        ..WorkerScope::everything(workers.parse().expect("a pattern"))
    }
}
