//! Leading again after what may pass.

use std::time::Duration;

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::{Progress, Recorder, RecorderError, lead::lead};

/// The pause after the first failure; it doubles with each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// No pause is longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Leads whenever it can, until `soft` is cancelled.
pub(crate) async fn lead_until(
    recorder: &Recorder,
    soft: &CancellationToken,
) -> Result<(), RecorderError> {
    let mut pause = FIRST_PAUSE;
    let mut told = String::new();
    loop {
        let failure = match lead(recorder, soft).await {
            Ok(()) => return Ok(()),
            Err(failure) if failure.may_pass() => failure,
            Err(failure) => return Err(failure),
        };
        let was = recorder.progress.send_replace(Progress::StandingBy);
        if was != Progress::StandingBy {
            pause = FIRST_PAUSE;
            told = String::new();
        }
        // Once for each reason, not once for each try.
        let reason = failure.to_string();
        if reason != told {
            tracing::warn!(error = reason, "nothing is recorded for now");
            told = reason;
        }
        if soft.run_until_cancelled(sleep(pause)).await.is_none() {
            return Ok(());
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
