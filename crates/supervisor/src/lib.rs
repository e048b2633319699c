//! Role: keeps the promises that have time in them: leases, retries.
//!
//! [`Supervisor`] is the role. One is on duty at a time, by a lock in the database; any number
//! stand by. It reads the store and hears beats, and it publishes: it never writes a table.
//! What it decides, it decides in `core`, which is pure.

mod core;
mod duty;
mod publish;
mod sweep;

use std::{sync::Arc, time::Duration};

use baton_bus::Bus;
use baton_domain::Clock;
use baton_store::{Lock, LockName, Store, StoreError};
use tokio::{sync::watch, time::sleep};
use tokio_util::sync::CancellationToken;

/// How long to wait between two looks at the lock.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How the supervisor is to behave.
#[derive(Debug, Clone)]
pub struct SupervisorOptions {
    /// Silence after which a worker has lost its runs.
    pub lease: Duration,
    /// How often it looks at its timers.
    pub tick: Duration,
    /// How often it looks for queued runs whose offer nobody can take any more.
    pub sweep: Duration,
}

impl Default for SupervisorOptions {
    /// Leases of 15 s, looked at four times a second; queues every 5 s.
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(15),
            tick: Duration::from_millis(250),
            sweep: Duration::from_secs(5),
        }
    }
}

/// What the supervisor stands on.
#[derive(Debug, Clone)]
pub struct SupervisorDeps {
    /// The broker.
    pub bus: Bus,
    /// The database; read only.
    pub store: Store,
    /// The time, for what is published. Leases are timed by a monotonic clock of its own.
    pub clock: Arc<dyn Clock>,
}

/// Why a supervisor cannot do its work. An absent broker or database is no reason: it waits.
#[derive(Debug, thiserror::Error)]
pub enum SupervisorError {
    /// The database cannot be used at all: it lacks the tables, or refuses the login.
    #[error("failed to use the database: {0}")]
    Store(#[from] StoreError),
}

/// What a supervisor does at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Duty {
    /// Another one is on duty, or the database is away.
    StandBy,
    /// It watches.
    Watching,
}

/// The role.
#[derive(Debug)]
pub struct Supervisor {
    deps: SupervisorDeps,
    options: SupervisorOptions,
    duty: watch::Sender<Duty>,
}

impl Supervisor {
    /// A supervisor; nothing is done yet.
    #[must_use]
    pub fn new(deps: SupervisorDeps, options: SupervisorOptions) -> Self {
        let duty = watch::Sender::new(Duty::StandBy);
        Self {
            deps,
            options,
            duty,
        }
    }

    /// What it does at the moment, and whenever that changes.
    #[must_use]
    pub fn duty(&self) -> watch::Receiver<Duty> {
        self.duty.subscribe()
    }

    /// Stands by and watches until the soft token; the hard token ends it in the middle of what it
    /// does, which another supervisor then does again.
    ///
    /// # Errors
    /// When the database cannot be used at all.
    pub async fn run(
        self,
        soft: CancellationToken,
        hard: CancellationToken,
    ) -> Result<(), SupervisorError> {
        let serve = hard.run_until_cancelled(self.serve(&soft));
        Box::pin(serve).await.unwrap_or(Ok(()))
    }

    async fn serve(&self, soft: &CancellationToken) -> Result<(), SupervisorError> {
        while let Some(lock) = self.stand_by(soft).await? {
            tracing::info!("on duty: watching leases and retries");
            self.duty.send_replace(Duty::Watching);
            duty::watch(&self.deps, &self.options, lock, soft).await;
            self.duty.send_replace(Duty::StandBy);
        }
        Ok(())
    }

    /// Waits for the lock; none when told to stop.
    async fn stand_by(&self, soft: &CancellationToken) -> Result<Option<Lock>, SupervisorError> {
        let mut told = false;
        while !soft.is_cancelled() {
            match self.try_take().await {
                Ok(Some(lock)) => return Ok(Some(lock)),
                Ok(None) => {}
                Err(error) if error.is_unavailable() => {
                    if !std::mem::replace(&mut told, true) {
                        tracing::warn!(%error, "holding all decisions until the database is back");
                    }
                }
                Err(error) => return Err(error.into()),
            }
            soft.run_until_cancelled(sleep(LOOK_EVERY)).await;
        }
        Ok(None)
    }

    async fn try_take(&self) -> Result<Option<Lock>, StoreError> {
        self.deps.store.check_schema().await?;
        self.deps.store.try_lock(LockName::Supervisor).await
    }
}
