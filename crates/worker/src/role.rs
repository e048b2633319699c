//! The role as a list of named steps.

use std::{
    fs::{self, File},
    io,
    path::Path,
    sync::Arc,
};

use baton_bus::Bus;
use baton_domain::Clock;
use nix::{
    errno::Errno,
    fcntl::{Flock, FlockArg},
};
use tokio_util::sync::CancellationToken;

use crate::{
    Ending,
    api::Api,
    artifacts::ArtifactClient,
    attempt::Shop,
    beat::Heart,
    driver::Driver,
    error::WorkerError,
    lease::Leases,
    options::WorkerOptions,
    preflight::{make_state_dir, settled},
    recover,
    scope::Scope,
    session::{self, ApiKeys},
    standing::Standings,
    workspace,
};

/// Works until `soft` is cancelled and what it holds is finished or handed back; until `hard` is
/// cancelled and everything is handed back at once; or, in [`Mode::Once`](crate::Mode::Once),
/// until it has had its turn. Returns how the last attempt ended.
///
/// # Errors
/// When something is missing, another worker uses the state folder, or a task of its own dies.
/// Failed runs are no errors, and the broker's absence is waited out.
pub async fn run(
    bus: Bus,
    options: WorkerOptions,
    clock: Arc<dyn Clock>,
    soft: CancellationToken,
    hard: CancellationToken,
) -> Result<Ending, WorkerError> {
    let options = settled(options)?;
    make_state_dir(&options)?;
    let _lock = lock(&options.state_dir)?;
    let started_at = clock.now();
    let leases = Leases {
        bus: bus.clone(),
        worker: options.worker.clone(),
        instance: format!("{}-{}", started_at.timestamp_micros(), std::process::id()),
        clock: clock.clone(),
        give_up: hard.child_token(),
    };
    if let Err(error) = workspace::prune(&options.state_dir, options.keep_workspaces) {
        tracing::warn!(%error, "failed to remove an old workspace");
    }
    let heart = Heart {
        bus: bus.clone(),
        options: options.clone(),
        started_at,
    };
    let standings = Standings::new(bus.clone(), options.worker.clone());
    let check_every = options.check_leases_every;
    let api = Api::new(&options.api_url, options.token.clone())?;
    let scope = Scope::new(options.token.is_some());
    let shop = Shop {
        api: api.clone(),
        keys: ApiKeys::new(api.clone(), &options.state_dir),
        scope: scope.clone(),
        seats: session::seats(&options),
        artifacts: ArtifactClient::new(&options.api_url, options.token.clone())?,
        bus: bus.clone(),
        options,
        clock,
        leases,
        standings: standings.clone(),
        hard,
    };
    let shop = Arc::new(shop);
    // Before anything that takes long: what was taken up is beaten for.
    let left = recover::find(&shop).await;
    let driver = Driver::new(shop, heart);
    tokio::select! {
        driven = Box::pin(driver.drive(left, soft)) => driven,
        never = Box::pin(standings.attend(check_every)) => match never {},
        never = Box::pin(scope.attend(&api, &bus)) => match never {},
    }
}

/// Keeps other workers out of the state folder for as long as the result lives.
fn lock(folder: &Path) -> Result<Flock<File>, WorkerError> {
    let failed = |source: io::Error| WorkerError::Lock {
        path: folder.to_owned(),
        source,
    };
    let path = folder.join("lock");
    let file = fs::OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
        .map_err(failed)?;
    Flock::lock(file, FlockArg::LockExclusiveNonblock).map_err(|(_, errno)| match errno {
        Errno::EWOULDBLOCK => WorkerError::InUse(folder.to_owned()),
        errno => failed(errno.into()),
    })
}
