//! How long an agent has worked. Pure: times are given as those since its start.
//!
//! Time in which it is held still is none of its own. Nor is that in which it waits for a person's
//! answer; but whoever asks and goes on meanwhile works, so only the time since the agent's last
//! sign of work counts as waiting.

use std::time::Duration;

/// How large a part of one processor's time is a sign of work: one in so many. Less is what a screen
/// needs to show that somebody waits.
const BUSY: u32 = 10;

#[derive(Debug, Default)]
pub(super) struct Work {
    frozen_since: Option<Duration>,
    last_frozen: Duration,
    held: bool,
    asks: bool,
    /// Up to when everything is counted.
    now: Duration,
    /// In which it did not work.
    idle: Duration,
    /// In which it did not work, unless there is a sign that it did.
    asking: Duration,
    /// When it was last looked at what it had used of processors, and what that was.
    used: (Duration, Duration),
}

impl Work {
    /// It is so late now: what is told from now on is so from now on.
    pub(super) fn at(&mut self, now: Duration) {
        let passed = now.saturating_sub(self.now);
        self.now = now;
        if self.is_frozen() || self.held {
            self.idle += passed;
        } else if self.asks {
            self.asking += passed;
        }
    }

    pub(super) fn freeze(&mut self) {
        self.frozen_since.get_or_insert(self.now);
    }

    pub(super) fn thaw(&mut self) {
        if let Some(since) = self.frozen_since.take() {
            self.last_frozen = self.now.saturating_sub(since);
        }
    }

    pub(super) const fn is_frozen(&self) -> bool {
        self.frozen_since.is_some()
    }

    /// How long it was frozen when it was last let go.
    pub(super) const fn last_frozen(&self) -> Duration {
        self.last_frozen
    }

    /// Whether an operator holds it at a checkpoint.
    pub(super) const fn hold(&mut self, held: bool) {
        self.held = held;
    }

    /// Whether it waits for a person's answer, for all that is known.
    pub(super) fn ask(&mut self, asks: bool) {
        self.asks = asks;
        if !asks {
            self.idle += std::mem::take(&mut self.asking);
        }
    }

    pub(super) const fn asks(&self) -> bool {
        self.asks
    }

    /// It was at work until now, whoever was asked something.
    pub(super) const fn goes_on(&mut self) {
        self.asking = Duration::ZERO;
    }

    /// All its processes have used so much of processors, which may be a sign of work.
    pub(super) fn used(&mut self, cpu: Duration) {
        let (at, before) = std::mem::replace(&mut self.used, (self.now, cpu));
        if cpu.saturating_sub(before) * BUSY > self.now.saturating_sub(at) {
            self.goes_on();
        }
    }

    /// How long it has worked.
    pub(super) fn worked(&self) -> Duration {
        self.now.saturating_sub(self.idle + self.asking)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What it has worked by then, in seconds.
    fn worked(work: &mut Work, at: u64) -> u64 {
        work.at(Duration::from_secs(at));
        work.worked().as_secs()
    }

    fn at(work: &mut Work, at: u64) -> &mut Work {
        work.at(Duration::from_secs(at));
        work
    }

    #[test]
    fn whoever_is_held_or_waits_for_an_answer_does_not_work() {
        let mut work = Work::default();
        at(&mut work, 1).ask(true);
        at(&mut work, 3).freeze();
        at(&mut work, 7).hold(true);
        at(&mut work, 15).thaw();
        at(&mut work, 31).hold(false);
        assert_eq!(worked(&mut work, 63), 1);
        work.ask(false);
        assert_eq!(worked(&mut work, 127), 65);
        assert_eq!(work.last_frozen().as_secs(), 12);
    }

    #[test]
    fn whoever_asks_and_goes_on_works_until_its_last_sign_of_work() {
        let mut work = Work::default();
        work.ask(true);
        at(&mut work, 3).freeze();
        at(&mut work, 8).thaw();
        assert_eq!(worked(&mut work, 15), 0);
        // That it stood still by force was no work in any case.
        work.goes_on();
        assert_eq!(worked(&mut work, 15), 10);
        assert_eq!(worked(&mut work, 35), 10);
        work.ask(false);
        work.goes_on();
        assert_eq!(worked(&mut work, 35), 10);
        assert_eq!(worked(&mut work, 36), 11);
    }

    #[test]
    fn processors_that_are_used_are_a_sign_of_work_and_a_screen_that_moves_is_none() {
        let mut work = Work::default();
        work.used(Duration::from_secs(3));
        work.ask(true);
        at(&mut work, 10).used(Duration::from_secs(4));
        assert_eq!(worked(&mut work, 10), 0);
        at(&mut work, 20).used(Duration::from_millis(5100));
        assert_eq!(worked(&mut work, 20), 20);
        assert_eq!(worked(&mut work, 30), 20);
    }
}
