//! A role that starts beside its broker waits for it: both may have been started by the same
//! service manager, or the broker may die while the role logs in.

use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{Bus, BusOptions};
use crate::{error::BusError, retry::Pauses};

/// How long a role that starts tries to reach its broker.
const REACHED_WITHIN: Duration = Duration::from_secs(30);

impl Bus {
    /// [Connects](Self::connect), and tries again for half a minute, or until it is told to stop,
    /// where that may help.
    ///
    /// # Errors
    /// [`BusError::Connect`] when no try has helped, at once when none can;
    /// [`BusError::Unsuitable`] as `connect` does.
    pub async fn connect_patiently(
        options: BusOptions,
        stop: &CancellationToken,
    ) -> Result<Self, BusError> {
        let deadline = Instant::now() + REACHED_WITHIN;
        let mut pauses = Pauses::new();
        let mut told = false;
        loop {
            let error = match Self::connect(options.clone()).await {
                Err(error @ BusError::Connect { may_pass: true, .. }) => error,
                ended => return ended,
            };
            if !std::mem::replace(&mut told, true) {
                tracing::warn!(%error, "trying again for {} s", REACHED_WITHIN.as_secs());
            }
            let pause = pauses.next();
            let stopped = stop.run_until_cancelled(tokio::time::sleep(pause)).await;
            if stopped.is_none() || Instant::now() >= deadline {
                return Err(error);
            }
        }
    }
}
