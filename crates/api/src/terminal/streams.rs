//! The broker's streams of terminals lie in its memory: they are made anew when it restarted.

use std::time::Duration;

use baton_bus::{Bus, BusError, Connection};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// How long to wait before trying again.
const AGAIN: Duration = Duration::from_secs(2);

/// Keeps them until it is told to stop.
pub(crate) async fn keep(bus: Bus, stop: CancellationToken) -> &'static str {
    let mut connection = bus.connection();
    let keeping = async {
        loop {
            let _ = connection.wait_for(|now| *now == Connection::Up).await;
            match bus.ensure_terminal_streams().await {
                Ok(()) => {
                    let _ = connection.wait_for(|now| *now == Connection::Down).await;
                }
                Err(BusError::Refused { action, reason }) => {
                    tracing::error!(action, reason, "viewers see nothing of before");
                    let _ = connection.wait_for(|now| *now == Connection::Down).await;
                }
                Err(error) => {
                    tracing::warn!(%error, "failed to make the streams of terminals");
                    sleep(AGAIN).await;
                }
            }
        }
    };
    stop.run_until_cancelled(keeping).await.unwrap_or(());
    "keeper of the streams of terminals"
}
