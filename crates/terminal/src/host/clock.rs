//! How long the agent has worked: time in which it is held still, or waits for a
//! person, is none of its own.

use std::time::Duration;

use tokio::time::Instant;

#[derive(Debug)]
pub(super) struct WorkClock {
    began: Instant,
    frozen_since: Option<Instant>,
    /// Since when it waits for a person.
    waits_since: Option<Instant>,
    /// Since when it does not work, for either reason.
    idle_since: Option<Instant>,
    idle: Duration,
    last_frozen: Duration,
}

impl WorkClock {
    pub(super) fn start() -> Self {
        Self {
            began: Instant::now(),
            frozen_since: None,
            waits_since: None,
            idle_since: None,
            idle: Duration::ZERO,
            last_frozen: Duration::ZERO,
        }
    }

    pub(super) fn since_start(&self) -> Duration {
        self.began.elapsed()
    }

    pub(super) fn freeze(&mut self) {
        self.frozen_since.get_or_insert_with(Instant::now);
        self.count();
    }

    pub(super) fn thaw(&mut self) {
        if let Some(since) = self.frozen_since.take() {
            self.last_frozen = since.elapsed();
            self.count();
        }
    }

    pub(super) const fn is_frozen(&self) -> bool {
        self.frozen_since.is_some()
    }

    /// Whether it waits for a person from now on.
    pub(super) fn wait(&mut self, waits: bool) {
        match (waits, self.waits_since) {
            (true, None) => self.waits_since = Some(Instant::now()),
            (false, Some(_)) => self.waits_since = None,
            _ => return,
        }
        self.count();
    }

    /// Counts time in which it does not work once, for however many reasons.
    fn count(&mut self) {
        let idles = self.frozen_since.is_some() || self.waits_since.is_some();
        match (idles, self.idle_since) {
            (true, None) => self.idle_since = Some(Instant::now()),
            (false, Some(since)) => {
                self.idle += since.elapsed();
                self.idle_since = None;
            }
            _ => {}
        }
    }

    pub(super) fn worked_ms(&self) -> u64 {
        let still = self
            .idle_since
            .map_or(Duration::ZERO, |since| since.elapsed());
        millis(self.since_start().saturating_sub(self.idle + still))
    }

    pub(super) fn last_frozen_ms(&self) -> u64 {
        millis(self.last_frozen)
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
