//! How long answers wait for others before they say what is known by then.

use std::time::Duration;

/// How long an answer waits for what follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// For the recorder to keep what was just published.
    pub recorder: Duration,
    /// For the run's worker to confirm what was said.
    pub worker: Duration,
}

impl Default for Patience {
    /// 1 s for the recorder, 2 s for a worker.
    fn default() -> Self {
        Self {
            recorder: Duration::from_secs(1),
            worker: Duration::from_secs(2),
        }
    }
}
