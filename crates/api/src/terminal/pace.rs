//! How fast a connection may speak. Pure.

use std::time::{Duration, Instant};

/// So much in a second on average, and twice that at once.
#[derive(Debug)]
pub(super) struct Pace {
    per_second: f64,
    left: f64,
    at: Instant,
}

impl Pace {
    pub(super) fn new(per_second: u32, now: Instant) -> Self {
        let per_second = f64::from(per_second);
        Self {
            per_second,
            left: per_second * 2.0,
            at: now,
        }
    }

    /// Takes so much; gives how long to wait before the next.
    pub(super) fn take(&mut self, amount: u32, now: Instant) -> Duration {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        let full = self.per_second * 2.0;
        self.left = passed.mul_add(self.per_second, self.left).min(full) - f64::from(amount);
        self.at = now;
        if self.left >= 0.0 {
            Duration::ZERO
        } else {
            Duration::from_secs_f64(-self.left / self.per_second)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twice_a_seconds_worth_goes_at_once_and_the_rest_waits() {
        let start = Instant::now();
        let mut pace = Pace::new(100, start);
        assert_eq!(pace.take(200, start), Duration::ZERO);
        assert_eq!(pace.take(50, start), Duration::from_millis(500));
        let later = start + Duration::from_millis(500);
        assert_eq!(pace.take(0, later), Duration::ZERO);
        let much_later = later + Duration::from_secs(3_600);
        assert_eq!(pace.take(300, much_later), Duration::from_secs(1));
    }
}
