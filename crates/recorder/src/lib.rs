//! Role: the only writer of run data. Takes batches from the broker, folds them, keeps them.
//!
//! The position lies with the rows and moves in their transaction; acknowledging to the broker is
//! housekeeping. So every batch may come twice, and a recorder may die at any point. One records,
//! any number stand by: Postgres' advisory lock says who, and the position is moved by
//! compare-and-set, so that a recorder that does not know yet that it lost the lock writes nothing.

mod error;
mod feeder;
mod fold;
mod identity;
mod lead;
mod options;
mod progress;
mod read;
mod rebuild;
mod record;
mod retry;

pub use error::RecorderError;
pub use options::RecorderOptions;
pub use progress::Progress;
pub use rebuild::{RebuildReport, rebuild};

use baton_bus::Bus;
use baton_store::Store;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// A recorder, to be run.
#[derive(Debug)]
pub struct Recorder {
    bus: Bus,
    store: Store,
    options: RecorderOptions,
    progress: watch::Sender<Progress>,
}

impl Recorder {
    /// A recorder that does nothing yet.
    #[must_use]
    pub fn new(bus: Bus, store: Store, options: RecorderOptions) -> Self {
        Self {
            bus,
            store,
            options,
            progress: watch::Sender::new(Progress::StandingBy),
        }
    }

    /// What it is doing.
    #[must_use]
    pub fn progress(&self) -> watch::Receiver<Progress> {
        self.progress.subscribe()
    }

    /// Records until `soft` is cancelled, and then finishes the batch at hand; `hard` ends it at
    /// once. Waits while another recorder is at work, and while broker or database are away.
    ///
    /// # Errors
    /// When waiting does not help: the schema is missing, or the tables belong to another stream.
    pub async fn run(
        self,
        soft: CancellationToken,
        hard: CancellationToken,
    ) -> Result<(), RecorderError> {
        let leading = retry::lead_until(&self, &soft);
        hard.run_until_cancelled(leading).await.unwrap_or(Ok(()))
    }
}

/// Runs a recorder that nobody watches; see [`Recorder::run`].
///
/// # Errors
/// As [`Recorder::run`].
pub async fn run(
    bus: Bus,
    store: Store,
    options: RecorderOptions,
    soft: CancellationToken,
    hard: CancellationToken,
) -> Result<(), RecorderError> {
    Recorder::new(bus, store, options).run(soft, hard).await
}
