//! Connections to the broker and the database, named after who uses them.

use std::process;

use baton_bus::{Bus, BusError, BusOptions, Credentials};
use baton_store::{Store, StoreError, StoreOptions};

use crate::{
    args::{BusArgs, StoreArgs},
    config,
};

/// Connects to the broker that the flags name.
pub(super) async fn bus(args: &BusArgs, who: &str) -> Result<Bus, BusError> {
    let credentials = args.nats_credentials_file.clone().map(Credentials::File);
    Bus::connect(BusOptions {
        url: args.nats_url.clone(),
        name: name(who),
        credentials,
    })
    .await
}

/// Connects to a broker that wants no login.
pub(super) async fn bus_at(url: &str, who: &str) -> Result<Bus, BusError> {
    Bus::connect(BusOptions {
        url: url.to_owned(),
        name: name(who),
        credentials: None,
    })
    .await
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
