//! The role of admission, which lives beside the API and beside the supervisor: either of them is
//! enough for workers to learn where they stand.

use std::future::Future;

use anyhow::{Context, bail};
use baton_admission::desk;
use baton_bus::Bus;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Runs admission for as long as another role works.
pub(super) async fn beside<T>(
    bus: Bus,
    role: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<T> {
    let mut admission = JoinSet::new();
    admission.spawn(serve(bus, CancellationToken::new()));
    tokio::select! {
        ended = role => ended,
        Some(died) = admission.join_next() => {
            died.context("admission died")??;
            bail!("admission ended")
        }
    }
}

/// Admission, until it is told to stop.
pub(super) async fn serve(bus: Bus, stop: CancellationToken) -> anyhow::Result<()> {
    desk::serve(bus, stop).await;
    Ok(())
}
