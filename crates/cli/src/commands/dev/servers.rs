//! The broker and the database of `baton dev`: private child processes.

use std::{fs, path::PathBuf};

use anyhow::Context;
use baton_admission::keys::{CONFIG_FILE, KeyFolder};
use baton_bus::access::BATON_ACCOUNT;
use baton_standalone::{
    Durability, NatsOptions, NatsServer, Postgres, PostgresOptions, SyncPolicy,
};

use super::state::State;
use crate::{args::ProgramArgs, config};

/// Both servers. Dropping them ends them.
#[derive(Debug)]
pub(super) struct Servers {
    nats: NatsServer,
    /// Who is who at the broker.
    pub(super) keys: KeyFolder,
    postgres: Postgres,
}

impl Servers {
    /// Starts both at once and waits until both take connections.
    pub(super) async fn start(args: &ProgramArgs, state: &State) -> anyhow::Result<Self> {
        let search = config::search();
        let (keys, guarded) = guarded(state)?;
        let nats = NatsServer::start(NatsOptions {
            binary: search.nats_server(args.nats_server_bin.as_deref())?,
            store_dir: state.folder("nats"),
            port: None,
            sync: SyncPolicy::Always,
            config: Some(guarded),
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
            keys,
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

/// The keys of this folder, and a configuration of the broker that knows them.
fn guarded(state: &State) -> anyhow::Result<(KeyFolder, PathBuf)> {
    let keys = KeyFolder::make(&state.folder("keys"))?;
    let config = state.folder("nats.conf");
    let text = format!("jetstream {{ sync_interval: always }}\ninclude ./keys/{CONFIG_FILE}\n");
    fs::write(&config, text).with_context(|| format!("failed to write {}", config.display()))?;
    move_in(state)?;
    Ok((keys, config))
}

/// What a broker without accounts kept belongs to the roles' account from now on.
fn move_in(state: &State) -> anyhow::Result<()> {
    let kept = state.folder("nats").join("jetstream");
    let (before, now) = (kept.join("$G"), kept.join(BATON_ACCOUNT));
    if before.exists() && !now.exists() {
        fs::rename(&before, &now)
            .with_context(|| format!("failed to move {}", before.display()))?;
    }
    Ok(())
}
