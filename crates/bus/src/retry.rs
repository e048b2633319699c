//! Pauses between tries. The only user of the `backoff` crate, so that it can be replaced here.

use std::time::Duration;

use backoff::{ExponentialBackoff, ExponentialBackoffBuilder, backoff::Backoff as _};

/// The longest pause before another try.
const MOST: Duration = Duration::from_millis(500);

/// Growing pauses with jitter, without end: 20 ms at first, half a second at most (and as much
/// again by jitter).
#[derive(Debug)]
pub(crate) struct Pauses(ExponentialBackoff);

impl Pauses {
    pub(crate) fn new() -> Self {
        Self(
            ExponentialBackoffBuilder::new()
                .with_initial_interval(Duration::from_millis(20))
                .with_max_interval(MOST)
                .with_randomization_factor(0.5)
                .with_multiplier(2.0)
                .with_max_elapsed_time(None)
                .build(),
        )
    }

    /// The length of the next pause.
    pub(crate) fn next(&mut self) -> Duration {
        self.0.next_backoff().unwrap_or(MOST)
    }

    /// Waits for the next pause to pass.
    pub(crate) async fn pause(&mut self) {
        tokio::time::sleep(self.next()).await;
    }
}

/// A random length around a middle, up to nine tenths shorter or longer: a fleet that lost its
/// broker must not come back in one instant.
pub(crate) fn jittered(middle: Duration, spread: f64) -> Duration {
    ExponentialBackoffBuilder::new()
        .with_initial_interval(middle)
        .with_max_interval(middle)
        .with_randomization_factor(spread.clamp(0.0, 0.9))
        .with_max_elapsed_time(None)
        .build()
        .next_backoff()
        .unwrap_or(middle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_their_limit_and_never_end() {
        let mut pauses = Pauses::new();
        let lengths: Vec<Duration> = (0..50).map(|_| pauses.next()).collect();
        assert!(lengths[0] <= Duration::from_millis(31), "{lengths:?}");
        assert!(lengths[49] >= MOST / 2, "{lengths:?}");
        assert!(
            lengths.iter().all(|pause| *pause <= MOST * 2),
            "{lengths:?}"
        );
    }

    #[test]
    fn jitter_stays_in_its_range_and_varies() {
        let lengths: Vec<Duration> = (0..100)
            .map(|_| jittered(Duration::from_millis(275), 0.8))
            .collect();
        let range = Duration::from_millis(50)..=Duration::from_millis(500);
        assert!(lengths.iter().all(|l| range.contains(l)), "{lengths:?}");
        assert!(lengths.iter().any(|l| *l != lengths[0]));
    }
}
