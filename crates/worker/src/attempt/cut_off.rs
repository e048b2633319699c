//! An attempt whose worker has lost the broker: its agent goes on for a while, then it is held still
//! until the broker is back and the lease is known to be held.

use std::time::Duration;

use baton_bus::{Bus, Connection};
use tokio::time::sleep;

use crate::{
    holds::{HeldBy, Holds},
    report::Reporter,
};

/// Holds the agent still while the broker has been away for longer than `after`.
pub(super) async fn watch(bus: Bus, holds: Holds, reporter: Reporter, after: Duration) {
    let mut connection = bus.connection();
    loop {
        // The bus lives as long as the worker.
        let _ = connection.wait_for(|now| *now == Connection::Down).await;
        tokio::select! {
            _ = connection.wait_for(|now| *now == Connection::Up) => continue,
            () = sleep(after) => {}
        }
        let reason = format!("the broker has been away for {} s", after.as_secs());
        tracing::warn!(reason, "holding an agent still");
        holds.hold(HeldBy::CutOff, reason);
        let _ = connection.wait_for(|now| *now == Connection::Up).await;
        // The broker takes reports from the holder alone: who is heard still holds the lease.
        reporter.flushed().await;
        holds.release(HeldBy::CutOff);
    }
}
