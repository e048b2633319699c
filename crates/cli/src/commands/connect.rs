//! Connections to the broker and the database, named after who uses them.

use std::process;

use baton_admission::keys::Seed;
use baton_bus::{Bus, BusError, BusOptions, Credentials};
use baton_domain::WorkerId;
use baton_store::{Store, StoreError, StoreOptions};
use tokio_util::sync::CancellationToken;

use crate::{
    args::{BusArgs, StoreArgs},
    config,
};

/// Connects a command to the broker that the flags name.
pub(super) async fn bus(args: &BusArgs, who: &str) -> anyhow::Result<Bus> {
    Ok(Bus::connect(told(args, who)?).await?)
}

/// Connects a role to the broker that the flags name, which may be about to start.
pub(super) async fn role(
    args: &BusArgs,
    who: &str,
    stop: &CancellationToken,
) -> anyhow::Result<Bus> {
    Ok(Bus::connect_patiently(told(args, who)?, stop).await?)
}

/// Connects as a worker: with its token, if it has one and no other way is given. The broker, and
/// who lets workers in, may be about to start.
pub(super) async fn worker_bus(
    args: &BusArgs,
    worker: &WorkerId,
    token: Option<&str>,
    stop: &CancellationToken,
) -> anyhow::Result<Bus> {
    match token {
        Some(token) if !is_told(args) => {
            let options = as_worker(&args.nats_url, worker, token);
            Ok(Bus::connect_patiently(options, stop).await?)
        }
        _ => role(args, "worker", stop).await,
    }
}

/// Connects with a worker's token.
pub(super) async fn worker_bus_at(
    url: &str,
    worker: &WorkerId,
    token: &str,
) -> Result<Bus, BusError> {
    Bus::connect(as_worker(url, worker, token)).await
}

/// Connects to a broker, with what it wants to be shown.
pub(super) async fn bus_by(
    url: &str,
    who: &str,
    credentials: Option<Credentials>,
) -> Result<Bus, BusError> {
    Bus::connect(options(url, who, credentials)).await
}

/// A role's key as what it connects with.
pub(super) fn seed(seed: &Seed) -> Credentials {
    Credentials::Seed(seed.reveal().to_owned())
}

/// What the flags say of how to connect.
fn told(args: &BusArgs, who: &str) -> anyhow::Result<BusOptions> {
    let credentials = match (&args.nats_seed_file, &args.nats_credentials_file) {
        (Some(file), _) => Some(seed(&Seed::of_user(file)?)),
        (None, file) => file.clone().map(Credentials::File),
    };
    Ok(options(&args.nats_url, who, credentials))
}

const fn is_told(args: &BusArgs) -> bool {
    args.nats_seed_file.is_some() || args.nats_credentials_file.is_some()
}

fn options(url: &str, who: &str, credentials: Option<Credentials>) -> BusOptions {
    BusOptions {
        url: url.to_owned(),
        name: name(who),
        credentials,
    }
}

fn as_worker(url: &str, worker: &WorkerId, token: &str) -> BusOptions {
    BusOptions {
        url: url.to_owned(),
        // The broker's permissions name the inbox by the worker.
        name: format!("baton-worker/{worker}"),
        credentials: Some(Credentials::Worker {
            worker: worker.clone(),
            token: token.to_owned(),
        }),
    }
}

/// The database that the flags name, for one who only reads.
pub(super) fn reader(args: &StoreArgs, who: &str) -> anyhow::Result<Store> {
    let url = config::database_url(args)?;
    Ok(store_at(
        &url,
        who,
        Access::Read,
        args.database_max_connections,
    )?)
}

/// The database that the flags name, for one who writes.
pub(super) fn writer(args: &StoreArgs, who: &str) -> anyhow::Result<Store> {
    let url = config::database_url(args)?;
    Ok(store_at(
        &url,
        who,
        Access::Write,
        args.database_max_connections,
    )?)
}

/// What a role may do to the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Read,
    Write,
}

/// A database by its URL.
pub(super) fn store_at(
    url: &str,
    who: &str,
    access: Access,
    max_connections: u32,
) -> Result<Store, StoreError> {
    Store::connect(&StoreOptions {
        url: url.to_owned(),
        max_connections,
        read_only: access == Access::Read,
        application_name: name(who),
    })
}

/// `baton-<who>/<process>`, for the lists of connections that brokers and databases show.
fn name(who: &str) -> String {
    format!("baton-{who}/{}", process::id())
}
