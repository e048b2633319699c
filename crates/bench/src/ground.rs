//! Private servers for one measurement.

use std::path::PathBuf;

use baton_bus::{Bus, BusOptions};
use baton_standalone::{
    Durability, NatsOptions, NatsServer, Postgres, PostgresBinaries, PostgresOptions, SyncPolicy,
};
use baton_store::{Store, StoreOptions};
use tempfile::TempDir;

use crate::{BenchError, broker, database};

/// Where the servers' programs are.
#[derive(Debug, Clone)]
pub struct Programs {
    /// `nats-server`.
    pub nats_server: PathBuf,
    /// Postgres' own.
    pub postgres: PostgresBinaries,
}

/// A broker with Baton's streams. Dropping it removes everything.
#[derive(Debug)]
pub(crate) struct Broker {
    server: NatsServer,
    _folder: TempDir,
}

impl Broker {
    pub(crate) async fn start(programs: &Programs, sync: SyncPolicy) -> Result<Self, BenchError> {
        let folder = TempDir::new()?;
        let server = NatsServer::start(NatsOptions {
            binary: programs.nats_server.clone(),
            store_dir: folder.path().join("nats"),
            port: None,
            sync,
            config: None,
        });
        let broker = Self {
            server: server.await?,
            _folder: folder,
        };
        let bus = broker.bus().await?;
        bus.apply_topology().await.map_err(crate::broker)?;
        Ok(broker)
    }

    /// A connection of its own.
    pub(crate) async fn bus(&self) -> Result<Bus, BenchError> {
        let options = BusOptions {
            url: self.server.url(),
            name: format!("baton-bench/{}", std::process::id()),
            credentials: None,
        };
        Bus::connect(options).await.map_err(broker)
    }

    /// A plain connection without Baton.
    pub(crate) async fn client(&self) -> Result<async_nats::Client, BenchError> {
        async_nats::connect(self.server.url()).await.map_err(broker)
    }

    /// A connection without Baton.
    pub(crate) async fn raw(&self) -> Result<async_nats::jetstream::Context, BenchError> {
        let client = async_nats::connect(self.server.url()).await;
        Ok(async_nats::jetstream::new(client.map_err(broker)?))
    }
}

/// A database with Baton's tables. Dropping it removes everything.
#[derive(Debug)]
pub(crate) struct Database {
    server: Postgres,
    _folder: TempDir,
}

impl Database {
    pub(crate) async fn start(programs: &Programs) -> Result<Self, BenchError> {
        let folder = TempDir::new()?;
        let server = Postgres::start(PostgresOptions {
            binaries: programs.postgres.clone(),
            dir: folder.path().join("postgres"),
            port: None,
            durability: Durability::Kept,
        });
        let database = Self {
            server: server.await?,
            _folder: folder,
        };
        let store = database.store()?;
        store.migrate().await.map_err(crate::database)?;
        store.close().await;
        Ok(database)
    }

    /// Connections of a recorder.
    pub(crate) fn store(&self) -> Result<Store, BenchError> {
        let options = StoreOptions {
            url: self.server.url(),
            max_connections: 3,
            read_only: false,
            application_name: "baton-bench".to_owned(),
        };
        Store::connect(&options).map_err(database)
    }

    /// Where it is.
    pub(crate) fn url(&self) -> String {
        self.server.url()
    }
}
