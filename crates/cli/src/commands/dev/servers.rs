//! The broker and the database of `baton dev`: private child processes.

use anyhow::Context;
use baton_standalone::{
    Durability, NatsOptions, NatsServer, Postgres, PostgresOptions, SyncPolicy,
};

use super::state::State;
use crate::{args::ProgramArgs, config};

/// Both servers. Dropping them ends them.
#[derive(Debug)]
pub(super) struct Servers {
    nats: NatsServer,
    postgres: Postgres,
}

impl Servers {
    /// Starts both at once and waits until both take connections.
    pub(super) async fn start(args: &ProgramArgs, state: &State) -> anyhow::Result<Self> {
        let search = config::search();
        let nats = NatsServer::start(NatsOptions {
            binary: search.nats_server(args.nats_server_bin.as_deref())?,
            store_dir: state.folder("nats"),
            port: None,
            sync: SyncPolicy::Always,
            config: None,
        });
        let postgres = Postgres::start(PostgresOptions {
            binaries: search.postgres(args.postgres_bin_dir.as_deref())?,
            dir: state.folder("postgres"),
            port: None,
            durability: Durability::Kept,
        });
        // Both to their end: a failure of one must not leave the other half started.
        let (nats, postgres) = tokio::join!(nats, postgres);
        Ok(Self {
            nats: nats.context("the broker did not start")?,
            postgres: postgres.context("the database did not start")?,
        })
    }

    pub(super) fn nats_url(&self) -> String {
        self.nats.url()
    }

    pub(super) fn database_url(&self) -> String {
        self.postgres.url()
    }

    /// The database for another of its roles.
    pub(super) fn database_url_of(&self, role: &str, password: &str) -> String {
        self.postgres.url_of(role, password)
    }

    /// Waits until one has ended by itself; says which, and where its log is.
    pub(super) async fn ended(&self) -> String {
        tokio::select! {
            () = self.nats.ended() => format!("the broker ended; its log: {}", self.nats.log().display()),
            () = self.postgres.ended() => format!("the database ended; its log: {}", self.postgres.log().display()),
        }
    }

    /// Stops both in order and waits until they have.
    pub(super) async fn stop(&mut self) {
        tokio::join!(self.nats.stop(), self.postgres.stop());
    }
}
