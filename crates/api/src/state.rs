//! What the handlers share.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use baton_bus::{Bus, Connection};
use baton_domain::{Actor, Clock, Position, RunId};
use baton_store::StoredRun;
use baton_wire::http::TaskRun;
use chrono::{DateTime, Utc};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use uuid::{ContextV7, Timestamp, Uuid};

use crate::{
    artifacts::ArtifactStore,
    beats::Beats,
    history::History,
    hosts::Hosts,
    hub::Hub,
    identity::Accounts,
    metrics::Metrics,
    options::{ApiDeps, ApiError, ApiOptions},
    problem::Answer,
    shown,
    terminal::Terminals,
};

/// The application, as every handler has it.
#[derive(Debug, Clone)]
pub(crate) struct App(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    options: ApiOptions,
    hosts: Hosts,
    bus: Bus,
    clock: Arc<dyn Clock>,
    ids: Mutex<ContextV7>,
    history: History,
    accounts: Accounts,
    artifacts: ArtifactStore,
    hub: Hub,
    beats: Beats,
    terminals: Terminals,
    metrics: Metrics,
    stopping: CancellationToken,
}

impl App {
    /// Opens what the handlers need. The hub starts where the tail does; `lost` hears of everybody who
    /// may not act any more.
    pub(crate) fn open(
        options: ApiOptions,
        deps: ApiDeps,
        from: Position,
        lost: mpsc::UnboundedSender<Actor>,
        stopping: CancellationToken,
    ) -> Result<Self, ApiError> {
        let ApiDeps { bus, store, clock } = deps;
        let metrics = Metrics::default();
        Ok(Self(Arc::new(Inner {
            hosts: Hosts::new(&options),
            artifacts: ArtifactStore::in_folder(&options.artifacts_dir)?,
            options,
            bus,
            ids: Mutex::new(ContextV7::new()),
            accounts: Accounts::new(store.clone(), Arc::clone(&clock), lost),
            history: History::new(store),
            hub: Hub::at(from, metrics.waits().clone()),
            beats: Beats::default(),
            terminals: Terminals::default(),
            metrics,
            clock,
            stopping,
        })))
    }

    /// How the API is to behave.
    pub(crate) fn options(&self) -> &ApiOptions {
        &self.0.options
    }

    /// How long an answer waits for the recorder to keep what was just published.
    pub(crate) fn recorder_patience(&self) -> Duration {
        self.options().patience.recorder
    }

    /// Who may address it.
    pub(crate) fn hosts(&self) -> &Hosts {
        &self.0.hosts
    }

    /// The broker.
    pub(crate) fn bus(&self) -> &Bus {
        &self.0.bus
    }

    /// Whether the broker can be reached.
    pub(crate) fn broker_is_up(&self) -> bool {
        *self.0.bus.connection().borrow() == Connection::Up
    }

    /// The time.
    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.0.clock
    }

    /// A version 7 id: ids sort by the time of their making, also within a millisecond.
    pub(crate) fn new_id(&self, now: DateTime<Utc>) -> RunId {
        let seconds = u64::try_from(now.timestamp()).unwrap_or_default();
        let context = self.0.ids.lock().unwrap_or_else(PoisonError::into_inner);
        let timestamp = Timestamp::from_unix(&*context, seconds, now.timestamp_subsec_nanos());
        RunId::from_uuid(Uuid::new_v7(timestamp))
    }

    /// What the recorder kept.
    pub(crate) fn history(&self) -> &History {
        &self.0.history
    }

    /// A run that it kept, as it is shown now.
    pub(crate) fn show(&self, stored: StoredRun) -> Answer<TaskRun> {
        shown::stored(stored, self.beats(), self.clock().now())
    }

    /// Who has which token.
    pub(crate) fn accounts(&self) -> &Accounts {
        &self.0.accounts
    }

    /// The contents of artifacts.
    pub(crate) fn artifacts(&self) -> &ArtifactStore {
        &self.0.artifacts
    }

    /// What happens.
    pub(crate) fn hub(&self) -> &Hub {
        &self.0.hub
    }

    /// Who lives.
    pub(crate) fn beats(&self) -> &Beats {
        &self.0.beats
    }

    /// The terminals that are watched.
    pub(crate) fn terminals(&self) -> &Terminals {
        &self.0.terminals
    }

    /// What is counted.
    pub(crate) fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// Cancelled when streams must end.
    pub(crate) fn stopping(&self) -> &CancellationToken {
        &self.0.stopping
    }
}
