//! How long the agent has worked: time in which it is held still is none of its own.

use std::time::Duration;

use tokio::time::Instant;

#[derive(Debug)]
pub(super) struct WorkClock {
    began: Instant,
    frozen_since: Option<Instant>,
    frozen: Duration,
    last_frozen: Duration,
}

impl WorkClock {
    pub(super) fn start() -> Self {
        Self {
            began: Instant::now(),
            frozen_since: None,
            frozen: Duration::ZERO,
            last_frozen: Duration::ZERO,
        }
    }

    pub(super) fn since_start(&self) -> Duration {
        self.began.elapsed()
    }

    pub(super) fn freeze(&mut self) {
        self.frozen_since.get_or_insert_with(Instant::now);
    }

    pub(super) fn thaw(&mut self) {
        if let Some(since) = self.frozen_since.take() {
            self.last_frozen = since.elapsed();
            self.frozen += self.last_frozen;
        }
    }

    pub(super) const fn is_frozen(&self) -> bool {
        self.frozen_since.is_some()
    }

    pub(super) fn worked_ms(&self) -> u64 {
        let still = self
            .frozen_since
            .map_or(Duration::ZERO, |since| since.elapsed());
        millis(self.since_start().saturating_sub(self.frozen + still))
    }

    pub(super) fn last_frozen_ms(&self) -> u64 {
        millis(self.last_frozen)
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
