//! The agent's time: how long since its start, and how much of that it has worked.

use std::time::Duration;

use tokio::time::Instant;

use super::work::Work;

#[derive(Debug)]
pub(super) struct WorkClock {
    began: Instant,
    work: Work,
}

impl WorkClock {
    pub(super) fn start() -> Self {
        Self {
            began: Instant::now(),
            work: Work::default(),
        }
    }

    pub(super) fn since_start(&self) -> Duration {
        self.began.elapsed()
    }

    /// What is known of its work, to be told more.
    pub(super) fn work(&mut self) -> &mut Work {
        self.work.at(self.began.elapsed());
        &mut self.work
    }

    pub(super) const fn is_frozen(&self) -> bool {
        self.work.is_frozen()
    }

    /// Whether it waits for a person's answer.
    pub(super) const fn asks(&self) -> bool {
        self.work.asks()
    }

    pub(super) fn worked_ms(&mut self) -> u64 {
        millis(self.work().worked())
    }

    pub(super) fn last_frozen_ms(&self) -> u64 {
        millis(self.work.last_frozen())
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
